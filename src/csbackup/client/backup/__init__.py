"""Takes a backup: scan, read, cut, seal, send, commit."""
