"""Kills, races and hammers against the whole house, with real processes and a real store."""
