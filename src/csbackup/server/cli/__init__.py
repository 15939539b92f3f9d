"""`csb-server`: the server's command line. Commands import what they need when they run."""

from __future__ import annotations

from csbackup.server.cli.program import main

__all__ = ["main"]
