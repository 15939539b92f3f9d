"""Sending and fetching no faster than allowed: what is allowed may change in the middle."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator

from csbackup.rules.limits import UNLIMITED, Rates

Clock = Callable[[], float]
Sleep = Callable[[float], None]

_LOOK_SECONDS = 3.0  # so long what is allowed is taken for granted
_PIECES_A_SECOND = 10
_SMALLEST, _LARGEST = 1024, 256 * 1024
_BURST_SECONDS = 0.2  # what was not used may be made up for, so much of it


class _Bucket:
    """Lets bytes pass at a rate, from several threads together."""

    def __init__(self, clock: Clock, sleep: Sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._lock = threading.Lock()
        self._free_at = 0.0

    def take(self, count: int, rate: int) -> None:
        """Back when so many bytes may pass."""
        with self._lock:
            now = self._clock()
            self._free_at = max(self._free_at, now - _BURST_SECONDS) + count / rate
            wait = self._free_at - now
        if wait > 0:
            self._sleep(wait)


class Pace:
    """What one process may send and fetch. `look` says what is allowed now.

    Without limits bodies pass as they are.
    """

    def __init__(
        self, look: Callable[[], Rates], *, clock: Clock = time.monotonic, sleep: Sleep = time.sleep
    ) -> None:
        self._look = look
        self._clock = clock
        self._lock = threading.Lock()
        self._rates = UNLIMITED
        self._good_until = float("-inf")
        self._up = _Bucket(clock, sleep)
        self._down = _Bucket(clock, sleep)

    @property
    def limits_sending(self) -> bool:
        return self._allowed().upload is not None

    @property
    def limits_fetching(self) -> bool:
        return self._allowed().download is not None

    def sending(self, parts: Iterable[bytes | memoryview]) -> Iterator[bytes | memoryview]:
        """The same bytes, in pieces, each when it may go."""
        for part in parts:
            view = memoryview(part)
            while view:
                rate = self._allowed().upload
                length = len(view) if rate is None else min(_piece(rate), len(view))
                if rate is not None:
                    self._up.take(length, rate)
                yield view[:length]
                view = view[length:]

    def piece_to_fetch(self) -> int:
        """How many bytes to ask for at once."""
        rate = self._allowed().download
        return _LARGEST if rate is None else _piece(rate)

    def fetched(self, count: int) -> None:
        """So many bytes came; back when the next may."""
        rate = self._allowed().download
        if rate is not None:
            self._down.take(count, rate)

    def _allowed(self) -> Rates:
        if self._clock() < self._good_until:
            return self._rates
        with self._lock:
            self._rates = self._look()
            soon = _LOOK_SECONDS if self._rates.seconds is None else self._rates.seconds
            self._good_until = self._clock() + min(max(soon, 0.05), _LOOK_SECONDS)
            return self._rates


def _piece(rate: int) -> int:
    return max(_SMALLEST, min(_LARGEST, rate // _PIECES_A_SECOND))
