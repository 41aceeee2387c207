"""The gate's promises, measured against the rules and printed as one table."""
