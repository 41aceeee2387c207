"""The playground's page: the local Slack workspace and the shop beside it, in a browser on this machine."""
