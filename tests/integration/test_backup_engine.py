"""The backup engine on real files, against the server in memory."""

from __future__ import annotations

import os
import socket
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from csbackup.client.backup.readback import ReadBackFailed
from csbackup.client.config import Home
from csbackup.client.heads import Heads
from csbackup.errors import (
    HistoryBroken,
    NothingToBackUp,
    PathProblem,
    Refused,
    RunInProgress,
    ServerWentBack,
    SignatureInvalid,
)
from csbackup.format.tree import (
    FIFO,
    FILE,
    FOLDER,
    SOCKET,
    SYMLINK,
    FolderIndex,
    read_node,
    unpack_node,
)
from csbackup.protocol.messages import DeviceHead
from support.backup_bench import DEVICE, Bench, make_bench
from support.odd_files import OddFiles

SETTLED = 0.12  # seconds after which a change time proves that nothing happened since


def name(path: Path) -> bytes:
    return os.fsencode(path)


def fill(data: Path, files: int = 5) -> None:
    for number in range(files):
        folder = data / f"folder {number % 3}"
        folder.mkdir(exist_ok=True)
        (folder / f"file {number}").write_bytes(b"content %d" % number * (number + 1))


# --- what is kept ------------------------------------------------------------------------------


def test_everything_comes_back(bench: Bench, data: Path) -> None:
    fill(data)
    big = os.urandom(3_000_000) + bytes(2_000_000)
    (data / "big").write_bytes(big)
    (data / "empty").touch()
    (data / os.fsdecode(b"not \xff text")).write_bytes(b"x")

    result = bench.backup()

    opened = bench.opened()
    assert opened[name(data / "big")].content == big
    assert opened[name(data / "folder 1" / "file 1")].content == b"content 1content 1"
    assert opened[name(data) + b"/not \xff text"].content == b"x"
    assert opened[name(data / "empty")].entry.size == 0
    assert (result.files, result.coverage, result.problems) == (8, 1.0, ())
    assert result.bytes == sum(path.stat().st_size for path in data.rglob("*") if path.is_file())
    assert result.bytes_sent == bench.server.bytes_received == bench.listener.sent_bytes


def test_links_pipes_and_sockets_are_kept_and_never_opened(bench: Bench, data: Path) -> None:
    (data / "dangling").symlink_to("nowhere/at all")
    os.mkfifo(data / "pipe")
    with socket.socket(socket.AF_UNIX) as listener:
        here = Path.cwd()
        os.chdir(data)
        listener.bind("socket")
        os.chdir(here)
        (data / "one").write_bytes(b"twice")
        os.link(data / "one", data / "two")

        bench.backup()

    opened = bench.opened()
    assert opened[name(data / "dangling")].entry.kind == SYMLINK
    assert opened[name(data / "dangling")].extras.target == b"nowhere/at all"
    assert opened[name(data / "pipe")].entry.kind == FIFO
    assert opened[name(data / "socket")].entry.kind == SOCKET
    groups = [opened[name(data / one)].extras.link_group for one in ("one", "two")]
    assert groups[0] == groups[1] != b""
    assert opened[name(data / "two")].content == b"twice"


def test_holes_are_kept_as_holes(bench: Bench, data: Path) -> None:
    with (data / "sparse").open("wb") as file:
        file.write(b"start")
        file.seek(8_000_000)
        file.write(b"end")
        file.truncate(9_000_000)
    with (data / "hole").open("wb") as file:
        file.truncate(1_000_000)

    result = bench.backup()

    opened = bench.opened()
    sparse = opened[name(data / "sparse")]
    content = bytearray(sparse.entry.size)
    at = 0
    for offset, length in sparse.extras.sparse:
        content[offset : offset + length] = sparse.content[at : at + length]
        at += length
    assert bytes(content) == (data / "sparse").read_bytes()
    assert sparse.extras.is_sparse
    assert len(sparse.content) < 100_000
    assert opened[name(data / "hole")].content == b""
    assert result.bytes_read < 100_000


def test_extended_attributes_are_kept(bench: Bench, data: Path) -> None:
    (data / "file").write_bytes(b"x")
    try:
        os.setxattr(data / "file", "user.colour", b"green")
        os.setxattr(data, "user.of", b"the folder")
    except OSError:
        pytest.skip("this file system keeps no extended attributes")

    bench.backup()

    opened = bench.opened()
    assert opened[name(data / "file")].extras.xattrs == ((b"user.colour", b"green"),)
    assert opened[name(data)].extras.xattrs == ((b"user.of", b"the folder"),)


def test_a_changed_attribute_is_kept_without_sending_content(bench: Bench, data: Path) -> None:
    (data / "file").write_bytes(os.urandom(200_000))
    time.sleep(SETTLED)
    bench.backup()
    (data / "file").chmod(0o640)

    result = bench.backup()

    assert bench.opened()[name(data / "file")].entry.mode == 0o640
    assert result.bytes_sent < 5_000


def test_a_root_may_be_a_file_or_a_link(bench: Bench, data: Path, tmp_path: Path) -> None:
    (data / "file").write_bytes(b"only me")
    (data / "other").write_bytes(b"not me")
    (tmp_path / "link").symlink_to(data)
    bench.choose(data / "file", tmp_path / "link")

    result = bench.backup()

    opened = bench.opened()
    assert set(opened) == {name(data / "file"), name(tmp_path / "link")}
    assert opened[name(tmp_path / "link")].entry.kind == SYMLINK
    assert (result.files, result.bytes) == (1, 7)


def test_a_long_file_has_a_chunk_list(bench: Bench, data: Path) -> None:
    (data / "long").write_bytes(os.urandom(6_000_000))
    bench.limits = replace(bench.limits, inline_chunks=2)
    time.sleep(SETTLED)

    bench.backup()

    opened = bench.opened()[name(data / "long")]
    assert opened.entry.chunk_list is not None
    assert opened.content == (data / "long").read_bytes()
    bench.forget_journal()
    assert bench.backup().bytes_read == 0


@pytest.fixture
def deep(data: Path) -> Iterator[Path]:
    """A thousand folders, one in the other; removed by hand, as `rmtree` goes by recursion."""
    here = Path.cwd()
    os.chdir(data)
    for _ in range(1000):
        Path("d").mkdir()
        os.chdir("d")
    Path("bottom").write_bytes(b"deep")
    os.chdir(here)
    yield data
    os.chdir(data / "/".join("d" * 1000))
    Path("bottom").unlink()
    for _ in range(1000):
        os.chdir("..")
        Path("d").rmdir()
    os.chdir(here)


def test_a_folder_a_thousand_deep_is_walked_without_recursion(bench: Bench, deep: Path) -> None:
    result = bench.backup()

    assert (result.files, result.problems) == (1, ())
    assert bench.newest().totals.folders == 1001
    assert bench.backup().files == 1


# --- long folders ------------------------------------------------------------------------------


def test_a_long_folder_is_paged_and_one_change_rewrites_one_page(bench: Bench, data: Path) -> None:
    for number in range(5000):
        (data / f"file {number}").touch()
    (data / "sub").mkdir()
    (data / "sub" / "inner").write_bytes(b"inner")
    time.sleep(SETTLED)
    bench.backup()
    root = next(iter(bench.opened().values())).entry
    index = read_node(unpack_node(bench.server.nodes([root.tree])[root.tree], root.tree))
    assert isinstance(index, FolderIndex)
    assert len(index.pages) > 2

    (data / "file 77").write_bytes(b"changed")
    result = bench.backup()

    assert result.files == 5001
    assert result.files_changed == 1
    again = next(iter(bench.opened().values())).entry
    changed = read_node(unpack_node(bench.server.nodes([again.tree])[again.tree], again.tree))
    assert isinstance(changed, FolderIndex)
    assert len(set(index.pages) & set(changed.pages)) == len(index.pages) - 1


def test_a_folder_that_grows_long_and_short_again_reads_nothing_twice(
    bench: Bench, data: Path
) -> None:
    for number in range(1500):
        (data / f"file {number}").write_bytes(b"%d" % number)
    time.sleep(SETTLED)
    bench.backup()

    for number in range(1500, 3500):
        (data / f"file {number}").touch()
    time.sleep(SETTLED)
    grown = bench.backup()
    for number in range(1500, 3500):
        (data / f"file {number}").unlink()
    time.sleep(SETTLED)
    shrunk = bench.backup()
    last = bench.backup()

    assert (grown.files, grown.bytes_read) == (3500, 0)
    assert (shrunk.files, shrunk.bytes_read) == (1500, 0)
    assert last.files_changed == 0
    assert len(bench.opened()) == 1501


# --- nothing twice -----------------------------------------------------------------------------


def test_an_unchanged_tree_is_neither_read_nor_sent(bench: Bench, data: Path) -> None:
    fill(data, 30)
    time.sleep(SETTLED)
    first = bench.backup()
    bench.server.calls.clear()

    second = bench.backup()

    assert (second.bytes_read, second.bytes_sent, second.files_changed) == (0, 0, 0)
    assert (second.files, second.bytes, second.sequence) == (first.files, first.bytes, 2)
    assert set(bench.server.calls) == {"open_upload", "commit", "committed"}
    assert bench.listener.files == 30


def test_a_file_so_young_that_its_time_proves_nothing_is_looked_at_again(
    bench: Bench, data: Path
) -> None:
    file = data / "file"
    file.write_bytes(b"content")
    changed = file.stat().st_ctime_ns

    bench.clock = lambda: changed + 1_000_000
    bench.backup()
    bench.clock = lambda: changed + 1_000_000_000
    second = bench.backup()
    third = bench.backup()

    assert (second.files_changed, second.bytes_sent) == (1, 0)
    assert third.files_changed == 0


def test_equal_content_is_sent_once(bench: Bench, data: Path) -> None:
    content = os.urandom(400_000)
    for number in range(10):
        (data / f"copy {number}").write_bytes(content)

    result = bench.backup()

    assert result.bytes_sent < 450_000


def test_a_rename_sends_no_content(bench: Bench, data: Path) -> None:
    (data / "old").mkdir()
    (data / "old" / "file").write_bytes(os.urandom(1_000_000))
    bench.backup()

    (data / "old").rename(data / "new")
    result = bench.backup()

    assert result.bytes_sent < 5_000
    assert name(data / "new" / "file") in bench.opened()


def test_without_its_journal_a_device_reads_and_sends_nothing_again(
    bench: Bench, data: Path
) -> None:
    fill(data, 20)
    (data / "big").write_bytes(os.urandom(2_000_000))
    os.link(data / "big", data / "again")
    bench.backup()
    before = bench.opened()

    bench.forget_journal()
    result = bench.backup()

    assert (result.bytes_read, result.bytes_sent) == (0, 0)
    assert bench.opened() == before


def test_a_foreign_snapshot_is_not_followed(bench: Bench, data: Path) -> None:
    fill(data, 3)
    bench.backup()
    forged = replace(bench.server.committed[-1], signature=bytes(64))
    bench.server.committed[-1] = forged
    bench.forget_journal()
    (bench.home / "heads.json").unlink()

    with pytest.raises(SignatureInvalid):
        bench.backup()

    assert bench.server.committed == [forged]
    assert not (bench.home / "heads.json").exists()


def test_a_newer_snapshot_than_was_seen_is_followed_when_it_is_ours(
    bench: Bench, data: Path
) -> None:
    fill(data, 3)
    bench.backup()
    older = (bench.home / "heads.json").read_bytes()
    bench.backup()
    (bench.home / "heads.json").write_bytes(older)

    result = bench.backup()

    assert result.sequence == 3


def test_a_snapshot_that_follows_another_one_than_was_seen_is_not_followed(
    bench: Bench, data: Path
) -> None:
    fill(data, 3)
    bench.backup()
    bench.backup()
    (bench.home / "heads.json").unlink()
    Heads(Home(bench.home)).remember([DeviceHead(DEVICE, 1, b"\xab" * 32)])

    with pytest.raises(HistoryBroken, match="another snapshot 1"):
        bench.backup()

    assert len(bench.server.committed) == 2


@pytest.mark.parametrize("damage", ["cut short", "overwritten", "foreign", "no database"])
def test_a_damaged_journal_is_made_anew(bench: Bench, data: Path, damage: str) -> None:
    fill(data, 12)
    time.sleep(SETTLED)
    bench.backup()
    before = bench.opened()
    journal = bench.home / "journal.db"
    content = journal.read_bytes()
    if damage == "cut short":
        journal.write_bytes(content[: len(content) // 2])
    elif damage == "overwritten":
        journal.write_bytes(content[:4096] + os.urandom(len(content) - 4096))
    elif damage == "foreign":
        with sqlite3.connect(journal) as database:
            database.execute("update facts set value = x'00' where name = 'identity'")
    else:
        journal.write_bytes(b"this is no database")

    result = bench.backup()

    assert (result.files, result.bytes_sent) == (12, 0)
    assert bench.opened() == before


def test_a_damaged_journal_row_is_read_again(bench: Bench, data: Path) -> None:
    fill(data, 12)
    time.sleep(SETTLED)
    bench.backup()
    with sqlite3.connect(bench.home / "journal.db") as database:
        database.execute("update pages set entries = zeroblob(length(entries)), digest = x''")

    result = bench.backup()

    assert (result.files, result.bytes_read) == (12, result.bytes)
    assert len(bench.opened()) == 16


# --- what is left out --------------------------------------------------------------------------


def test_exclusions_caches_and_our_own_state_stay_out(bench: Bench, data: Path) -> None:
    (data / "keep").mkdir()
    (data / "keep" / "a.tmp").touch()
    (data / "keep" / "b.txt").touch()
    (data / "build").mkdir()
    (data / "build" / "out").touch()
    (data / "cache").mkdir()
    (data / "cache" / "CACHEDIR.TAG").write_bytes(b"Signature: 8a477f597d28d172789f06886806bc55\n")
    (data / "cache" / "much").touch()
    bench.home = data / "state"
    bench.choose(exclusions=("*.tmp", "/build/", f"{data}/never"))
    (data / "never").touch()

    bench.backup()

    inside = {path[len(name(data)) + 1 :] for path in bench.opened() if path != name(data)}
    assert inside == {b"keep", b"keep/b.txt", b"cache", b"cache/CACHEDIR.TAG"}


def test_another_file_system_can_stay_out(bench: Bench, data: Path) -> None:
    (data / "mounted").mkdir()
    (data / "mounted" / "inside").touch()
    bench.files = OddFiles(elsewhere=name(data / "mounted"))
    bench.choose(one_file_system=True)

    result = bench.backup()

    assert (result.files, result.problems) == (0, ())
    assert bench.opened()[name(data / "mounted")].entry.kind == FOLDER


# --- problems ----------------------------------------------------------------------------------


def test_unreadable_files_are_problems_and_the_rest_is_kept(bench: Bench, data: Path) -> None:
    fill(data, 6)
    secret = data / "folder 0" / "file 0"
    closed = data / "folder 1"
    bench.files = OddFiles(denied={name(secret), name(closed)})

    result = bench.backup()

    assert {(one.kind, one.path) for one in result.problems} == {
        ("permission-denied", name(secret)),
        ("permission-denied", name(closed)),
    }
    assert result.coverage < 1
    assert name(data / "folder 0" / "file 3") in bench.opened()
    assert dict(bench.newest().problems) == {"permission-denied": 2}

    bench.files = OddFiles()
    healed = bench.backup()
    assert (healed.files, healed.problems, healed.coverage) == (6, (), 1.0)


def test_a_problem_is_told_again_while_it_lasts(bench: Bench, data: Path) -> None:
    fill(data, 6)
    time.sleep(SETTLED)
    bench.files = OddFiles(denied={name(data / "folder 0" / "file 0")})
    bench.backup()

    again = bench.backup()

    assert len(again.problems) == 1
    assert again.coverage < 1
    assert again.bytes_read == 0


def test_a_file_that_vanishes_is_a_problem_but_not_a_loss(bench: Bench, data: Path) -> None:
    fill(data, 6)
    gone = data / "folder 0" / "file 0"
    bench.files = OddFiles(on_open={name(gone): gone.unlink})

    result = bench.backup()

    assert [one.kind for one in result.problems] == ["vanished"]
    assert (result.files, result.coverage) == (5, 1.0)


def test_a_file_that_changes_while_read_is_read_again(bench: Bench, data: Path) -> None:
    file = data / "file"
    file.write_bytes(b"first")
    changes = iter([b"second"])
    bench.files = OddFiles(on_read={name(file): lambda: [file.write_bytes(new) for new in changes]})

    result = bench.backup()

    assert result.problems == ()
    assert bench.opened()[name(file)].content == b"second"


@pytest.mark.parametrize("size", [10, 700_000])
def test_a_file_that_never_holds_still_is_kept_and_marked(
    bench: Bench, data: Path, size: int
) -> None:
    file = data / "log"
    file.write_bytes(bytes(size))

    def grow() -> None:
        with file.open("ab") as log:
            log.write(b"more")

    bench.files = OddFiles(on_read={name(file): grow})

    result = bench.backup()

    assert [one.kind for one in result.problems] == ["changed-while-read"]
    opened = bench.opened()[name(file)]
    assert opened.entry.size == len(opened.content) >= size
    bench.files = OddFiles()
    calm = bench.backup()
    assert calm.problems == ()
    assert bench.opened()[name(file)].content == file.read_bytes()


def test_what_became_a_pipe_is_not_waited_for(bench: Bench, data: Path) -> None:
    file = data / "file"
    file.write_bytes(b"x")

    def replace_by_pipe() -> None:
        if not file.is_fifo():
            file.unlink()
            os.mkfifo(file)

    bench.files = OddFiles(on_open={name(file): replace_by_pipe})

    result = bench.backup()

    assert [one.kind for one in result.problems] == ["vanished"]


def test_a_missing_root_is_a_problem_and_no_root_stops_the_run(bench: Bench, data: Path) -> None:
    fill(data, 2)
    bench.choose(data, data / "nowhere")

    result = bench.backup()

    assert [one.kind for one in result.problems] == ["root-missing"]
    assert result.coverage < 1
    bench.choose(data / "nowhere")
    with pytest.raises(PathProblem):
        bench.backup()
    assert len(bench.server.committed) == 1


def test_nothing_chosen_stops_the_run(bench: Bench) -> None:
    bench.settings = replace(bench.settings, roots=())

    with pytest.raises(NothingToBackUp):
        bench.backup()


# --- the server --------------------------------------------------------------------------------


def test_only_one_backup_runs_at_a_time(bench: Bench, data: Path) -> None:
    fill(data, 2)
    refused = []

    def second(request: str) -> None:
        if request == "commit":
            bench.server.before = lambda request: None
            with pytest.raises(RunInProgress):
                bench.backup()
            refused.append(request)

    bench.server.before = second
    bench.backup()

    assert refused == ["commit"]


def test_a_server_that_went_back_stops_the_run(bench: Bench, data: Path) -> None:
    fill(data, 2)
    bench.backup()
    bench.backup()
    bench.server.committed.pop()

    with pytest.raises(ServerWentBack):
        bench.backup()


def test_snapshots_are_chained_and_name_their_siblings(bench: Bench, data: Path) -> None:
    fill(data, 2)
    first = bench.backup()
    second = bench.backup()

    newest = bench.newest()
    assert (newest.previous, newest.sequence) == (first.snapshot, 2)
    assert second.snapshot == bench.server.committed[-1].snapshot


def test_another_snapshot_in_between_is_followed(bench: Bench, data: Path, tmp_path: Path) -> None:
    fill(data, 2)
    bench.backup()
    twin = make_bench(tmp_path / "twin")
    twin.server = bench.server
    once = iter([twin.backup])

    def between(request: str) -> None:
        if request == "commit":
            for backup in once:
                backup()

    bench.server.before = between
    result = bench.backup()

    assert result.sequence == 3


def test_what_the_server_lost_is_sent_again(bench: Bench, data: Path) -> None:
    bench.limits = replace(bench.limits, pack_bytes=50_000)
    fill(data, 9)
    (data / "big").write_bytes(os.urandom(900_000))
    for number in range(5):
        (data / f"random {number}").write_bytes(os.urandom(80_000))
    time.sleep(SETTLED)
    bench.backup()
    before = bench.opened()

    for lost in list(bench.server.packs):
        bench.server.lose_pack(lost)
        (data / "touched").write_bytes(lost)
        result = bench.backup()

        assert result.coverage == 1.0
        opened = bench.opened()
        assert {path: opened[path].content for path in before} == {
            path: one.content for path, one in before.items()
        }


def test_a_server_that_refuses_stops_the_run(bench: Bench, data: Path) -> None:
    fill(data, 2)

    def refuse(request: str) -> None:
        if request == "put_pack":
            raise Refused(507, "quota-exceeded", "The quota is used up.", {})

    bench.server.before = refuse

    with pytest.raises(Refused, match="quota"):
        bench.backup()
    assert bench.server.committed == []


def test_a_block_that_reads_back_wrong_stops_the_run(bench: Bench, data: Path) -> None:
    fill(data, 2)
    bench.server.tamper = lambda block: block[:-1] + bytes([block[-1] ^ 1])

    with pytest.raises(ReadBackFailed):
        bench.backup()
    assert bench.server.committed == []


def test_a_long_run_commits_checkpoints(bench: Bench, data: Path) -> None:
    fill(data, 12)
    bench.limits = replace(bench.limits, checkpoint_bytes=1)
    seen: list[set[bytes]] = []
    bench.server.before = lambda request: (
        seen.append({path for path, one in bench.opened().items() if one.entry.kind == FILE})
        if request == "committed"
        else None
    )

    result = bench.backup()

    assert result.sequence == len(bench.server.committed) > 5
    assert [info.partial for info in bench.server.committed] == [True] * (result.sequence - 1) + [
        False
    ]
    assert all(earlier <= later for earlier, later in zip(seen, seen[1:], strict=False))
    assert len(seen[0]) == 1
    assert len(seen[-1]) == 12


def test_checkpoints_go_through_long_folders(bench: Bench, data: Path) -> None:
    for number in range(3000):
        (data / f"file {number}").write_bytes(b"%d" % number if number % 700 == 0 else b"")
    bench.limits = replace(bench.limits, checkpoint_bytes=2)

    result = bench.backup()

    assert result.sequence > 1
    assert result.files == 3000
    assert len(bench.opened()) == 3001
