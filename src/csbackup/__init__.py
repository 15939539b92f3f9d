"""ClientServerBackup: a blind backup server that is also a friendly product."""

__version__ = "0.1.0"
