"""The source of each release of checkout; a deployment copies one file into a release directory."""
