"""What differs from one platform to the next."""
