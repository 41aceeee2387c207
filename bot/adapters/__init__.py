"""Everything foreign but Slack: store, queue, metrics, logs, executors, content."""
