"""One file per Slack surface: ack, parse, call, explain."""
