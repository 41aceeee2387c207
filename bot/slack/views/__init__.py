"""Pure functions from an incident to Block Kit."""
