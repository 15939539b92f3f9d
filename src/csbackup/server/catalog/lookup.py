"""Finding many ids at once: by prefix through a small index, then compared as a whole."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Any

_BATCH = 1000


def prefixes(ids: Sequence[bytes]) -> list[int]:
    """The first 8 bytes of each id as a signed integer; ids of one width."""
    if not ids:
        return []
    step = len(ids[0]) // 8
    joined = b"".join(ids)
    return list(islice(struct.unpack(f">{len(joined) // 8}q", joined), 0, None, step))


def by_prefix(
    connection: sqlite3.Connection, query: str, account: int, ids: Sequence[bytes]
) -> Iterator[Any]:
    """The rows that `query` gives for the prefixes of `ids`; plain tuples, for speed.

    A prefix may find rows of other ids: the caller compares the whole id. They come in the order
    of the index, so that each of its pages is read once.
    """
    wanted = sorted(prefixes(ids))
    cursor = connection.cursor()
    cursor.row_factory = None
    batches = (json.dumps(wanted[at : at + _BATCH]) for at in range(0, len(wanted), _BATCH))
    return chain.from_iterable(cursor.execute(query, (batch, account)) for batch in batches)
