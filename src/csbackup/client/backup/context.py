"""What a backup gets from outside, and what it gives back."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Protocol

from csbackup.client.backup.server import BackupServer
from csbackup.client.config import whole_number_from
from csbackup.client.files import FileSource, LiveFiles
from csbackup.client.files.stills.holding import HowRead, Stills
from csbackup.client.keyring import EnrolledDevice
from csbackup.client.problems import Problem
from csbackup.format.snapshot import Settings
from csbackup.format.tree import INLINE_CHUNKS
from csbackup.protocol.messages import DeviceHead

MEBIBYTE = 1024 * 1024


class SeenHeads(Protocol):
    """The heads this machine has seen; `client.heads` keeps them."""

    def check(self, heads: Iterable[DeviceHead]) -> None: ...
    def remember(self, heads: Iterable[DeviceHead]) -> None: ...
    def seen(self, device: bytes) -> DeviceHead | None: ...


class Progress(Protocol):
    """Hears how a run goes on. Numbers are increments. Called from several threads."""

    def phase(self, text: str) -> None: ...
    def found(self, files: int, bytes: int) -> None: ...
    def done(self, files: int, bytes: int) -> None: ...
    def sent(self, bytes: int) -> None: ...
    def problem(self, problem: Problem) -> None: ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a run holds in memory, and how often it makes itself safe."""

    checkpoint_seconds: float = 15 * 60
    checkpoint_bytes: int = 10 * 1024 * MEBIBYTE
    save_seconds: float = 30.0
    save_bytes: int = 16 * MEBIBYTE  # of journal rows that wait for their acknowledgement
    batch_ids: int = 10_000
    batch_bytes: int = 8 * MEBIBYTE
    batch_seconds: float = 0.05
    remembered_ids: int = 200_000
    inline_chunks: int = INLINE_CHUNKS
    pack_bytes: int = 8 * MEBIBYTE
    sealers: int = 2
    uploaders: int = 2
    read_back_blocks: int = 3
    commit_attempts: int = 4


class Chosen(Protocol):
    """What is to be backed up, and where from."""

    @property
    def home(self) -> Path: ...
    @property
    def device(self) -> EnrolledDevice: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def files(self) -> FileSource: ...
    @property
    def clock(self) -> Callable[[], int]: ...


# Hears of each path that is new or different: added, changed, metadata or removed. A folder that
# is gone stands for all that was in it.
OnFile = Callable[[bytes, str], None]


def limits_from(environment: Mapping[str, str]) -> Limits:
    """The limits of a run, with what `CSB_CHECKPOINT_SECONDS` and `CSB_CHECKPOINT_BYTES` say."""
    usual = Limits()
    seconds, number = usual.checkpoint_seconds, usual.checkpoint_bytes
    return replace(
        usual,
        checkpoint_seconds=whole_number_from(environment, "CSB_CHECKPOINT_SECONDS", seconds),
        checkpoint_bytes=int(whole_number_from(environment, "CSB_CHECKPOINT_BYTES", number)),
    )


@dataclass(frozen=True, slots=True)
class BackupContext:
    """`clock` gives nanoseconds since 1970, `random_bytes` as many bytes as asked."""

    home: Path
    device: EnrolledDevice
    settings: Settings
    server: BackupServer
    heads: SeenHeads
    clock: Callable[[], int] = time.time_ns
    random_bytes: Callable[[int], bytes] = os.urandom
    files: FileSource = field(default_factory=LiveFiles)
    limits: Limits = Limits()
    client_version: str = ""
    on_file: OnFile | None = None
    only_changes: bool = False  # no snapshot that would be as the one before
    problems: tuple[Problem, ...] = ()  # that were met before the run
    stills: Stills | None = None  # None: everything is read live
    insists_on_stills: bool = False  # what is read live is a problem
    remarks: Callable[[], Iterable[Problem]] = tuple  # what there is to say once all is read


@dataclass(frozen=True, slots=True)
class BackupResult:
    """A snapshot that is committed, and how it came about."""

    snapshot: bytes
    sequence: int
    files: int
    bytes: int
    files_changed: int
    bytes_read: int
    bytes_sent: int
    coverage: float
    problems: tuple[Problem, ...]
    seconds: float
    problem_counts: tuple[tuple[str, int], ...] = ()  # by class; `problems` has the first of them
    stills: tuple[HowRead, ...] = ()  # how each place was read, where stills were asked for

    def to_json(self) -> dict[str, Any]:
        return {
            "snapshot": self.snapshot.hex(),
            "sequence": self.sequence,
            "files": self.files,
            "bytes": self.bytes,
            "files_changed": self.files_changed,
            "bytes_read": self.bytes_read,
            "bytes_sent": self.bytes_sent,
            "coverage": self.coverage,
            "problems": [problem.to_json() for problem in self.problems],
            "problem_counts": dict(self.problem_counts),
            "stills": [one.to_json() for one in self.stills],
            "seconds": self.seconds,
        }
