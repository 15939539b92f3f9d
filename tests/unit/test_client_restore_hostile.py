"""Whatever a snapshot claims, and whatever others do meanwhile: nothing outside the target."""

import os
import tracemalloc
from pathlib import Path

import pytest

from csbackup.client.browse.chain import Kept
from csbackup.client.restore.context import MEBIBYTE, Limits, RestoreContext, RestoreResult
from csbackup.client.restore.folders import Base, FolderStack
from csbackup.client.restore.run import run_restore
from csbackup.errors import Malformed, PathProblem
from csbackup.format.ids import PackId
from csbackup.format.tree import FILE, FOLDER, LISTING, SYMLINK, Entry, Extras, make_node
from support.sealed_world import KEYS, SealedWorld, entry

ROOT = os.geteuid() == 0


class Quiet:
    def phase(self, text: str) -> None: ...
    def found(self, files: int, bytes: int) -> None: ...
    def done(self, files: int, bytes: int) -> None: ...


@pytest.fixture
def world() -> SealedWorld:
    return SealedWorld()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A folder that no restore of these tests may touch."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "precious").write_text("mine")
    os.utime(folder / "precious", ns=(1, 1))
    os.utime(folder, ns=(1, 1))
    return folder


def untouched(outside: Path) -> bool:
    return (
        [path.name for path in outside.iterdir()] == ["precious"]
        and (outside / "precious").read_text() == "mine"
        and (outside / "precious").stat().st_mtime_ns == 1
        and outside.stat().st_mtime_ns == 1
    )


def restore(
    world: SealedWorld,
    kept: Kept,
    to: Path | None,
    *paths: bytes,
    limits: Limits = Limits(),  # noqa: B008
) -> RestoreResult:
    target = os.fsencode(to) if to else None
    return run_restore(RestoreContext(world, KEYS, kept, paths, target, limits=limits), Quiet())


def lying_folder(world: SealedWorld, name: bytes, *rows: Entry) -> Entry:
    """A folder whose listing the format would refuse to build."""
    return entry(name, FOLDER, content=world.put([make_node(LISTING, list(rows))]))


@pytest.mark.parametrize(
    "name", [b"..", b".", b"", b"../outside/evil", b"/etc/evil", b"a/b", b"nul\0byte", b"x" * 5000]
)
def test_a_name_that_is_no_name_stops_its_listing(
    world: SealedWorld, out: Path, outside: Path, name: bytes
) -> None:
    evil = lying_folder(world, b"evil", entry(name, FILE, size=1, content=world.keep(b"x")[0]))

    result = restore(world, world.snapshot(world.folder(b"/r", evil, world.file(b"y", b"y"))), out)

    assert [problem.kind for problem in result.problems] == ["listing-damaged"]
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*")) == ["r", "r/evil", "r/y"]
    assert untouched(outside)


@pytest.mark.parametrize("name", [b"/r/../../outside", b"..", b"/../outside"])
def test_a_root_that_leads_upwards_is_refused(
    world: SealedWorld, out: Path, outside: Path, name: bytes
) -> None:
    kept = world.snapshot(world.folder(name, world.file(b"evil", b"x")))

    with pytest.raises(Malformed):
        restore(world, kept, out)

    assert untouched(outside)


def test_a_link_and_a_folder_of_one_name_are_refused(
    world: SealedWorld, out: Path, outside: Path
) -> None:
    link = world.special(b"a", SYMLINK, Extras(target=os.fsencode(outside)))
    folder = world.folder(b"a", world.file(b"evil", b"x"))
    root = lying_folder(world, b"/r", link, folder)

    result = restore(world, world.snapshot(root), out)

    assert [problem.kind for problem in result.problems] == ["listing-damaged"]
    assert untouched(outside)


def test_a_root_below_a_restored_link_does_not_go_through_it(
    world: SealedWorld, tmp_path: Path, outside: Path
) -> None:
    home = os.fsencode(tmp_path / "home")
    link = world.special(home + b"/a", SYMLINK, Extras(target=os.fsencode(outside)))
    kept = world.snapshot(link, world.file(home + b"/a/evil", b"x"))

    restore(world, kept, None)

    assert untouched(outside)


def test_roots_under_one_target_do_not_go_through_a_restored_link(
    world: SealedWorld, out: Path, outside: Path
) -> None:
    link = world.special(b"/x/same", SYMLINK, Extras(target=os.fsencode(outside)))
    file = world.file(b"/x/same/same", b"x")

    result = restore(world, world.snapshot(link, file), out)

    assert untouched(outside)
    assert result.problems


def test_a_link_where_a_folder_goes_is_not_followed(
    world: SealedWorld, out: Path, outside: Path
) -> None:
    (out / "r").mkdir(parents=True)
    (out / "r/in").symlink_to(outside)
    kept = world.snapshot(world.folder(b"/r", world.folder(b"in", world.file(b"evil", b"x"))))

    result = restore(world, kept, out)

    assert untouched(outside)
    assert [problem.kind for problem in result.problems] == ["exists"]
    assert (out / "r/in (restored)/evil").read_bytes() == b"x"


def test_a_link_on_the_way_to_a_selected_file_is_not_followed(
    world: SealedWorld, tmp_path: Path, outside: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "in").symlink_to(outside)
    root = world.folder(os.fsencode(home), world.folder(b"in", world.file(b"evil", b"x")))

    restore(world, world.snapshot(root), None, os.fsencode(home) + b"/in/evil")

    assert untouched(outside)


def test_a_dangling_link_where_a_file_goes_is_not_written_through(
    world: SealedWorld, out: Path, outside: Path
) -> None:
    (out / "r").mkdir(parents=True)
    (out / "r/file").symlink_to(outside / "new")

    restore(world, world.snapshot(world.folder(b"/r", world.file(b"file", b"x"))), out)

    assert untouched(outside)
    assert (out / "r/file").is_symlink()


class Meddler(SealedWorld):
    """While contents are read, somebody puts a link in the place of a folder."""

    swap: tuple[Path, Path] | None = None

    def read_pack(self, pack: PackId, start: int, end: int, /) -> bytes:
        swap, self.swap = self.swap, None  # two threads read
        if swap is not None and swap[0].is_dir():
            folder, other = swap
            folder.rename(folder.with_name("moved"))
            folder.symlink_to(other)
        elif swap is not None:
            self.swap = swap
        return super().read_pack(pack, start, end)


@pytest.mark.parametrize("ahead", [1, 2])
def test_a_folder_that_becomes_a_link_meanwhile_is_not_followed(
    out: Path, outside: Path, ahead: int
) -> None:
    world = Meddler()
    world.swap = (out / "r/in", outside)
    files = [world.file(b"f%02d" % at, bytes([at]) * 1000) for at in range(20)]
    nested = world.folder(b"deep", *files)
    kept = world.snapshot(world.folder(b"/r", world.folder(b"in", nested, *files)))

    restore(world, kept, out, limits=Limits(window_bytes=2_000, windows_ahead=ahead))

    assert world.swap is None
    assert untouched(outside)


def test_a_folder_that_was_exchanged_is_noticed_on_the_way_back(tmp_path: Path) -> None:
    base = Base(os.fsencode(tmp_path / "base"))
    stack = FolderStack(base)
    for at in range(150):
        stack.enter(b"d", b"/r" + b"/d" * at, entry(b"d", FOLDER), finish=True)
    first = tmp_path / "base/d"
    first.rename(tmp_path / "elsewhere")
    first.mkdir()
    (tmp_path / "elsewhere" / "/".join(["d"] * 30)).rename(tmp_path / "taken out")

    lost = [level for _ in range(120) for level in stack.leave()]

    assert len(lost) == 30
    assert not stack.levels
    stack.close()
    base.close()


@pytest.mark.skipif(not ROOT, reason="only root can make somebody else's link")
def test_root_does_not_follow_somebody_elses_link_to_the_base(
    world: SealedWorld, tmp_path: Path, outside: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(outside)
    os.lchown(link, 12345, 12345)

    with pytest.raises(PathProblem, match="link of somebody else"):
        restore(world, world.snapshot(world.file(b"/r/evil", b"x")), link / "in")

    assert untouched(outside)


def test_the_persons_own_link_to_the_base_is_followed(world: SealedWorld, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    restore(world, world.snapshot(world.file(b"/r/x", b"x")), tmp_path / "link/in")

    assert (tmp_path / "real/in/x").read_bytes() == b"x"


def test_contents_that_swell_do_not_fill_the_memory(world: SealedWorld, out: Path) -> None:
    """Each is 4 MiB of one letter, a few hundred bytes as it lies there, and said to be nothing."""
    files = []
    for number in range(40):
        chunk = world.keep(b"%08d" % number * (512 * 1024))[0]
        world.contents.clear()
        files.append(entry(b"%02d" % number, FILE, size=0, content=chunk))
    good = world.file(b"zz", b"ok")
    kept = world.snapshot(world.folder(b"/r", *files, good))

    tracemalloc.start()
    try:
        result = restore(world, kept, out, limits=Limits(window_bytes=2 * MEBIBYTE))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert {problem.kind for problem in result.problems} == {"damaged"}
    assert len(result.problems) == 40
    assert (out / "r/zz").read_bytes() == b"ok"
    assert peak < 90 * MEBIBYTE
