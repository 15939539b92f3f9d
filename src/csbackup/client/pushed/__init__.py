"""Settings that the server has for this device: heard of, checked, merged, taken or not."""
