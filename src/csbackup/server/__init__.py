"""The server: keeps backups it cannot read."""
