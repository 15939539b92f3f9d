"""A disk that is not connected: its empty mount point must not pass for an empty disk."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from csbackup.client.files import LiveFiles
from csbackup.errors import PathProblem
from support.backup_bench import Bench, make_bench
from support.odd_files import on_another_volume


class MovedDisk(LiveFiles):
    """One folder seems to be on another disk than it is."""

    def __init__(self, path: bytes) -> None:
        super().__init__()
        self._path = path

    def status(self, path: bytes) -> os.stat_result:
        found = super().status(path)
        return on_another_volume(found) if path == self._path else found


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """A disk with a file, a folder beside it, both backed up."""
    bench = make_bench(tmp_path)
    for name in ("disk/photos", "disk/photos/2026", "beside"):
        (tmp_path / "data" / name).mkdir(parents=True)
        (tmp_path / "data" / name / "file").write_bytes(name.encode())
    bench.choose(tmp_path / "data" / "disk", tmp_path / "data" / "beside")
    time.sleep(0.12)
    bench.backup()
    return bench


@pytest.fixture
def disk(tmp_path: Path) -> Path:
    return tmp_path / "data" / "disk"


def unplug(bench: Bench, disk: Path) -> None:
    disk.rename(disk.with_name("elsewhere"))
    disk.mkdir()
    bench.files = MovedDisk(os.fsencode(disk))


def plug_in(bench: Bench, disk: Path) -> None:
    disk.rmdir()
    disk.with_name("elsewhere").rename(disk)
    bench.files = LiveFiles()


def test_an_unplugged_disk_is_a_problem_for_as_long_as_it_lasts(bench: Bench, disk: Path) -> None:
    unplug(bench, disk)

    results = [bench.backup() for _ in range(3)]

    for result in results:
        assert [(one.kind, one.path) for one in result.problems] == [
            ("root-missing", os.fsencode(disk))
        ]
        assert result.coverage < 1
    assert os.fsencode(disk) not in bench.opened()
    assert os.fsencode(disk.with_name("beside") / "file") in bench.opened()


def test_when_the_disk_is_back_nothing_is_read_again(bench: Bench, disk: Path) -> None:
    unplug(bench, disk)
    bench.backup()
    plug_in(bench, disk)

    result = bench.backup()

    assert (result.bytes_read, result.problems) == (0, ())
    assert os.fsencode(disk / "photos/2026/file") in bench.opened()


def test_when_a_missing_root_is_back_nothing_is_read_again(bench: Bench, disk: Path) -> None:
    disk.rename(disk.with_name("elsewhere"))
    for _ in range(2):
        assert [one.kind for one in bench.backup().problems] == ["root-missing"]
    disk.with_name("elsewhere").rename(disk)

    result = bench.backup()

    assert (result.bytes_read, result.problems) == (0, ())


def test_a_folder_that_was_emptied_is_just_empty(bench: Bench, disk: Path) -> None:
    disk.rename(disk.with_name("elsewhere"))
    disk.mkdir()

    result = bench.backup()

    assert result.problems == ()
    assert os.fsencode(disk) in bench.opened()


def test_with_nothing_but_unplugged_disks_no_snapshot_is_made(bench: Bench, disk: Path) -> None:
    bench.choose(disk)
    bench.backup()
    before = len(bench.server.committed)
    unplug(bench, disk)

    with pytest.raises(PathProblem, match="disk not connected"):
        bench.backup()

    assert len(bench.server.committed) == before


def test_a_root_that_is_no_longer_chosen_is_forgotten(bench: Bench, disk: Path) -> None:
    unplug(bench, disk)
    bench.backup()
    bench.choose(disk.with_name("beside"))
    bench.backup()

    assert bench.backup().problems == ()
