"""Paths as people type them."""

from __future__ import annotations

import os


def absolute(path: str) -> bytes:
    """From the root, without `.` and `..`; links stay as the person named them."""
    return os.fsencode(os.path.abspath(path))  # noqa: PTH100  Path.resolve follows links
