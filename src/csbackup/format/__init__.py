"""What bytes at rest mean: pure, versioned, pinned by golden files."""
