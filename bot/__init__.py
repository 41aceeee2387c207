"""Greenlight, the application."""
