"""Writes entries of a snapshot back. See `run` for the way that data takes."""
