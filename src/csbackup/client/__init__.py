"""The client: backs a device up, and brings it back."""
