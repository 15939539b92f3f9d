"""The journal believes nothing that does not match its checksums."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from csbackup.client.journal import (
    Journal,
    JournalInTheWay,
    Known,
    PageRow,
    Result,
    pack_entries,
)
from csbackup.format.ids import LONG

FOLDER = b"/home/ada"
RESULT = Result(((b"n" * LONG, b""),), 3, 1, 70)
ENTRY = Known(7, 8, 9, (b"name", 0, 70))


def row(digest: bytes = b"d" * 16, page: bytes = b"") -> PageRow:
    return PageRow(FOLDER, page, digest, RESULT, pack_entries([ENTRY]))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.db"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = Journal(path, b"ours")
    journal.put([row()])
    journal.save()
    yield journal
    journal.close()


def spoil(path: Path, change: str) -> None:
    with sqlite3.connect(path) as database:
        database.execute(f"update pages set {change}")
    database.close()


def test_a_row_comes_back_as_it_was_put(journal: Journal) -> None:
    assert journal.find(FOLDER, b"") == (b"d" * 16, RESULT)
    assert journal.entries(FOLDER, b"a", b"z") == {b"name": ENTRY}
    assert list(journal.all_entries()) == [(FOLDER, b"", RESULT, [ENTRY])]


@pytest.mark.parametrize(
    "change",
    [
        "digest = zeroblob(16)",
        "nodes = cast(x'00' || substr(nodes, 2) as blob)",
        "nodes = x''",
        "files = files + 1",
        "folders = 0",
        "bytes = bytes - 1",
        "checksum = x''",
    ],
)
def test_a_spoilt_row_is_not_there(path: Path, journal: Journal, change: str) -> None:
    spoil(path, change)

    assert journal.find(FOLDER, b"") is None
    assert list(journal.all_entries()) == []


@pytest.mark.parametrize("change", ["folder = x'2f'", "page = x'61'"])
def test_a_row_that_came_to_another_place_is_not_there(
    path: Path, journal: Journal, change: str
) -> None:
    spoil(path, change)

    assert journal.find(b"/", b"") is None
    assert journal.find(FOLDER, b"a") is None
    assert journal.entries(b"/", b"", b"z") == journal.entries(FOLDER, b"", b"z") == {}


@pytest.mark.parametrize("change", ["entries = x''", "entries = substr(entries, 1, 40)"])
def test_spoilt_entries_are_not_there(path: Path, journal: Journal, change: str) -> None:
    spoil(path, change)

    assert journal.entries(FOLDER, b"a", b"z") == {}
    assert journal.find(FOLDER, b"") is not None


def test_a_row_of_another_journal_is_not_there(
    path: Path, tmp_path: Path, journal: Journal
) -> None:
    other = Journal(tmp_path / "other.db", b"theirs")
    other.put([row()])
    other.save()
    other.close()
    with sqlite3.connect(path) as database:
        database.execute("attach ? as other", (str(tmp_path / "other.db"),))
        database.execute("delete from pages")
        database.execute("insert into pages select * from other.pages")
    database.close()

    assert journal.find(FOLDER, b"") is None
    assert journal.entries(FOLDER, b"a", b"z") == {}


def test_a_row_put_again_is_whole_again(path: Path, journal: Journal) -> None:
    spoil(path, "files = 99")

    journal.put([row(b"e" * 16)])

    assert journal.find(FOLDER, b"") == (b"e" * 16, RESULT)


def test_what_cannot_be_replaced_is_named(path: Path) -> None:
    path.mkdir()

    with pytest.raises(JournalInTheWay, match=r"journal\.db cannot be made anew"):
        Journal(path, b"ours")


def test_a_schema_that_is_no_text_is_a_damaged_one(path: Path, journal: Journal) -> None:
    journal.close()
    content = path.read_bytes()
    path.write_bytes(content.replace(b"tablepages", b"tablepag\xe9s", 1))
    assert path.read_bytes() != content

    again = Journal(path, b"ours")

    assert again.fresh
    again.close()
