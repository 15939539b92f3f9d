"""Writes `openapi.json`: `python -m csbackup.server.api.openapi > openapi.json`."""

from __future__ import annotations

import sys

from csbackup.server.api.description import as_text, describe
from csbackup.server.api.table import ROUTES

if __name__ == "__main__":
    sys.stdout.write(as_text(describe(ROUTES)))
