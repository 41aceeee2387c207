"""A faithful local Slack workspace over plain HTTP and WebSocket, for any app."""
