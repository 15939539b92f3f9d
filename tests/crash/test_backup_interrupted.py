"""A backup that is cut off at any request goes on where it was, and ends with the same snapshot."""

from __future__ import annotations

import os
import random
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from csbackup.client.backup.run import identity_of
from csbackup.client.journal import Journal
from csbackup.format.ids import split_ids
from csbackup.format.tree import FILE
from support.backup_bench import Bench, make_bench

REQUESTS = ("open_upload", "put_pack", "pack_put", "read_upload_pack", "commit", "committed")


class Cut(Exception):
    """The machine goes away here."""


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = make_bench(tmp_path)
    bench.limits = replace(bench.limits, pack_bytes=100_000, save_bytes=1, uploaders=1)
    data = tmp_path / "data"
    source = random.Random(1)
    for number in range(12):
        folder = data / f"folder {number % 4}"
        folder.mkdir(exist_ok=True)
        (folder / f"file {number}").write_bytes(source.randbytes(60_000))
    (data / "link").symlink_to("folder 1")
    time.sleep(0.12)  # or the journal keeps looking at files this young
    return bench


def cut_at(bench: Bench, request: str, turn: int) -> None:
    """Fail when `request` comes for the `turn`th time from now."""
    left = turn

    def before(name: str) -> None:
        nonlocal left
        if name == request:
            left -= 1
            if not left:
                raise Cut

    bench.server.before = before


def go_on(bench: Bench) -> None:
    bench.server.before = lambda name: None


def check_that_the_journal_names_only_what_is_there(bench: Bench) -> None:
    """Of a device that was cut off, as it finds it when it comes back."""
    path = bench.home / "journal.db"
    if not path.exists():
        return
    journal = Journal(path, identity_of(bench.context()))
    assert not journal.fresh
    for _, _, result, entries in journal.all_entries():
        assert bench.server.tree_nodes.keys() >= {node for node, _ in result.nodes}
        for entry in entries:
            chunks = split_ids(entry.row[9]) if entry.row[1] == FILE else []
            extras = [entry.row[12]] if entry.row[12] else []
            assert bench.server.chunks.keys() >= {*chunks, *extras}
    journal.close()


@pytest.mark.parametrize("turn", [1, 2, 4, 7])
@pytest.mark.parametrize("request_name", REQUESTS)
def test_a_first_backup_cut_off_anywhere_ends_whole(
    bench: Bench, tmp_path: Path, request_name: str, turn: int
) -> None:
    cut_at(bench, request_name, turn)
    with suppress(Cut):
        bench.backup()
    go_on(bench)
    check_that_the_journal_names_only_what_is_there(bench)
    result = bench.backup()

    opened = bench.opened()
    for path in (tmp_path / "data").rglob("file *"):
        assert opened[os.fsencode(path)].content == path.read_bytes()
    assert (result.files, result.coverage, result.problems) == (12, 1.0, ())
    assert [info.sequence for info in bench.server.committed] == list(range(1, result.sequence + 1))


def test_what_was_acknowledged_is_neither_read_nor_sent_again(bench: Bench) -> None:
    cut_at(bench, "commit", 1)
    with pytest.raises(Cut):
        bench.backup()
    go_on(bench)

    result = bench.backup()

    assert (result.bytes_read, result.bytes_sent) == (0, 0)


def test_a_pack_whose_answer_was_lost_is_not_sent_again(bench: Bench) -> None:
    cut_at(bench, "pack_put", 3)
    with pytest.raises(Cut):
        bench.backup()
    go_on(bench)
    before = bench.server.bytes_received

    result = bench.backup()

    assert result.bytes_sent == bench.server.bytes_received - before
    assert bench.server.bytes_received < 12 * 60_000 * 1.05


def test_a_commit_whose_answer_was_lost_is_followed(bench: Bench) -> None:
    cut_at(bench, "committed", 1)
    with pytest.raises(Cut):
        bench.backup()
    go_on(bench)

    result = bench.backup()

    assert result.sequence == 2
    assert bench.newest().previous == bench.server.committed[0].snapshot


@pytest.mark.parametrize("turn", range(1, 6))
def test_a_later_backup_cut_off_leaves_the_earlier_one(
    bench: Bench, tmp_path: Path, turn: int
) -> None:
    bench.backup()
    before = bench.opened()
    (tmp_path / "data" / "folder 1" / "new").write_bytes(os.urandom(300_000))
    (tmp_path / "data" / "folder 2" / "file 2").unlink()
    cut_at(bench, "put_pack", turn)

    try:
        bench.backup()
    except Cut:
        assert bench.opened() == before
    go_on(bench)
    bench.backup()

    opened = bench.opened()
    assert os.fsencode(tmp_path / "data" / "folder 1" / "new") in opened
    assert os.fsencode(tmp_path / "data" / "folder 2" / "file 2") not in opened
