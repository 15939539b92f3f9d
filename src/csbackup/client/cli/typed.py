"""Paths as people type them."""

from __future__ import annotations

import os

from csbackup.errors import PathProblem


def absolute(path: str) -> bytes:
    """From the root, without `.` and `..`; links stay as the person named them."""
    if not path:
        raise PathProblem("A path is empty. Name a file or folder; `.` is the current one.")
    return os.fsencode(os.path.abspath(path))  # noqa: PTH100  Path.resolve follows links
