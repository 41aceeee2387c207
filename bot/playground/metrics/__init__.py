"""A small in-memory metrics store behind the Prometheus HTTP API, and an alert evaluator."""
