"""A small harness for a team of agents."""
