"""Which versions of the protocol this release speaks."""

from __future__ import annotations

NEWEST = 1
OLDEST = 1


def common_version(oldest: int, newest: int) -> int | None:
    """The version both sides speak, or None."""
    best = min(NEWEST, newest)
    return best if best >= max(OLDEST, oldest) else None
