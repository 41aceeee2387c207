"""Secrets out of everything that is kept, shown or sent."""
