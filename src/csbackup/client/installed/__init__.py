"""What of us is installed on a machine: where it lies, what starts it, how it goes again."""
