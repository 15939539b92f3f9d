"""Limits by time: how often somebody may try something. In memory, of bounded size."""

from __future__ import annotations

import threading
from collections import OrderedDict, deque
from ipaddress import IPv6Address, ip_address, ip_network

from csbackup.errors import TooMany

SECOND = 1_000_000_000


class Limit:
    """At most `most` tries for one key within `seconds`; a try that should not count is given back.

    Tries that are refused do not count: whoever waits `seconds` may try again.
    """

    def __init__(self, what: str, most: int, seconds: int, *, keys: int = 10_000) -> None:
        self._what = what
        self._most = most
        self._window = seconds * SECOND
        self._keys = keys
        self._tries: OrderedDict[object, deque[int]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        """How many keys are remembered."""
        return len(self._tries)

    def take(self, key: object, now: int) -> None:
        """Count a try; `TooMany` when there were too many."""
        with self._lock:
            tries = self._tries.setdefault(key, deque())
            self._tries.move_to_end(key)
            while tries and not now - self._window < tries[0] <= now:
                tries.popleft()
            if len(tries) >= self._most:
                wait = max(1, -((now - self._window - tries[0]) // SECOND))
                raise TooMany(f"Too many {self._what}. Wait {wait} seconds.", retry_after=wait)
            tries.append(now)
            while len(self._tries) > self._keys:
                self._tries.popitem(last=False)

    def give_back(self, key: object) -> None:
        """The newest try of this key was a good one."""
        with self._lock:
            tries = self._tries.get(key)
            if tries:
                tries.pop()


def neighbourhood(address: str) -> str:
    """What counts as one address: an IPv6 network of 64 bits is one household."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address) and found.ipv4_mapped is None:
        return str(ip_network(f"{found}/64", strict=False))
    return str(found)
