"""A local Slack workspace and a small real service to break: imports nothing of the bot."""
