"""The file systems, as a command looks at them."""

from __future__ import annotations

import os
from collections.abc import Sequence

from csbackup.client.config import seconds_from
from csbackup.client.files import LiveFiles
from csbackup.client.files.live import PATIENCE_SECONDS


def open_files(roots: Sequence[bytes]) -> LiveFiles:
    """With the patience that `CSB_FILE_TIMEOUT` sets, in seconds, for what does not answer."""
    patience = seconds_from(os.environ, "CSB_FILE_TIMEOUT", PATIENCE_SECONDS)
    return LiveFiles(roots, patience_seconds=patience)
