"""The safe door: the web app from this client's own files, on an address of this machine."""
