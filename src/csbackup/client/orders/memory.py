"""What this device remembers of restore orders: `orders.json` in the state folder, with a checksum.

An order is carried out once. What ended is remembered until well after it has expired; below the
numbers that were forgotten, nothing is taken any more. There is no key in the file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from blake3 import blake3

from csbackup.client.config import Home
from csbackup.client.platform.locking import only_run
from csbackup.errors import OrderReplayed, PathProblem, RequestError, RunInProgress
from csbackup.format.ids import OrderId
from csbackup.format.orders import LIFE_NS, Order
from csbackup.protocol.adapter import Hex, parse, render
from csbackup.protocol.messages import OrderReport

FILE = "orders.json"
LOCK = "orders-memory.lock"
MOST = 1_000
_LOCK_TRIES = 40


@dataclass(frozen=True, slots=True)
class Remembered:
    """`digest`: of the signed bytes that a person agreed to, or that were begun."""

    order: Hex
    number: int
    digest: Hex
    expires: int
    accepted: bool = False
    begun: bool = False
    ended: OrderReport | None = None


@dataclass(frozen=True, slots=True)
class _File:
    floor: int = 0  # numbers up to this one are over
    orders: tuple[Remembered, ...] = ()


def digest_of(document: bytes) -> bytes:
    return blake3(document).digest()


@dataclass(frozen=True, slots=True)
class OrderMemory:
    home: Home

    def find(self, order: OrderId) -> Remembered | None:
        return next((one for one in self._load().orders if one.order == order), None)

    def check(self, order: Order, document: bytes) -> Remembered | None:
        """What is remembered of an order; `OrderReplayed` when it, or its number, is over."""
        file = self._load()
        digest = digest_of(document)
        same = next((one for one in file.orders if one.order == order.order), None)
        if same is not None:
            if same.ended is not None or same.digest != digest:
                raise OrderReplayed
            return same
        if order.number <= file.floor or any(one.number == order.number for one in file.orders):
            raise OrderReplayed
        return None

    def accept(self, order: Order, document: bytes) -> None:
        """A person at this device agreed to exactly this order."""
        self._note(order, document, lambda known: replace(known, accepted=True))

    def begin(self, order: Order, document: bytes) -> None:
        """From now on what is at the target may be this order's own."""
        self._note(order, document, lambda known: replace(known, begun=True))

    def end(self, order: Order, document: bytes, report: OrderReport) -> None:
        """Durable when it returns: it is not carried out again, whatever the server says."""
        self._note(order, document, lambda known: replace(known, ended=report))

    def _note(
        self, order: Order, document: bytes, change: Callable[[Remembered], Remembered]
    ) -> None:
        with self._alone():
            file = self._load()
            known = {one.order: one for one in file.orders}
            new = Remembered(order.order, order.number, digest_of(document), order.expires_ns)
            known[order.order] = change(known.get(order.order, new))
            self._save(_forget(replace(file, orders=tuple(known.values())), time.time_ns()))

    @contextmanager
    def _alone(self) -> Iterator[None]:
        for _ in range(_LOCK_TRIES):
            try:
                with only_run(self.home.path / LOCK):
                    yield
                    return
            except RunInProgress:
                continue
        raise PathProblem(f"{self.home.path / LOCK} is held by another process.")

    def _load(self) -> _File:
        try:
            found = self.home.read_json(FILE)
            return parse(_File, found.value, "It") if found else _File()
        except (ValueError, RequestError) as problem:
            raise PathProblem(
                f"{self.home.path / FILE} is damaged: {problem} Remove it to go on; an order that "
                "was carried out and is not a week old may then be carried out once more."
            ) from problem

    def _save(self, file: _File) -> None:
        self.home.write_json(FILE, render(file))


def _forget(file: _File, now_ns: int) -> _File:
    """Without what expired long ago; and never more than so many."""
    kept = sorted(
        (one for one in file.orders if one.expires + LIFE_NS > now_ns), key=lambda one: one.number
    )[-MOST:]
    gone = {one.number for one in file.orders} - {one.number for one in kept}
    return _File(max(gone | {file.floor}), tuple(kept))
