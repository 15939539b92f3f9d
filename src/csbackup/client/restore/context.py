"""What a restore gets from outside, and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from csbackup.client.browse.chain import Kept
from csbackup.client.problems import Problem
from csbackup.client.restore.existing import Rule
from csbackup.format.ids import NodeId, PackId
from csbackup.format.keys import DeviceKeys
from csbackup.protocol.frames import BlockLocation

MEBIBYTE = 1024 * 1024


class SealedSource(Protocol):
    """Where sealed contents come from; `PersonConnection` is one. Thread-safe."""

    def nodes(self, ids: Sequence[bytes], /) -> dict[NodeId, bytes]: ...
    def locate(self, chunks: Sequence[bytes], /) -> Iterator[BlockLocation]: ...
    def read_pack(self, pack: PackId, start: int, end: int, /) -> bytes: ...


class OpeningKeys(Protocol):
    """What opens sealed contents: an account's keys, or what a restore order brings."""

    @property
    def device(self) -> DeviceKeys: ...

    def data_key(self, sealed: bytes, /) -> bytes:
        """`BlockDamaged` when these keys do not open it."""


class Progress(Protocol):
    """Hears how a restore goes on. Numbers are increments."""

    def phase(self, text: str) -> None: ...
    def found(self, files: int, bytes: int) -> None: ...
    def done(self, files: int, bytes: int) -> None: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a restore holds in memory."""

    window_bytes: int = 12 * MEBIBYTE  # of contents fetched together
    window_chunks: int = 8_000
    window_items: int = 16_000
    windows_ahead: int = 2
    read_bytes: int = 8 * MEBIBYTE
    read_gap: int = 64 * 1024  # between two blocks that one read brings
    kept_block_bytes: int = 4 * MEBIBYTE


OnFile = Callable[[bytes, str], None]  # hears of each path: restored, or skipped
OnProblem = Callable[[Problem], None]


@dataclass(frozen=True, slots=True)
class RestoreContext:
    """`paths`: what to restore, everything when empty. `to`: below which folder; None: where it
    was."""

    source: SealedSource
    keys: OpeningKeys
    kept: Kept
    paths: tuple[bytes, ...] = ()
    to: bytes | None = None
    rule: Rule = Rule()
    limits: Limits = Limits()
    on_file: OnFile | None = None
    on_problem: OnProblem | None = None  # hears of each when it is found


@dataclass(frozen=True, slots=True)
class Place:
    """Where something selected went."""

    path: bytes
    to: bytes


@dataclass(frozen=True, slots=True)
class RestoreResult:
    """`skipped`: files that were there already, the same by size and time."""

    snapshot: bytes
    sequence: int
    files: int
    bytes: int
    skipped: int
    places: tuple[Place, ...]
    problems: tuple[Problem, ...]
    seconds: float
