"""A first backup that takes days: its checkpoints hold what they claim, and come back."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from csbackup.client.config import Home
from csbackup.client.connection import Connection, open_transport, read_address
from csbackup.client.keyring import load_device
from csbackup.format.tree import FILE, FOLDER
from csbackup.protocol.messages import SnapshotInfo
from support.backup_bench import Bench, make_bench
from support.odd_files import OddFiles
from support.processes import Client, Server, start_server

MEBIBYTE = 1024 * 1024


# --- every checkpoint of a run, against the server in memory --------------------------------------


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = make_bench(tmp_path)
    bench.limits = replace(bench.limits, checkpoint_bytes=1)
    return bench


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def look_at_checkpoints(bench: Bench, then: Callable[[int], None] = lambda number: None) -> None:
    """Check each snapshot as it is committed; afterwards, `then` may change files."""

    def before(request: str) -> None:
        if request == "committed":
            check(bench)
            then(len(bench.server.committed))

    bench.server.before = before


def check(bench: Bench) -> None:
    """Its totals are the sums of what it lists, and what it lists can be read."""
    opened = bench.opened()
    snapshot = bench.newest()
    files = {path: one.entry.size for path, one in opened.items() if one.entry.kind == FILE}
    folders = [path for path, one in opened.items() if one.entry.kind == FOLDER]
    totals = snapshot.totals
    assert (totals.files, totals.bytes) == (len(files), sum(files.values()))
    assert totals.folders == len(folders)
    for folder in folders:
        below = [size for path, size in files.items() if path.startswith(folder + b"/")]
        entry = opened[folder].entry
        assert (entry.subtree_files, entry.subtree_bytes) == (len(below), sum(below))
    for path, size in files.items():
        assert len(opened[path].content) == size
        assert os.path.dirname(path) in folders or path.count(b"/") == 1  # noqa: PTH120


def partial(bench: Bench) -> list[bool]:
    return [info.partial for info in bench.server.committed]


def test_a_checkpoint_in_deep_folders_lists_what_is_done(bench: Bench, data: Path) -> None:
    for number in range(12):
        folder = data / ("deep/" * (number % 5) + f"f{number % 3}")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file {number}").write_bytes(b"content %d" % number)
        os.link(folder / f"file {number}", folder / f"twin {number}")
    look_at_checkpoints(bench)

    result = bench.backup()

    assert partial(bench) == [True] * (result.sequence - 1) + [False]
    assert result.sequence > 10
    assert result.files == 24


def test_a_checkpoint_within_a_page_of_a_long_folder_lists_what_is_done(
    bench: Bench, data: Path
) -> None:
    (data / "before").mkdir()
    (data / "before" / "file").write_bytes(b"before")
    long = data / "long"
    long.mkdir()
    for number in range(2600):
        (long / f"{number:04d}").write_bytes(b"%d" % number if number % 250 == 9 else b"")
    (long / "1200 folder").mkdir()
    (long / "1200 folder" / "file").write_bytes(b"between")
    look_at_checkpoints(bench)

    result = bench.backup()

    assert partial(bench) == [True] * (result.sequence - 1) + [False]
    assert result.sequence > 10
    assert result.files == 2602


def test_an_unreadable_folder_is_in_no_checkpoint_and_named_in_the_end(
    bench: Bench, data: Path
) -> None:
    for name in ("a", "closed", "z"):
        (data / name).mkdir()
        (data / name / "file").write_bytes(name.encode())
    bench.files = OddFiles(denied=[os.fsencode(data / "closed")])
    look_at_checkpoints(bench)

    result = bench.backup()

    assert result.sequence > 2
    assert [problem.kind for problem in result.problems] == ["permission-denied"]
    assert result.coverage < 1


def test_what_changes_or_goes_after_a_checkpoint_is_as_it_is_in_the_end(
    bench: Bench, data: Path
) -> None:
    for number in range(10):
        (data / f"folder {number}").mkdir()
        (data / f"folder {number}" / "file").write_bytes(b"old %d" % number)

    def change(number: int) -> None:
        if number == 4:
            (data / "folder 8" / "file").write_bytes(b"new")
            (data / "folder 9" / "file").unlink()
            (data / "folder 9").rmdir()
            (data / "folder 1" / "file").write_bytes(b"passed already")

    look_at_checkpoints(bench, change)
    bench.backup()
    bench.server.before = lambda request: None

    bench.limits = replace(bench.limits, checkpoint_bytes=10**9)
    bench.backup()

    opened = bench.opened()
    assert opened[os.fsencode(data / "folder 8" / "file")].content == b"new"
    assert opened[os.fsencode(data / "folder 1" / "file")].content == b"passed already"
    assert os.fsencode(data / "folder 9") not in opened
    check(bench)


# --- with both programs ---------------------------------------------------------------------------


def snapshots_of(client: Client, server: Server) -> list[SnapshotInfo]:
    home = Home(client.home)
    own = load_device(home)
    with closing(open_transport(home, read_address(server.url), own.pin)) as transport:
        found = Connection(transport.with_token(own.token), own.device).snapshots()
    return [one for one in found.snapshots if not one.expired]


def stored(server: Server) -> int:
    packs = (server.data / "packs").rglob("*")
    return sum(path.stat().st_size for path in packs if path.is_file())


def kill_after_checkpoints(client: Client, server: Server, since: int) -> SnapshotInfo:
    """A run that ends as by a power cut, once it has made two checkpoints."""
    running = client.start("backup", CSB_CHECKPOINT_BYTES=str(4 * MEBIBYTE))
    until = time.monotonic() + 60
    newest: SnapshotInfo | None = None
    while newest is None or newest.sequence < since + 2:
        assert time.monotonic() < until
        assert running.poll() is None, running.communicate()
        found = snapshots_of(client, server)
        newest = found[-1] if found else None
    running.kill()
    running.communicate()
    newest = snapshots_of(client, server)[-1]
    assert newest.partial, "the backup was done before it was killed"
    return newest


def files_below(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_a_first_backup_that_never_ended_comes_back_as_far_as_it_came(tmp_path: Path) -> None:
    source = tmp_path / "source"
    for number in range(60):
        folder = source / f"{number % 7}" / "deep"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file {number}").write_bytes(os.urandom(MEBIBYTE))
    with start_server(tmp_path / "data") as server:
        client = Client(tmp_path / "home", server.url, server.pin)
        client.register("ada", device="laptop")
        client.run("add", str(source))
        checkpoint = kill_after_checkpoints(client, server, since=0)

        (listed,) = client.run("snapshots", "--json").json
        assert (listed["sequence"], listed["partial"]) == (checkpoint.sequence, True)
        restored = client.run("restore", "--to", str(tmp_path / "partial"), "--json", code=1).json
        (problem,) = restored["problems"]
        assert problem["class"] == "unfinished-snapshot"
        found, whole = files_below(tmp_path / "partial" / "source"), files_below(source)
        assert len(found) == restored["files"] == checkpoint.files
        assert sum(map(len, found.values())) == checkpoint.bytes
        assert 0 < len(found) < len(whole)
        assert found.items() <= whole.items()

        there = stored(server)
        done = client.backup()
        assert done["bytes_sent"] <= (60 * MEBIBYTE - there) * 1.01 + 300_000
        assert [(one.sequence, one.partial) for one in snapshots_of(client, server)] == [
            (done["sequence"], False)
        ]
        assert (done["files"], done["coverage"]) == (60, 1.0)
        client.run("restore", "--to", str(tmp_path / "all"))
        assert files_below(tmp_path / "all" / "source") == whole


def test_the_newest_is_the_last_that_finished(tmp_path: Path) -> None:
    """After a checkpoint, what a run had not reached yet is still what people get."""
    source = tmp_path / "source"
    (source / "z").mkdir(parents=True)
    (source / "z" / "thesis").write_bytes(b"years of work")
    with start_server(tmp_path / "data") as server:
        client = Client(tmp_path / "home", server.url, server.pin)
        client.register("ada", device="laptop")
        client.run("add", str(source))
        client.run("backup")
        (source / "a").mkdir()
        for number in range(60):
            (source / "a" / f"{number}").write_bytes(os.urandom(MEBIBYTE))
        checkpoint = kill_after_checkpoints(client, server, since=1)
        subprocess.run(["rm", "-rf", source], check=True)

        client.run("restore", "--to", str(tmp_path / "back"))
        assert files_below(tmp_path / "back" / "source") == {"z/thesis": b"years of work"}

        chosen = str(checkpoint.sequence)
        more = client.run(
            "restore", "--snapshot", chosen, "--to", str(tmp_path / "more"), "--json", code=1
        ).json
        assert "--snapshot 1" in more["problems"][0]["message"]
        assert more["files"] == checkpoint.files
