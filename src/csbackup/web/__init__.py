"""The web app as it was built, for whoever serves it: the server, or a device's own page."""
