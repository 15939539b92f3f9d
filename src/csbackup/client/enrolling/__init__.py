"""Making this machine a device by way of a person's browser."""
