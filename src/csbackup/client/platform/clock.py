"""Whether this machine's clock can be right at all."""

from __future__ import annotations

from typing import Final

# The year in which this was first released. A small machine without a battery wakes up in 1970.
_FIRST_RELEASE_NS: Final = 1_767_225_600_000_000_000  # 2026-01-01


def is_before_us(now_ns: int) -> bool:
    """Whether a clock shows a time from before this program was there."""
    return now_ns < _FIRST_RELEASE_NS
