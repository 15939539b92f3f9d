"""What the last run saw of each folder, so that the next one touches only what changed.

The journal is a cache, never the truth: missing, damaged, foreign or older, it is made anew. One
row is a folder, or a page of a long one: a digest over the statuses of its entries and the
results of its subfolders, the node that came of them, and the entries.

Nothing of it is believed unread: a row carries a checksum over all its fields, and its entries one
of their own, both keyed with whose journal it is. A row that a disk, a crash or another journal
spoilt is a row that is not there; what it stood for is looked at again, and signed as it is.

**Order.** A row is written only after the server has acknowledged every chunk and node it names
(the caller sees to that), so whatever a crash leaves behind may be trusted: rows that are there
name what is there, rows that are missing are read again. Losing the last rows costs time only,
which is why they need no fsync of their own.
"""

from __future__ import annotations

import marshal
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from blake3 import blake3

from csbackup.errors import ClientError, LocalDiskFull
from csbackup.format.ids import LONG

FILE = "journal.db"
VERSION = 2
LOOSE = -1  # the change time of an entry that is known from a snapshot only
DISTRUSTED = -2  # the change time of an entry that must be read again
NEVER = b""  # a digest that no folder has

# Of a damaged schema, SQLite complains in words that are not always text.
_FAILURES = (sqlite3.Error, UnicodeError)
_MARSHAL = 2  # without references: equal values give equal bytes
_CHECK_BYTES = 16
_SCHEMA = """
create table facts (name text primary key, value blob not null) strict, without rowid;
create table pages (
    number  integer primary key,
    folder  blob not null,      -- the folder's path; empty for the list of roots
    page    blob not null,      -- the first name on the page; empty when all entries are on it
    digest  blob not null,
    nodes   blob not null,      -- the listings this page became: id, length u16, first name
    files   integer not null,   -- of the page, with all that is below
    folders integer not null,
    bytes   integer not null,
    checksum blob not null,     -- of all fields above
    entries blob not null       -- checksum, then marshal of [(ctime, inode, volume, row), ...]
) strict;
create unique index pages_by_folder on pages (folder, page);
"""
_FIND = """select digest, nodes, files, folders, bytes, checksum from pages
where folder = ? and page = ?"""
_ENTRIES = """select page, entries from pages where folder = ?1 and page <= ?3 and page >= (
select coalesce(max(page), x'') from pages where folder = ?1 and page <= ?2) order by page"""
_KEYS = "select page from pages where folder = ?"
_BELOW = "select folder, page from pages where folder = ? or (folder >= ? and folder < ?)"
_ONE = """select folder, page, digest, nodes, files, folders, bytes, checksum, entries from pages
where number = ?"""
_PUT = """insert into pages
(folder, page, digest, nodes, files, folders, bytes, checksum, entries)
values (?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (folder, page) do update set
digest = excluded.digest, nodes = excluded.nodes, files = excluded.files,
folders = excluded.folders, bytes = excluded.bytes, checksum = excluded.checksum,
entries = excluded.entries"""


class JournalDamaged(ClientError):
    """The journal cannot be read; the run begins again without it."""

    code = "journal-damaged"

    def __init__(self, path: Path) -> None:
        super().__init__(f"The journal {path} is damaged. It will be made anew.")


class JournalInTheWay(ClientError):
    """What lies where the journal belongs cannot be replaced."""

    code = "journal-in-the-way"

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(
            f"{path} cannot be made anew: {why}. "
            "Remove what lies there, or choose another state folder with CSB_HOME."
        )


class Known(NamedTuple):
    """An entry as the journal keeps it: what tells a change, and its row in the tree."""

    ctime_ns: int
    inode: int
    volume: int
    row: tuple[Any, ...]


class Result(NamedTuple):
    """What a page became: its listings as (node id, first name), and its totals."""

    nodes: tuple[tuple[bytes, bytes], ...]
    files: int
    folders: int
    bytes: int


@dataclass(frozen=True, slots=True)
class PageRow:
    folder: bytes
    page: bytes
    digest: bytes
    result: Result
    entries: bytes

    @property
    def weight(self) -> int:
        return len(self.entries) + len(self.folder) + 300


def digest_of(value: Any) -> bytes:
    """The digest of anything made of tuples, lists, integers and bytes."""
    return blake3(marshal.dumps(value, _MARSHAL)).digest(16)


def pack_entries(entries: Iterable[Known]) -> bytes:
    return marshal.dumps([tuple(entry) for entry in entries], _MARSHAL)


class _Checks:
    """Checksums that hold for one journal only: a page of another one does not pass for ours."""

    def __init__(self, identity: bytes) -> None:
        self._key = blake3(identity).digest()

    def of_row(self, *fields: Any) -> bytes:
        """Of all fields but the entries, as they were asked for and as they came."""
        packed = marshal.dumps(fields, _MARSHAL)
        return blake3(packed, key=self._key).digest(_CHECK_BYTES)

    def seal_entries(self, folder: bytes, page: bytes, packed: bytes) -> bytes:
        return self._of_entries(folder, page, packed) + packed

    def open_entries(self, folder: bytes, page: bytes, blob: Any) -> list[Known]:
        """None of them where they are spoilt, and then never shown to marshal, which trusts."""
        if type(blob) is not bytes:
            return []
        packed = memoryview(blob)[_CHECK_BYTES:]
        if self._of_entries(folder, page, packed) != blob[:_CHECK_BYTES]:
            return []
        return [Known(*entry) for entry in marshal.loads(packed)]  # noqa: S302  checked above

    def _of_entries(self, folder: bytes, page: bytes, packed: bytes | memoryview) -> bytes:
        check = blake3(marshal.dumps((folder, page), _MARSHAL), key=self._key)
        return check.update(packed).digest(_CHECK_BYTES)


class Journal:
    """The journal of one device with one source on one server; `identity` says which."""

    def __init__(self, path: Path, identity: bytes) -> None:
        self._belong(path, identity)
        try:
            self._db = _open(path)
            self.fresh = self.fact("identity") != self._identity
        except _FAILURES as problem:
            if isinstance(failure_of(problem, path), LocalDiskFull):
                raise LocalDiskFull(str(path)) from problem
            self.fresh = True
        except JournalDamaged:
            self.fresh = True
        if self.fresh:
            self._begin_anew()

    def find(self, folder: bytes, page: bytes) -> tuple[bytes, Result] | None:
        """A page's digest and result; None where there is no row, or a spoilt one."""
        row = self._all(_FIND, (folder, page))
        if not row:
            return None
        digest, nodes, files, folders, size, checksum = row[0]
        if checksum != self._checks.of_row(folder, page, digest, nodes, files, folders, size):
            return None
        return digest, Result(_unpack_nodes(nodes), files, folders, size)

    def entries(self, folder: bytes, first: bytes, last: bytes) -> dict[bytes, Known]:
        """What is known of the names from `first` to `last`, wherever pages began back then."""
        found = {}
        for page, blob in self._all(_ENTRIES, (folder, first, last)):
            for entry in self._checks.open_entries(folder, page, blob):
                found[entry.row[0]] = entry
        return found

    def page_keys(self, folder: bytes) -> list[bytes]:
        return [row[0] for row in self._all(_KEYS, (folder,))]

    def put(self, rows: Iterable[PageRow]) -> None:
        """Keep rows whose chunks and nodes are all acknowledged."""
        values = (self._values(row) for row in rows)
        self._change(_PUT, values)

    def forget_pages(self, folder: bytes, pages: Iterable[bytes]) -> None:
        self._change(
            "delete from pages where folder = ? and page = ?", ((folder, page) for page in pages)
        )

    def forget_below(self, folder: bytes) -> None:
        """Forget a folder that is gone, with all below it."""
        found = self._all(_BELOW, (folder, folder + b"/", folder + b"0"))
        self._change("delete from pages where folder = ? and page = ?", found)

    def all_entries(self) -> Iterator[tuple[bytes, bytes, Result, list[Known]]]:
        """Every page with its entries: the one pass that finds who needs a chunk.

        Spoilt rows are left out: nobody finds them, so nobody trusts what they name.
        """
        numbers = self._all("select number from pages order by number", ())
        for (number,) in numbers:
            for folder, page, *fields, checksum, blob in self._all(_ONE, (number,)):
                if checksum != self._checks.of_row(folder, page, *fields):
                    continue
                _, nodes, files, folders, size = fields
                result = Result(_unpack_nodes(nodes), files, folders, size)
                yield folder, page, result, self._checks.open_entries(folder, page, blob)

    def fact(self, name: str) -> bytes | None:
        rows = self._all("select value from facts where name = ?", (name,))
        return rows[0][0] if rows else None

    def keep_fact(self, name: str, value: bytes) -> None:
        self._change("insert or replace into facts values (?, ?)", [(name, value)])

    def save(self) -> None:
        """Commit what was put since; a crash loses what came after."""
        try:
            self._db.commit()
        except _FAILURES as problem:
            raise failure_of(problem, self.path) from problem

    def close(self) -> None:
        with suppress(*_FAILURES):
            self._db.rollback()
            self._db.close()

    @classmethod
    def to_look_at(cls, path: Path, identity: bytes) -> Journal | None:
        """What the last run saw, for reading only; None where nothing of this device is there.

        Nothing is written, not even beside it: without a WAL the file is whole by itself.
        """
        how = "mode=ro" if Path(f"{path}-wal").exists() else "mode=ro&immutable=1"
        journal = cls.__new__(cls)
        journal._belong(path, identity)
        try:
            journal._db = sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)
            known = journal.fact("identity")
        except (*_FAILURES, JournalDamaged):
            return None
        if known != journal._identity:
            journal.close()
            return None
        return journal

    def _belong(self, path: Path, identity: bytes) -> None:
        """Whose journal it is: of another release or device, nothing in it counts."""
        self.path = path
        self.fresh = False
        self._identity: bytes = marshal.dumps([VERSION, marshal.version, identity], _MARSHAL)
        self._checks = _Checks(self._identity)

    @staticmethod
    def remove(path: Path) -> None:
        """Throw a journal away; the next run makes it anew."""
        for ending in ("", "-wal", "-shm"):
            file = Path(f"{path}{ending}")
            try:
                file.unlink(missing_ok=True)
            except OSError as problem:
                raise JournalInTheWay(file, problem.strerror or str(problem)) from problem

    def _begin_anew(self) -> None:
        if hasattr(self, "_db"):
            self.close()
        self.remove(self.path)
        try:
            self._db = _open(self.path)
            self._db.executescript(_SCHEMA)
        except _FAILURES as problem:
            failure = failure_of(problem, self.path)
            if isinstance(failure, JournalDamaged):  # a new one: another would fare no better
                failure = JournalInTheWay(self.path, str(problem))
            raise failure from problem
        self.keep_fact("identity", self._identity)
        self.save()

    def _values(self, row: PageRow) -> tuple[Any, ...]:
        result = row.result
        nodes = _pack_nodes(result.nodes)
        totals = (result.files, result.folders, result.bytes)
        checksum = self._checks.of_row(row.folder, row.page, row.digest, nodes, *totals)
        entries = self._checks.seal_entries(row.folder, row.page, row.entries)
        return (row.folder, row.page, row.digest, nodes, *totals, checksum, entries)

    def _all(self, query: str, values: tuple[Any, ...]) -> list[Any]:
        try:
            return self._db.execute(query, values).fetchall()
        except _FAILURES as problem:
            raise failure_of(problem, self.path) from problem

    def _change(self, statement: str, values: Iterable[Any]) -> None:
        try:
            self._db.executemany(statement, values)
        except _FAILURES as problem:
            raise failure_of(problem, self.path) from problem


def failure_of(problem: Exception, path: Path) -> ClientError:
    """What SQLite complains of: a full disk is no damage, and a new journal would not help."""
    code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return LocalDiskFull(str(path))
    return JournalDamaged(path)


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    for pragma in ("journal_mode = wal", "synchronous = normal", "cache_size = -4096"):
        connection.execute(f"pragma {pragma}")
    try:
        path.chmod(0o600)
    except OSError as problem:
        raise JournalInTheWay(path, problem.strerror or str(problem)) from problem
    return connection


def _pack_nodes(nodes: tuple[tuple[bytes, bytes], ...]) -> bytes:
    return b"".join(id + len(name).to_bytes(2, "big") + name for id, name in nodes)


def _unpack_nodes(packed: bytes) -> tuple[tuple[bytes, bytes], ...]:
    nodes = []
    at = 0
    while at < len(packed):
        name = at + LONG + 2
        end = name + int.from_bytes(packed[at + LONG : name], "big")
        nodes.append((packed[at : at + LONG], packed[name:end]))
        at = end
    return tuple(nodes)
