"""Pure parsers, one per sender, from a Slack message to an alert."""
