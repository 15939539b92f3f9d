"""The command line: `csb`. A command is loaded when it is asked for, so that all start fast."""

from csbackup.client.cli.program import main

__all__ = ["main"]
