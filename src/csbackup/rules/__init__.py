"""What should happen, and why: pure decisions that give their reasons."""
