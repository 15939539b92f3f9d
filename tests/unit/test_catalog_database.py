"""One writer for many threads, and readers that see one state."""

from __future__ import annotations

import errno
import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from csbackup.errors import CatalogDamaged, FolderTooNew, StorageFull
from csbackup.server.catalog.database import CATALOG, Connection, Database
from csbackup.server.durable import full_disk_named, replace_file


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / CATALOG)
    yield database
    database.close()


def deletions(connection: Connection) -> int:
    return connection.execute("select deletions from state").fetchone()[0]  # type: ignore[no-any-return]


def count_one(connection: Connection) -> int:
    connection.execute("update state set deletions = deletions + 1")
    return deletions(connection)


def test_a_change_is_visible_to_readers_when_it_returns(database: Database) -> None:
    result = database.write(count_one)

    assert (result, deletions(database.read())) == (1, 1)


def test_a_change_that_fails_takes_back_what_it_did_and_nothing_of_others(
    database: Database,
) -> None:
    def fail(connection: Connection) -> None:
        count_one(connection)
        raise ValueError("no")

    database.write(count_one)
    with pytest.raises(ValueError, match="no"):
        database.write(fail)

    assert deletions(database.read()) == 1


def test_changes_of_many_threads_all_happen(database: Database) -> None:
    results: list[int] = []
    threads = [
        threading.Thread(target=lambda: results.append(database.write(count_one)))
        for _ in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == list(range(1, 21))


def test_a_reader_cannot_write(database: Database) -> None:
    with pytest.raises(sqlite3.OperationalError, match="readonly"):
        count_one(database.read())


def test_steady_queries_see_one_state(database: Database) -> None:
    with database.steady() as connection:
        before = deletions(connection)
        database.write(count_one)
        after = deletions(connection)

    assert (before, after, deletions(database.read())) == (0, 0, 1)


def test_a_disk_without_room_is_named_and_the_catalog_goes_on(database: Database) -> None:
    def fill(connection: Connection) -> None:
        pages = connection.execute("pragma page_count").fetchone()[0]
        connection.execute(f"pragma max_page_count = {pages}")
        rows = ((bytes(16) + bytes([n % 256]) * 2000, n) for n in range(200))
        connection.executemany("insert into invitations values (?, 'user', '', ?, 0, null)", rows)

    with pytest.raises(StorageFull):
        database.write(fill)

    assert database.write(count_one) == 1


def test_a_catalog_of_a_newer_release_is_refused(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / CATALOG)
    connection.execute("pragma user_version = 999")
    connection.close()

    with pytest.raises(FolderTooNew):
        Database(tmp_path / CATALOG)


@pytest.mark.parametrize("length", [100, 5000, 20_000])
def test_a_catalog_that_was_cut_short_is_named_with_what_to_do(tmp_path: Path, length: int) -> None:
    Database(tmp_path / CATALOG).close()
    with (tmp_path / CATALOG).open("r+b") as file:
        file.truncate(length)

    with pytest.raises(CatalogDamaged, match="rebuild"):
        Database(tmp_path / CATALOG)


def test_a_file_that_is_no_catalog_is_named(tmp_path: Path) -> None:
    (tmp_path / CATALOG).write_bytes(b"something else" * 1000)

    with pytest.raises(CatalogDamaged):
        Database(tmp_path / CATALOG)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_no_space_left_is_a_failure_we_foresee(number: int) -> None:
    with pytest.raises(StorageFull), full_disk_named():
        raise OSError(number, "no space left")


def test_other_failures_of_the_disk_stay_what_they_are() -> None:
    with pytest.raises(OSError, match="broken"), full_disk_named():
        raise OSError(errno.EIO, "broken")


def test_a_file_that_cannot_be_replaced_leaves_nothing_beside_it(tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()

    with pytest.raises(OSError, match="target"):
        replace_file(tmp_path / "target", b"x")

    assert [one.name for one in tmp_path.iterdir()] == ["target"]
