"""Carries out what a person ordered in the browser. See `attending` for the way of an order."""
