"""Speed and memory of the whole house in the local workspace: printed, never asserted."""
