"""Files that are not what they seem: empty but not, cut short, from the future."""

from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from csbackup.client.backup.tally import kind_of
from csbackup.client.files import LiveFile, LiveFiles, OpenFile
from support.backup_bench import Bench

FUTURE = time.time_ns() + 10 * 365 * 86_400 * 1_000_000_000


def test_a_file_that_says_it_is_empty_and_is_not_comes_whole(bench: Bench) -> None:
    """As the kernel makes them up while they are read."""
    version = Path("/proc/sys/kernel/ostype")
    assert version.stat().st_size == 0
    bench.choose(version)

    result = bench.backup()

    opened = bench.opened()[os.fsencode(version)]
    assert opened.content == version.read_bytes() != b""
    assert opened.entry.size == len(opened.content)
    assert (result.problems, result.coverage) == ((), 1.0)


def test_a_file_that_says_it_is_empty_and_never_ends_is_named(bench: Bench) -> None:
    memory = Path("/proc/self/pagemap")  # eight bytes for each page that there could be
    bench.choose(memory)

    result = bench.backup()

    assert [problem.kind for problem in result.problems] == ["endless"]
    assert result.coverage < 1
    assert len(bench.opened()[os.fsencode(memory)].content) == 4 * 1024 * 1024


def test_a_file_with_holes_that_is_cut_short_at_every_look_can_be_restored(
    bench: Bench, data: Path
) -> None:
    """What an image of a virtual machine may do; its holes must not be read as content."""
    path = os.fsencode(data / "image")
    extent = 1024 * 1024

    with (data / "image").open("wb") as file:
        for number in range(4):
            os.pwrite(file.fileno(), b"%d" % number * extent, number * 100 * extent)
        file.truncate(10**12)
    bench.files = CutShort(path, 250 * extent)

    result = bench.backup()

    opened = bench.opened()[path]
    assert [problem.kind for problem in result.problems] == ["changed-while-read"]
    assert opened.extras.is_sparse
    assert sum(length for _, length in opened.extras.sparse) == len(opened.content)
    assert all(offset + length <= opened.entry.size for offset, length in opened.extras.sparse)
    assert result.bytes_read < 20 * extent


class CutShort(LiveFiles):
    """One file is shorter when it is read than when its holes were looked for, every time."""

    def __init__(self, path: bytes, length: int) -> None:
        super().__init__()
        self._path = path
        self._length = length

    def open(self, path: bytes) -> OpenFile:
        return _CutFile(path, self._length) if path == self._path else super().open(path)


class _CutFile(LiveFile):
    def __init__(self, path: bytes, length: int) -> None:
        super().__init__(path)
        self._length = length
        self._asked = 0

    def read_into(self, view: memoryview, offset: int) -> int:
        left = max(self._length - offset, 0)
        return super().read_into(view[:left], offset) if left else 0

    def status(self) -> os.stat_result:
        """The second time it was changed a moment later."""
        self._asked += 1
        found = super().status()
        times = {"st_mtime_ns": found.st_mtime_ns + self._asked, "st_blocks": found.st_blocks}
        return os.stat_result(tuple(found), times | {"st_ctime_ns": found.st_ctime_ns})


def test_a_file_dated_in_the_future_is_read_once(bench: Bench, data: Path) -> None:
    (data / "future").write_bytes(b"x")
    os.utime(data / "future", ns=(FUTURE, FUTURE))
    time.sleep(0.12)
    bench.backup()

    assert bench.backup().files_changed == 0


def test_a_file_written_under_a_clock_far_ahead_is_read_once(bench: Bench, data: Path) -> None:
    (data / "file").write_bytes(b"x")
    bench.clock = lambda: 86_400 * 1_000_000_000
    bench.backup()

    second = bench.backup()

    assert second.files_changed == 0


def test_a_clock_that_cannot_be_right_is_noted_and_hinders_nothing(
    bench: Bench, data: Path
) -> None:
    (data / "file").write_bytes(b"x")
    bench.clock = lambda: 86_400 * 1_000_000_000

    result = bench.backup()

    (problem,) = result.problems
    assert (problem.kind, problem.ignored) == ("clock-wrong", True)
    assert "1970-01-02" in problem.message
    assert result.coverage == 1.0


@pytest.mark.parametrize("name", ["ETIMEDOUT", "ENOTCONN", "ESTALE", "EHOSTDOWN", "ENETUNREACH"])
def test_a_mount_that_is_gone_does_not_pass_for_files_that_vanished(name: str) -> None:
    assert kind_of(OSError(getattr(errno, name), "gone")) == "not-answering"
