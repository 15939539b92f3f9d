"""Whatever becomes of the journal: the backup is right, and sends nothing that is there.

Each case takes a device with a history, spoils its journal in a way that a seed draws, changes a
few files and backs up. CSB_CRASH_SEED repeats a run; CSB_TEST_FULL makes thousands of cases.
"""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
import stat
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from csbackup.client.backup.context import BackupResult
from csbackup.client.backup.run import run_backup
from csbackup.client.config import Home
from csbackup.client.heads import Heads
from csbackup.client.journal import JournalInTheWay
from csbackup.errors import CsbError
from csbackup.format.ids import AccountId, DeviceId, SourceId
from csbackup.format.tree import FILE, FOLDER, SYMLINK
from support.backup_bench import Bench, Listener, make_bench
from support.fake_server import FakeServer

SEED = int(os.environ.get("CSB_CRASH_SEED", "0")) or random.SystemRandom().randrange(2**32)
TURNS = 90 if os.environ.get("CSB_TEST_FULL") else 7
ROUNDS = int(os.environ.get("CSB_CRASH_ROUNDS", "0")) or TURNS  # of every way to spoil a journal
GOLDEN = Path(__file__).parent.parent / "golden" / "client" / "journal-v1.db"
PAGE = 4096
MOST_SENT = 12_000  # the nodes on the way to what changed; the files have 900 kB

Case = Callable[["World", random.Random], None]


@dataclass
class World:
    """A device with three snapshots. `older` is its journal after the first of them."""

    bench: Bench
    data: Path
    journal: bytes
    older: bytes
    identity: bytes
    wal: bytes  # as it lay beside the journal in the middle of the second run
    fired: Counter[str] = field(default_factory=Counter)

    @property
    def path(self) -> Path:
        return self.bench.home / "journal.db"

    def begin(self) -> None:
        """As it was after the third snapshot, whatever the last case did."""
        for path in self.bench.home.glob("journal.db*"):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        self.path.write_bytes(self.journal)

    def edit(self, statement: str, *values: object) -> None:
        with sqlite3.connect(self.path) as database:
            database.execute(statement, values)
        database.close()


def make_world(folder: Path) -> World:
    bench = make_bench(folder)
    data = folder / "data"
    fill(data)
    time.sleep(0.12)  # or the journal keeps looking at files this young
    bench.backup()
    bench.backup()
    older = (bench.home / "journal.db").read_bytes()
    (data / "docs" / "second").write_bytes(os.urandom(3000))
    time.sleep(0.12)
    wal = b""

    def look(name: str) -> None:
        nonlocal wal
        if name == "commit":
            wal = (bench.home / "journal.db-wal").read_bytes()

    bench.server.before = look
    bench.backup()
    bench.server.before = lambda name: None
    assert wal
    journal = bench.home / "journal.db"
    with sqlite3.connect(journal) as database:
        (identity,) = database.execute("select value from facts where name = 'identity'").fetchone()
    database.close()
    return World(bench, data, journal.read_bytes(), older, identity, wal)


def fill(data: Path) -> None:
    chance = random.Random(5)
    for number in range(60):
        folder = data / ("docs", "docs/deep/er", "pictures", "älter")[number % 4]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"file {number}").write_bytes(chance.randbytes(15_000))
    wide = data / "wide"
    wide.mkdir()
    for number in range(2100):  # in pages
        (wide / f"{number:05d}").write_bytes(b"%d" % (number % 9))
    os.link(data / "docs" / "file 0", data / "docs" / "twin")
    (data / "link").symlink_to("docs")
    (data / "empty").mkdir()
    os.setxattr(data / "docs" / "file 4", b"user.kept", b"value")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("spoilt"))


# --- what is checked ------------------------------------------------------------------------------


def check(world: World, result: BackupResult, *, sent: int = MOST_SENT) -> None:
    """The snapshot is what lies on the disk, to the byte and the number; little was sent."""
    bench = world.bench
    opened = bench.opened()
    assert set(opened) == {os.fsencode(world.data), *_paths(world.data)}
    sizes = {path: _status(path).st_size for path in opened if _is_file(path)}
    for path, found in opened.items():
        entry, status = found.entry, _status(path)
        assert (entry.mode, entry.mtime_ns) == (stat.S_IMODE(status.st_mode), status.st_mtime_ns)
        if entry.kind == FILE:
            assert found.content == Path(os.fsdecode(path)).read_bytes()
        elif entry.kind == SYMLINK:
            assert found.extras.target == os.fsencode(Path(os.fsdecode(path)).readlink())
        elif entry.kind == FOLDER:
            below = [size for name, size in sizes.items() if name.startswith(path + b"/")]
            assert (entry.subtree_files, entry.subtree_bytes) == (len(below), sum(below))
    folders = sum(found.entry.kind == FOLDER for found in opened.values())
    totals = bench.newest().totals
    assert (totals.files, totals.folders, totals.bytes) == (
        len(sizes), folders, sum(sizes.values()),
    )  # fmt: skip
    assert (result.files, result.bytes) == (totals.files, totals.bytes)
    assert (result.coverage, result.problems) == (1.0, ())
    assert not bench.newest().partial
    assert result.bytes_sent <= sent
    assert world.bench.server.repeated == []


def _paths(data: Path) -> set[bytes]:
    return {os.fsencode(path) for path in data.rglob("*")}


def _status(path: bytes) -> os.stat_result:
    return os.lstat(path)


def _is_file(path: bytes) -> bool:
    return stat.S_ISREG(_status(path).st_mode)


def live_on(world: World, chance: random.Random) -> None:
    """A few small changes: what changed is looked up in the journal, entry by entry."""
    folder = world.data / chance.choice(["docs", "docs/deep/er", "pictures", "älter", "wide"])
    (folder / "changing").write_bytes(chance.randbytes(chance.randrange(1, 400)))
    if chance.randrange(2):
        new = folder / f"new {chance.randrange(9)}"
        if new.exists():
            new.unlink()
        else:
            new.write_bytes(b"")


# --- ways to spoil a journal ----------------------------------------------------------------------


def lost(world: World, chance: random.Random) -> None:
    world.path.unlink()


def flipped_bits(world: World, chance: random.Random) -> None:
    content = bytearray(world.journal)
    for _ in range(chance.choice([1, 1, 3, 40, 400])):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    world.path.write_bytes(content)


def truncated(world: World, chance: random.Random) -> None:
    world.path.write_bytes(world.journal[: chance.randrange(len(world.journal))])


def zeroed_page(world: World, chance: random.Random) -> None:
    at = chance.randrange(len(world.journal) // PAGE) * PAGE
    world.path.write_bytes(world.journal[:at] + bytes(PAGE) + world.journal[at + PAGE :])


def swapped_pages(world: World, chance: random.Random) -> None:
    pages = [world.journal[at : at + PAGE] for at in range(0, len(world.journal), PAGE)]
    one, other = chance.sample(range(len(pages)), 2)
    pages[one], pages[other] = pages[other], pages[one]
    world.path.write_bytes(b"".join(pages))


def pages_of_another_week(world: World, chance: random.Random) -> None:
    content = bytearray(world.journal)
    for at in range(0, min(len(content), len(world.older)), PAGE):
        if chance.randrange(2):
            content[at : at + PAGE] = world.older[at : at + PAGE]
    world.path.write_bytes(content)


def garbage(world: World, chance: random.Random) -> None:
    world.path.write_bytes(chance.randbytes(chance.choice([1, 100, PAGE, 3 * PAGE + 7])))


def empty_file(world: World, chance: random.Random) -> None:
    world.path.write_bytes(b"")


def older_journal(world: World, chance: random.Random) -> None:
    world.path.write_bytes(world.older)


def log_of_another_time(world: World, chance: random.Random) -> None:
    which = chance.randrange(3)
    if which == 0:
        world.path.write_bytes(world.older)
    elif which == 1:
        world.path.unlink()
    (world.bench.home / "journal.db-wal").write_bytes(world.wal)


def spoilt_log(world: World, chance: random.Random) -> None:
    wal = bytearray(world.wal[: chance.randrange(33, len(world.wal))])
    for _ in range(3):
        wal[chance.randrange(len(wal))] ^= 0xFF
    (world.bench.home / "journal.db-wal").write_bytes(wal)
    (world.bench.home / "journal.db-shm").write_bytes(chance.randbytes(32768))


def spoilt_field(world: World, chance: random.Random) -> None:
    """One bit of one field, which SQLite cannot notice."""
    column = chance.choice(["digest", "nodes", "checksum", "entries"])
    with sqlite3.connect(world.path) as database:
        rows = database.execute(f"select number, {column} from pages where length({column})")
        number, content = chance.choice(rows.fetchall())
    database.close()
    spoilt = bytearray(content)
    spoilt[chance.randrange(len(spoilt))] ^= 1 << chance.randrange(8)
    world.edit(f"update pages set {column} = ? where number = ?", bytes(spoilt), number)


def spoilt_totals(world: World, chance: random.Random) -> None:
    column = chance.choice(["files", "folders", "bytes"])
    world.edit(f"update pages set {column} = {column} + {chance.choice([1, -1, 1 << 40])}")


def rows_of_other_folders(world: World, chance: random.Random) -> None:
    """Every row whole, but some of its fields those of another."""
    fields = chance.choice(["digest", "nodes", "entries", "nodes, checksum", "files, checksum"])
    names = fields.split(", ")
    other = " , ".join(
        f"{name} = (select {name} from pages as other where other.number != pages.number "
        f"order by other.number * 7919 % {chance.randrange(2, 50)} limit 1)"
        for name in names
    )
    world.edit(f"update pages set {other}")


def no_tables(world: World, chance: random.Random) -> None:
    statement = chance.choice(
        ["drop table pages", "drop index pages_by_folder", "drop table facts", "delete from facts"]
    )
    world.edit(statement)


def first_version(world: World, chance: random.Random) -> None:
    shutil.copy(GOLDEN, world.path)


def somebody_elses(world: World, chance: random.Random) -> None:
    """The same folders, backed up by another device, for another account, source or server."""
    theirs = chance.choice(
        [
            {"device": DeviceId(b"another device!!")},
            {"account": AccountId(b"another account!")},
            {"pin": "11" * 32},
            {"source": SourceId(b"another source!!")},
        ]
    )
    other = make_bench(world.bench.home.parent / f"other-{chance.randrange(2**40)}")
    other.choose(world.data)
    context = other.context()
    device = {name: value for name, value in theirs.items() if name != "source"}
    settings = replace(context.settings, source=theirs.get("source", context.settings.source))  # type: ignore[arg-type]
    own = replace(context.device, **device)  # type: ignore[arg-type]
    other.server.account, other.server.device = own.account, own.device
    run_backup(replace(context, device=own, settings=settings), Listener())
    content = (other.home / "journal.db").read_bytes()
    shutil.rmtree(other.home.parent)
    world.path.write_bytes(content)
    if chance.randrange(2):  # and under our name
        world.edit("update facts set value = ? where name = 'identity'", world.identity)


WAYS: list[Case] = [
    lost, flipped_bits, flipped_bits, truncated, zeroed_page, zeroed_page, swapped_pages,
    swapped_pages, pages_of_another_week, garbage, empty_file, older_journal, log_of_another_time,
    spoilt_log, spoilt_field, spoilt_field, spoilt_field, spoilt_totals, rows_of_other_folders,
    rows_of_other_folders, no_tables, first_version, somebody_elses, somebody_elses,
]  # fmt: skip
EACH = [(way, turn) for way in WAYS for turn in range(ROUNDS)]


def test_a_spoilt_journal_costs_reading_at_most(world: World) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    most = 0
    for number, (spoil, _) in enumerate(EACH):
        chance = random.Random(SEED + number)
        world.begin()
        live_on(world, chance)
        spoil(world, chance)
        before = world.bench.server.committed[-1].sequence
        try:
            result = world.bench.backup()
            check(world, result)
            assert result.sequence == before + 1
        except Exception as failure:
            failure.add_note(f"case {number}: {spoil.__name__}, CSB_CRASH_SEED={SEED}")
            raise
        most = max(most, result.bytes_sent)
        world.fired[spoil.__name__] += 1

    print(f"{sum(world.fired.values())} cases, at most {most} bytes sent: {dict(world.fired)}")
    assert sum(world.fired.values()) == len(EACH)


# --- what is not a matter of chance ---------------------------------------------------------------


def test_what_lies_in_the_journals_place_is_named(world: World) -> None:
    world.begin()
    world.path.unlink()
    world.path.mkdir()

    with pytest.raises(JournalInTheWay, match="cannot be made anew"):
        world.bench.backup()


def test_a_journal_that_knows_more_than_the_server_sends_what_is_gone(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    bench = world.bench
    older = deepcopy_of(bench.server)
    new = os.urandom(70_000)
    (world.data / "docs" / "third").write_bytes(new)
    bench.backup()
    bench.server = older
    Heads(Home(bench.home)).accept(older._heads(), now_ns=1)

    result = bench.backup()

    check(world, result, sent=70_000 + MOST_SENT)
    assert result.bytes_sent > 70_000
    assert result.sequence == older.committed[-1].sequence


def test_a_journal_that_fails_after_the_commit_does_not_commit_again(tmp_path: Path) -> None:
    world = make_world(tmp_path)
    holders: list[sqlite3.Connection] = []

    def hold(name: str) -> None:
        if name == "committed":
            holder = sqlite3.connect(world.path, check_same_thread=False)
            holder.execute("begin immediate")
            holders.append(holder)

    world.bench.server.before = hold
    before = world.bench.server.committed[-1].sequence
    (world.data / "docs" / "third").write_bytes(b"new")

    result = world.bench.backup()

    assert holders
    holders[0].close()
    assert result.sequence == before + 1 == world.bench.server.committed[-1].sequence


@contextmanager
def as_an_ordinary_user(folder: Path) -> Iterator[None]:
    """Not as root, whom no mode stops."""
    if os.geteuid():
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, 65534, 65534)
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.fixture
def home_of_somebody() -> Iterator[Path]:
    """Outside of pytest's folders, which are their owner's only."""
    folder = Path(tempfile.mkdtemp())
    yield folder
    shutil.rmtree(folder)


@pytest.mark.parametrize("mode", [0o000, 0o200, 0o400])
def test_a_journal_that_may_not_be_used_is_made_anew(home_of_somebody: Path, mode: int) -> None:
    bench = make_bench(home_of_somebody)
    (home_of_somebody / "data" / "file").write_bytes(b"content")
    with as_an_ordinary_user(home_of_somebody):
        bench.backup()
        (bench.home / "journal.db").chmod(mode)

        result = bench.backup()

        assert (result.files, result.sequence, result.problems) == (1, 2, ())
        assert bench.server.repeated == []


@pytest.mark.parametrize("name", ["journal.db", "backup.lock"])
def test_a_state_folder_that_may_not_be_written_is_named(home_of_somebody: Path, name: str) -> None:
    bench = make_bench(home_of_somebody)
    (home_of_somebody / "data" / "file").write_bytes(b"content")
    with as_an_ordinary_user(home_of_somebody):
        bench.backup()
        (bench.home / name).unlink()
        bench.home.chmod(0o500)

        with pytest.raises(CsbError, match=f"{name}.*cannot be"):
            bench.backup()

        bench.home.chmod(0o700)


def deepcopy_of(server: FakeServer) -> FakeServer:
    """The server as it is now, as from a copy of its folder."""
    copy = FakeServer(server.account, server.device, server.signing_public)
    copy.packs, copy.chunks = dict(server.packs), dict(server.chunks)
    copy.tree_nodes, copy.committed = dict(server.tree_nodes), list(server.committed)
    copy._prefixes = set(server._prefixes)
    copy._numbers = deepcopy(server._numbers)
    return copy
