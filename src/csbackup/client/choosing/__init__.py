"""What this machine could back up, measured; and its first backup."""
