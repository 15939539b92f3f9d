"""Backs up again and again: when it is due, and nothing stands against it."""
