"""The catalog's database: SQLite, many readers, one writer that commits for all who wait."""

from __future__ import annotations

import queue
import sqlite3
import threading
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TypeVar, cast

import aiosql
from aiosql.adapters.sqlite3 import SQLite3Adapter

from csbackup.errors import CatalogDamaged, FolderTooNew
from csbackup.server.durable import no_room

CATALOG = "catalog.db"  # its name in the data folder

Connection = sqlite3.Connection
Row = sqlite3.Row
Result = TypeVar("Result")
Change = Callable[[Connection], Result]


class _Adapter(SQLite3Adapter):
    """Takes the value out of a `Row`, which the library does not know."""

    def select_value(  # type: ignore[no-untyped-def]
        self, conn: Connection, query_name: str, sql: str, parameters
    ) -> object:
        row = conn.execute(sql, parameters).fetchone()
        return None if row is None else row[0]


QUERIES = aiosql.from_path(
    resources.files("csbackup.server.catalog") / "sql",  # type: ignore[arg-type]
    _Adapter,
)
_MOST_WAITING = 64
_PRAGMAS = (
    "journal_mode = wal",
    "synchronous = full",  # or a power cut loses commits that were acknowledged
    "foreign_keys = on",
    "busy_timeout = 10000",
    "temp_store = memory",
)
_BESIDE_PRAGMAS = ("query_only = on", "busy_timeout = 10000", "temp_store = memory")
_WRITER_CACHE = "cache_size = -8192"
_READER_CACHE = "cache_size = -2048"  # each thread has its own; the system's cache is behind it


class Database:
    """`read()` gives a connection for queries; `write(change)` runs `change` in a transaction.

    Changes of several threads share one transaction (and one fsync): each runs in a savepoint, so
    one that fails takes nothing of the others with it. A change must not wait for anything.
    """

    def __init__(self, path: Path, *, beside: bool = False) -> None:
        """`beside` another process that may write: this one reads, and changes nothing."""
        self._path = path
        self._beside = beside
        self._local = threading.local()
        self._readers: weakref.WeakSet[_Reader] = weakref.WeakSet()
        self._queue: queue.Queue[_Waiting | None] = queue.Queue()
        self._closed = beside
        self._writer = threading.Thread(target=self._write_all, name="catalog-writer", daemon=True)
        try:
            self._make_ready()
        except sqlite3.DatabaseError as problem:
            raise _named(problem, path) from problem
        if not beside:
            self._writer.start()

    def _make_ready(self) -> None:
        if not self._beside:
            self._path.touch(mode=0o600)  # SQLite gives its other files the same permissions
        with closing(self._connect()) as connection:
            _check_version(connection, self._path)
            if not self._beside:
                _migrate(connection)

    def read(self) -> sqlite3.Connection:
        """This thread's own connection; never write through it."""
        reader: _Reader | None = getattr(self._local, "reader", None)
        if reader is None:
            reader = self._local.reader = _Reader(self._connect())
            self._readers.add(reader)
        return reader.connection

    @contextmanager
    def steady(self) -> Iterator[sqlite3.Connection]:
        """Several queries that see one state."""
        connection = self.read()
        connection.execute("begin")
        try:
            yield connection
        finally:
            connection.execute("rollback")

    def write(self, change: Change[Result]) -> Result:
        """Run `change` on the writer; back when it is durable. Its exception is raised here."""
        if self._closed:
            raise RuntimeError("the catalog is closed")
        waiting = _Waiting(change, Future())
        self._queue.put(waiting)
        return cast("Result", waiting.future.result())

    def close(self) -> None:
        self._closed = True
        self._queue.put(None)
        if not self._beside:
            self._writer.join()
        for reader in list(self._readers):
            reader.connection.close()

    def _connect(self) -> sqlite3.Connection:
        address = f"{self._path.absolute().as_uri()}?mode={'ro' if self._beside else 'rwc'}"
        connection = sqlite3.connect(
            address, uri=True, isolation_level=None, check_same_thread=False
        )
        connection.row_factory = sqlite3.Row
        try:
            for pragma in _BESIDE_PRAGMAS if self._beside else _PRAGMAS:
                connection.execute(f"pragma {pragma}")
        except sqlite3.Error:
            connection.close()
            raise
        return connection

    def _write_all(self) -> None:
        connection = self._connect()
        connection.execute(f"pragma {_WRITER_CACHE}")
        while (first := self._queue.get()) is not None:
            batch = [first]
            while len(batch) < _MOST_WAITING and not self._queue.empty():
                following = self._queue.get()
                if following is None:
                    self._queue.put(None)
                    break
                batch.append(following)
            _carry_out(connection, batch, self._path)
        connection.close()


class _Reader:
    """A thread's connection; it closes when the thread ends."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"pragma {_READER_CACHE}")
        connection.execute("pragma query_only = on")
        self.connection = connection

    def __del__(self) -> None:
        self.connection.close()


class _Waiting:
    def __init__(self, change: Change[object], future: Future[object]) -> None:
        self.change = change
        self.future = future
        self.result: object = None
        self.failure: BaseException | None = None


def _carry_out(connection: sqlite3.Connection, batch: list[_Waiting], path: Path) -> None:
    """Acknowledge only after the commit: what fails to become durable was never promised."""
    try:
        connection.execute("begin immediate")
        for waiting in batch:
            _run_in_savepoint(connection, waiting)
        connection.execute("commit")
    except BaseException as failure:  # noqa: BLE001  the waiting threads get it
        with suppress(sqlite3.Error):  # or those who wait would wait for ever
            connection.execute("rollback")
        for waiting in batch:
            waiting.failure = failure
    for waiting in batch:
        if waiting.failure is not None:
            waiting.future.set_exception(_named(waiting.failure, path))
        else:
            waiting.future.set_result(waiting.result)


_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


def _named(failure: BaseException, path: Path) -> BaseException:
    """The failure that we foresee behind one of the database's, if any."""
    code = getattr(failure, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return no_room()
    return CatalogDamaged(str(path)) if code in _DAMAGED else failure


def _run_in_savepoint(connection: sqlite3.Connection, waiting: _Waiting) -> None:
    connection.execute("savepoint one")
    try:
        waiting.result = waiting.change(connection)
    except BaseException as failure:
        if not connection.in_transaction:
            raise  # a full disk takes back the whole transaction, so all who share it hear of it
        connection.execute("rollback to one")
        waiting.failure = failure
    connection.execute("release one")


def _check_version(connection: sqlite3.Connection, path: Path) -> None:
    found, known = _version(connection), len(_migrations())
    if found > known:
        raise FolderTooNew(str(path.parent), found, known)


def _migrate(connection: sqlite3.Connection) -> None:
    """Bring the schema up to date, one numbered step after the other, each in a transaction."""
    found = _version(connection)
    for number, migration in enumerate(_migrations()[found:], start=found + 1):
        script = migration.read_text(encoding="utf-8")
        connection.executescript(
            f"begin immediate;\n{script}\npragma user_version = {number};\ncommit;"
        )


def _migrations() -> list[Traversable]:
    folder = resources.files("csbackup.server.catalog") / "migrations"
    return sorted(folder.iterdir(), key=lambda migration: migration.name)


def _version(connection: sqlite3.Connection) -> int:
    found: int = connection.execute("pragma user_version").fetchone()[0]
    return found
