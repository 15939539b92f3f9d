"""Stills: a file system's own snapshot, from which a backup reads while the disk changes."""
