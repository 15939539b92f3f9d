"""A bad network on loopback: passes TCP on, untouched, until its plan says otherwise.

with FaultProxy(server.port) as proxy:
    laptop = Client(home, proxy.url, server.pin)
    proxy.plan = [Fault("reset", after_bytes=3_000_000)]

Faults fire one after the other, each once so many bytes went to the server since the last one.
"""

from __future__ import annotations

import selectors
import socket
import struct
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal["cut", "reset", "cut-answer", "swallow", "refuse", "stall", "trickle"]
"""
cut         close every connection, both ways
reset       the same with RST: what is on its way is lost
cut-answer  wait for the next answer, drop it, close that connection
swallow     what comes from either side is lost for a while, then all connections are reset
refuse      reset all connections, and each new one for a while
stall       pass nothing on for a while
trickle     pass on a little at a time for a while
"""
KINDS: tuple[Kind, ...] = (
    "cut", "reset", "cut-answer", "swallow", "refuse", "stall", "trickle",
)  # fmt: skip
_PIECE = 64 * 1024
_TRICKLE_BYTES = 2048
_NOW = struct.pack("ii", 1, 0)  # SO_LINGER: close means RST


@dataclass(frozen=True)
class Fault:
    kind: Kind
    after_bytes: int
    seconds: float = 0.0


@dataclass(eq=False)
class _Pair:
    """A connection of a client, and ours to the server for it."""

    client: socket.socket
    server: socket.socket

    def other(self, end: socket.socket) -> socket.socket:
        return self.server if end is self.client else self.client


@dataclass
class FaultProxy:
    """`sent` and `answered`: bytes that went to the server, and back. `fired`: faults by kind."""

    target_port: int
    plan: list[Fault] = field(default_factory=list)
    sent: int = 0
    answered: int = 0
    fired: Counter[str] = field(default_factory=Counter)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=32)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._pairs: set[_Pair] = set()
        self._mark = 0  # of `sent`, when the last fault fired
        self._fault: Fault | None = None
        self._until = 0.0
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    def __enter__(self) -> FaultProxy:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        self._drop_all(reset=True)
        self._listener.close()
        self._selector.close()

    def heal(self) -> None:
        """Now, from the test: no more faults."""
        self.plan = []
        self._until = 0.0
        until = time.monotonic() + 10
        while self._fault and self._fault.kind != "cut-answer" and time.monotonic() < until:
            time.sleep(0.01)
        self._fault = None

    def cut_all(self) -> None:
        """Now, from the test: every connection ends, as when a laptop's network goes."""
        self.plan = [Fault("reset", 0), *self.plan]
        until = time.monotonic() + 10
        before = self.fired["reset"]
        while self.fired["reset"] == before and time.monotonic() < until:
            time.sleep(0.01)

    # --- inside: one thread ---------------------------------------------------------------------

    def _run(self) -> None:
        while not self._ending.is_set():
            ready = self._selector.select(timeout=0.05)
            self._end_fault()
            self._begin_fault()
            kind = self._fault.kind if self._fault else ""
            if kind == "stall":
                time.sleep(0.02)
                continue
            for key, _ in ready:
                if key.fileobj is self._listener:
                    self._accept(refuse=kind == "refuse")
                elif key.data in self._pairs:
                    self._pass_on(key.data, key.fileobj, kind)  # type: ignore[arg-type]

    def _begin_fault(self) -> None:
        if self._fault or not self.plan or self.sent - self._mark < self.plan[0].after_bytes:
            return
        if not self._pairs:  # nobody would notice
            return
        fault = self.plan.pop(0)
        self._mark = self.sent
        if fault.kind in ("cut", "reset"):
            self.fired[fault.kind] += 1
            self._drop_all(reset=fault.kind == "reset")
            return
        self._fault = fault
        self._until = time.monotonic() + fault.seconds
        if fault.kind == "refuse":
            self._drop_all(reset=True)
        if fault.kind != "cut-answer":
            self.fired[fault.kind] += 1

    def _end_fault(self) -> None:
        fault = self._fault
        if fault is None or fault.kind == "cut-answer" or time.monotonic() < self._until:
            return
        self._fault = None
        self._mark = self.sent
        if fault.kind == "swallow":
            self._drop_all(reset=True)

    def _accept(self, *, refuse: bool) -> None:
        client, _ = self._listener.accept()
        try:
            if refuse:
                raise ConnectionRefusedError
            server = socket.create_connection(("127.0.0.1", self.target_port), timeout=5)
        except OSError:
            _close(client, reset=True)
            return
        self.connections += 1
        pair = _Pair(client, server)
        self._pairs.add(pair)
        for end in (client, server):
            end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            end.settimeout(5)
            self._selector.register(end, selectors.EVENT_READ, pair)

    def _pass_on(self, pair: _Pair, end: socket.socket, kind: str) -> None:
        try:
            content = end.recv(_TRICKLE_BYTES if kind == "trickle" else _PIECE)
            if not content:
                self._drop(pair, reset=False)
                return
            if kind == "swallow":
                return
            if kind == "cut-answer" and end is pair.server:
                self.fired[kind] += 1
                self._fault = None
                self._mark = self.sent
                self._drop(pair, reset=False)
                return
            pair.other(end).sendall(content)
        except OSError:
            self._drop(pair, reset=True)
            return
        if end is pair.client:
            self.sent += len(content)
        else:
            self.answered += len(content)
        if kind == "trickle":
            time.sleep(0.01)

    def _drop_all(self, *, reset: bool) -> None:
        for pair in tuple(self._pairs):
            self._drop(pair, reset=reset)

    def _drop(self, pair: _Pair, *, reset: bool) -> None:
        self._pairs.discard(pair)
        for end in (pair.client, pair.server):
            self._selector.unregister(end)
            _close(end, reset=reset)


def _close(end: socket.socket, *, reset: bool) -> None:
    if reset:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOW)
    end.close()
