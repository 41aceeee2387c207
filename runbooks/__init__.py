"""Content: inventory, catalogue, policy and one page per failure mode."""
