"""What the service gets from outside: clocks, power, links, its settings. Tests bring their own."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from typing import Protocol

from csbackup.client.platform.clock import LocalZone, elapsed_seconds, forget_zone
from csbackup.client.platform.link import Link, read_link
from csbackup.client.platform.power import Power, read_power

LINK_SECONDS = 30.0  # so long an answer about the network is good


class World(Protocol):
    """The device around the service."""

    def now(self) -> int:
        """Nanoseconds since 1970, by a clock that anybody may set."""
        ...

    def elapsed(self) -> float:
        """Seconds, by a clock that nobody sets and that counts sleep."""
        ...

    def zone(self) -> tzinfo: ...
    def power(self) -> Power: ...
    def link(self) -> Link: ...
    def luck(self) -> float:
        """Between 0 and 1."""
        ...

    def rest(self, seconds: float) -> None:
        """Wait so long, or until something happens that may change a judgement."""
        ...

    @property
    def stopping(self) -> bool: ...


class Nap(Protocol):
    """Waits, and ends early when the service is to stop."""

    @property
    def is_set(self) -> bool: ...
    def wait(self, seconds: float) -> None: ...


@dataclass(slots=True)
class _Kept:
    at: float
    link: Link


class RealWorld:
    """This machine. `news` says whether a settings file, a pause or a folder changed."""

    SLICE_SECONDS = 2.0

    def __init__(self, nap: Nap, news: Callable[[], bool], *, near: bool) -> None:
        """`near`: the server is on this machine, so that no network is needed."""
        self._nap = nap
        self._news = news
        self._near = near
        self._zone = LocalZone()
        self._link: _Kept | None = None

    def now(self) -> int:
        return time.time_ns()

    def elapsed(self) -> float:
        return elapsed_seconds()

    def zone(self) -> tzinfo:
        forget_zone()
        return self._zone

    def power(self) -> Power:
        return read_power()

    def link(self) -> Link:
        if self._near:
            return Link()
        now = self.elapsed()
        if self._link is None or now - self._link.at > LINK_SECONDS:
            self._link = _Kept(now, read_link())
        return self._link.link

    def luck(self) -> float:
        return random.random()  # noqa: S311  not for secrets

    def rest(self, seconds: float) -> None:
        """In slices: a machine that slept finds out so soon, and settings count so soon."""
        until = self.elapsed() + seconds
        while not self.stopping:
            left = until - self.elapsed()
            if left <= 0 or self._news():
                return
            self._nap.wait(min(left, self.SLICE_SECONDS))

    @property
    def stopping(self) -> bool:
        return self._nap.is_set
