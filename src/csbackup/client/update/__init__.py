"""The client's update of itself: see `carrying_out` for the order of writes."""
