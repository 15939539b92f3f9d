"""Everything about a file comes back, as root and as somebody else; what cannot is named."""

# ruff: noqa: PTH208
# Names here are bytes that no Path would keep.

from __future__ import annotations

import os
import stat
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest

from csbackup.errors import LocalDiskFull
from csbackup.format.tree import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    FIFO,
    SOCKET,
    SYMLINK,
    Entry,
    Extras,
)
from support.restoring import (
    NOBODY,
    ROOT,
    STAMP,
    kinds,
    leftovers,
    mounted,
    open_place,
    restore,
    somebody,
)
from support.sealed_world import MTIME, SealedWorld

as_root = pytest.mark.skipif(not ROOT, reason="needs root")
ACCESS, DEFAULT = b"system.posix_acl_access", b"system.posix_acl_default"
USER_OBJ, USER, GROUP_OBJ, MASK, OTHER = 0x01, 0x02, 0x04, 0x10, 0x20


def acl(*rows: tuple[int, int, int]) -> bytes:
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *row) for row in rows)


def shared_with(user: int, permissions: int, *, owner: int = 7) -> bytes:
    """The owner all, this user so much, the owning group nothing."""
    nobody = 0xFFFFFFFF
    return acl(
        (USER_OBJ, owner, nobody),
        (USER, permissions, user),
        (GROUP_OBJ, 0, nobody),
        (MASK, 7, nobody),
        (OTHER, 0, nobody),
    )


@pytest.fixture
def world() -> SealedWorld:
    return SealedWorld()


@pytest.fixture(params=["root", "somebody"] if ROOT else ["somebody"])
def person(request: pytest.FixtureRequest) -> Callable[[], AbstractContextManager[None]]:
    """Who restores."""
    return nullcontext if request.param == "root" else somebody


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder of whoever restores."""
    names = request.fixturenames
    is_root = "person" in names and request.getfixturevalue("person") is nullcontext
    with open_place(0 if is_root else NOBODY) as folder:
        yield folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def attributes(path: Path) -> set[str]:
    return set(os.listxattr(path, follow_symlinks=False))


def mine(entry: Entry) -> Entry:
    """As `somebody` owns it."""
    return entry._replace(uid=os.geteuid(), gid=os.getegid())


# --- modes that keep even the owner out ---


@pytest.mark.parametrize("bits", [0o400, 0o444, 0o000, 0o640])
def test_a_file_that_cannot_be_written_gets_its_attributes(
    world: SealedWorld, place: Path, person: Callable[[], AbstractContextManager[None]], bits: int
) -> None:
    extras = Extras(xattrs=((ACCESS, shared_with(1234, 4, owner=4)), (b"user.color", b"red")))
    plain = Extras(xattrs=((b"user.color", b"blue"),))

    with person():
        file = mine(world.file(b"file", b"x", plain))._replace(mode=bits)
        shared = mine(world.file(b"shared", b"x", extras))._replace(mode=0o470)
        root = mine(world.folder(b"/r", file, shared))
        result = restore(world, world.snapshot(root), place / "out")

    assert result.problems == ()
    assert mode(place / "out/r/file") == bits
    assert mode(place / "out/r/shared") == 0o470
    assert os.getxattr(place / "out/r/file", b"user.color") == b"blue"
    assert os.getxattr(place / "out/r/shared", b"user.color") == b"red"
    assert os.getxattr(place / "out/r/shared", ACCESS)[4:12] == struct.pack(
        "<HHI", USER_OBJ, 4, 0xFFFFFFFF
    )


@pytest.mark.parametrize("bits", [0o555, 0o500, 0o000, 0o111])
def test_a_folder_that_cannot_be_written_is_filled_and_filled_again(
    world: SealedWorld, place: Path, person: Callable[[], AbstractContextManager[None]], bits: int
) -> None:
    out = place / "out"
    with person():
        inner = mine(world.folder(b"in", mine(world.file(b"x", b"x")), mine(world.file(b"y"))))
        extras = world.extras(Extras(xattrs=((b"user.color", b"red"),)))
        inner = inner._replace(mode=bits, extras=extras)
        kept = world.snapshot(mine(world.folder(b"/r", inner)))
        first = restore(world, kept, out)
        (out / "r/in").chmod(0o700)
        (out / "r/in/x").unlink()
        (out / "r/in").chmod(bits)

        again = restore(world, kept, out)

    assert first.problems == again.problems == ()
    assert (again.files, again.skipped) == (1, 1)
    assert mode(out / "r/in") == bits
    assert (out / "r/in").stat().st_mtime_ns == MTIME
    assert os.getxattr(out / "r/in", b"user.color") == b"red"


@pytest.mark.parametrize("bits", [0o555, 0o000])
def test_a_closed_folder_on_the_way_keeps_its_mode(
    world: SealedWorld, place: Path, bits: int
) -> None:
    home = place / "home"
    with somebody():
        (home / "in").mkdir(parents=True)
        (home / "in").chmod(bits)
        inner = mine(world.folder(b"in", mine(world.file(b"x", b"x"))))
        kept = world.snapshot(mine(world.folder(os.fsencode(home), inner)))

        result = restore(world, kept, None, os.fsencode(home) + b"/in/x")

    assert result.problems == ()
    assert mode(home / "in") == bits
    if ROOT:
        assert (home / "in/x").read_bytes() == b"x"


@as_root
def test_somebody_elses_folder_is_named(world: SealedWorld, place: Path) -> None:
    (place / "out/r").mkdir(parents=True)
    (place / "out/r").chmod(0o755)
    with somebody():
        result = restore(
            world, world.snapshot(world.folder(b"/r", world.file(b"x", b"x"))), place / "out"
        )

    assert "not-written" in kinds(result)
    assert [problem.path for problem in result.problems if problem.path] == [b"/r/x", b"/r", b"/r"]
    assert os.listdir(place / "out/r") == []


# --- what folders hand down ---


def test_a_default_list_of_the_target_is_not_inherited(
    world: SealedWorld, place: Path, person: Callable[[], AbstractContextManager[None]]
) -> None:
    out = place / "out"
    with person():
        (out / "r/old").mkdir(parents=True)
        for folder in (out, out / "r", out / "r/old"):
            os.setxattr(folder, DEFAULT, shared_with(1234, 7))
        names = (b"f", b"g")
        files = [mine(world.file(name, name))._replace(mode=0o664) for name in names]
        pipe = mine(world.special(b"p", FIFO, Extras()))._replace(mode=0o666)
        folders = [mine(world.folder(name, *files, pipe)) for name in (b"new", b"old")]
        kept = world.snapshot(mine(world.folder(b"/r", *files, pipe, *folders)))

        result = restore(world, kept, out)

    assert result.problems == ()
    found = [path for path in (out / "r").rglob("*")]
    assert len(found) == 11
    for path in found:
        assert attributes(path) == set(), path
        assert mode(path) == (0o755 if path.is_dir() else 0o666 if path.is_fifo() else 0o664)
    assert attributes(out / "r") == set()
    assert attributes(out) == {"system.posix_acl_default"}


def test_lists_of_folders_come_back_and_do_not_reach_what_is_in_them(
    world: SealedWorld, place: Path, person: Callable[[], AbstractContextManager[None]]
) -> None:
    listed = Extras(xattrs=((ACCESS, shared_with(1234, 5)), (DEFAULT, shared_with(1234, 7))))
    with person():
        inner = mine(world.folder(b"in", mine(world.file(b"x", b"x"))))
        inner = inner._replace(mode=0o770, extras=world.extras(listed))
        kept = world.snapshot(mine(world.folder(b"/r", inner)))

        for _ in range(2):
            result = restore(world, kept, place / "out")
            assert result.problems == ()
            (place / "out/r/in/x").unlink()
        restore(world, kept, place / "out")

    assert attributes(place / "out/r/in") == {ACCESS.decode(), DEFAULT.decode()}
    assert attributes(place / "out/r/in/x") == set()
    assert mode(place / "out/r/in/x") == 0o644


def test_what_a_kept_folder_has_beside_its_lists_stays(world: SealedWorld, place: Path) -> None:
    with somebody():
        (place / "out/r").mkdir(parents=True)
        os.setxattr(place / "out/r", b"user.note", b"mine")
        os.setxattr(place / "out/r", ACCESS, shared_with(1234, 7))

        restore(world, world.snapshot(mine(world.folder(b"/r"))), place / "out")

    assert attributes(place / "out/r") == {"user.note"}


def test_a_setgid_target_gives_its_group_to_nobody(world: SealedWorld, place: Path) -> None:
    out = place / "out"
    with somebody():
        (out / "r").mkdir(parents=True)
    if ROOT:
        os.chown(out / "r", NOBODY, 4321)
        os.chown(out, NOBODY, 4321)
    out.chmod(0o2775)
    (out / "r").chmod(0o2775)

    with somebody(groups=(4321,)):
        file = mine(world.file(b"f", b"f"))
        pipe = mine(world.special(b"p", FIFO, Extras()))
        link = mine(world.special(b"l", SYMLINK, Extras(target=b"x")))
        inner = mine(world.folder(b"in", file, pipe, link))
        kept = world.snapshot(mine(world.folder(b"/r", file, pipe, link, inner)))
        result = restore(world, kept, out)
        group = os.getegid()

    assert result.problems == ()
    assert {path.lstat().st_gid for path in (out / "r").rglob("*")} == {group}
    assert mode(out / "r") == mode(out / "r/in") == 0o755


def test_the_persons_mask_counts_for_the_target_only(world: SealedWorld, place: Path) -> None:
    before = os.umask(0o077)
    try:
        with somebody():
            file = mine(world.file(b"f", b"f"))._replace(mode=0o666)
            restore(world, world.snapshot(mine(world.folder(b"/r", file))), place / "a/b")
    finally:
        os.umask(before)

    assert (mode(place / "a"), mode(place / "a/b")) == (0o700, 0o700)
    assert (mode(place / "a/b/r"), mode(place / "a/b/r/f")) == (0o755, 0o666)


@as_root
def test_a_list_that_cannot_be_kept_lets_nobody_in(world: SealedWorld, place: Path) -> None:
    extras = Extras(xattrs=((ACCESS, shared_with(1234, 7)),))
    file = world.file(b"f", b"secret", extras)._replace(mode=0o770)

    with mounted(place / "ram", "ramfs"):
        result = restore(world, world.snapshot(world.folder(b"/r", file)), place / "ram")
        found = mode(place / "ram/r/f")

    assert kinds(result) == ["attributes"]
    assert found == 0o700


# --- owners ---


@as_root
def test_a_group_that_one_is_in_is_kept(world: SealedWorld, place: Path) -> None:
    with somebody(groups=(4321,)):
        own = mine(world.file(b"own", b"x"))._replace(gid=4321, mode=0o2750)
        foreign = world.file(b"foreign", b"x")._replace(uid=0, gid=4321, mode=0o6755)
        link = world.special(b"link", SYMLINK, Extras(target=b"x"))._replace(uid=0, gid=4321)
        pipe = world.special(b"pipe", FIFO, Extras())._replace(uid=0, gid=4321)
        kept = world.snapshot(mine(world.folder(b"/r", own, foreign, link, pipe)))
        result = restore(world, kept, place / "out")

    assert {path.lstat().st_gid for path in (place / "out/r").iterdir()} == {4321}
    assert {path.lstat().st_uid for path in (place / "out/r").iterdir()} == {NOBODY}
    assert mode(place / "out/r/own") == 0o2750
    assert mode(place / "out/r/foreign") == 0o2755
    assert kinds(result) == ["mode", "owner"]


@as_root
def test_all_that_belonged_to_others_is_one_problem(world: SealedWorld, place: Path) -> None:
    with somebody():
        files = [world.file(b"%03d" % at)._replace(uid=0, gid=0) for at in range(200)]
        result = restore(world, world.snapshot(world.folder(b"/r", *files)), place / "out")

    assert kinds(result) == ["owner", "group"]
    assert "200 (such as /r/000, /r/001, /r/002)" in result.problems[0].message


@as_root
def test_nobody_but_the_owner_gets_a_setuid_program(world: SealedWorld, place: Path) -> None:
    with somebody():
        file = world.file(b"su", b"x")._replace(uid=0, gid=0, mode=0o6755)
        folder = world.folder(b"in")._replace(uid=0, gid=0, mode=0o2775)
        result = restore(world, world.snapshot(world.folder(b"/r", file, folder)), place / "out")

    assert mode(place / "out/r/su") == 0o755
    assert mode(place / "out/r/in") == 0o775
    named = [problem.path for problem in result.problems if problem.kind == "mode"]
    assert named == [b"/r/su", b"/r/in"]


@as_root
def test_root_keeps_owners_setuid_and_capabilities(world: SealedWorld, place: Path) -> None:
    capability = struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)
    extras = Extras(xattrs=((b"security.capability", capability), (b"trusted.note", b"t")))
    able = world.file(b"able", b"x", extras)._replace(uid=1234, gid=4321, mode=0o6755)
    folder = world.folder(b"in", able)._replace(uid=1234, gid=4321, mode=0o3777)

    result = restore(world, world.snapshot(world.folder(b"/r", folder)), place / "out")

    found = place / "out/r/in/able"
    assert result.problems == ()
    assert (found.stat().st_uid, found.stat().st_gid, mode(found)) == (1234, 4321, 0o6755)
    assert os.getxattr(found, b"security.capability") == capability
    assert os.getxattr(found, b"trusted.note") == b"t"
    assert mode(place / "out/r/in") == 0o3777


def test_special_files_keep_mode_and_time(
    world: SealedWorld, place: Path, person: Callable[[], AbstractContextManager[None]]
) -> None:
    with person():
        pipe = mine(world.special(b"pipe", FIFO, Extras()))._replace(mode=0o1642)
        channel = mine(world.special(b"socket", SOCKET, Extras()))._replace(mode=0o755)
        link = mine(world.special(b"link", SYMLINK, Extras(target=b"/etc/passwd")))
        result = restore(
            world, world.snapshot(mine(world.folder(b"/r", pipe, channel, link))), place / "out"
        )

    assert result.problems == ()
    assert mode(place / "out/r/pipe") == 0o1642
    assert mode(place / "out/r/socket") == 0o755
    for name in ("pipe", "socket", "link"):
        assert (place / "out/r" / name).lstat().st_mtime_ns == MTIME


@as_root
def test_links_and_devices_keep_owner_and_attributes(world: SealedWorld, place: Path) -> None:
    note = ((b"trusted.note", b"t"),)
    link = world.special(b"link", SYMLINK, Extras(target=b"/etc/passwd", xattrs=note))
    null = world.special(b"null", CHARACTER_DEVICE, Extras(device=(1, 3), xattrs=note))
    disk = world.special(b"disk", BLOCK_DEVICE, Extras(device=(7, 200)))._replace(mode=0o4640)
    entries = [one._replace(uid=1234, gid=4321) for one in (link, null, disk)]
    before = Path("/etc/passwd").stat()

    result = restore(world, world.snapshot(world.folder(b"/r", *entries)), place / "out")

    assert result.problems == ()
    for path in (place / "out/r").iterdir():
        assert (path.lstat().st_uid, path.lstat().st_gid) == (1234, 4321)
    assert attributes(place / "out/r/link") == attributes(place / "out/r/null") == {"trusted.note"}
    assert (place / "out/r/disk").stat().st_rdev == os.makedev(7, 200)
    assert mode(place / "out/r/disk") == 0o4640
    assert Path("/etc/passwd").stat() == before


def test_a_device_is_named_by_whoever_may_not_make_it(world: SealedWorld, place: Path) -> None:
    with somebody():
        null = mine(world.special(b"null", CHARACTER_DEVICE, Extras(device=(1, 3))))
        kept = world.snapshot(mine(world.folder(b"/r", null, mine(world.file(b"x", b"x")))))
        result = restore(world, kept, place / "out")

    assert [(one.kind, one.path) for one in result.problems] == [("not-written", b"/r/null")]
    assert (place / "out/r/x").read_bytes() == b"x"


def test_a_device_of_another_number_is_not_the_same(world: SealedWorld, place: Path) -> None:
    if not ROOT:
        pytest.skip("only root makes devices")
    (place / "out/r").mkdir(parents=True)
    os.mknod(place / "out/r/null", stat.S_IFCHR | 0o600, os.makedev(1, 5))
    null = world.special(b"null", CHARACTER_DEVICE, Extras(device=(1, 3)))

    result = restore(world, world.snapshot(world.folder(b"/r", null)), place / "out")

    assert kinds(result) == ["exists"]
    assert (place / f"out/r/null ({STAMP})").lstat().st_rdev == os.makedev(1, 3)


# --- times ---


@pytest.mark.parametrize("moment", [-1, -(2**31) * 10**9, -86400 * 10**9 - 1, 2**32 * 10**9 + 7])
def test_times_before_1970_and_after_2038_come_back(
    world: SealedWorld, place: Path, person: Callable[[], AbstractContextManager[None]], moment: int
) -> None:
    with person():
        file = mine(world.file(b"f", b"f"))._replace(mtime_ns=moment)
        link = mine(world.special(b"l", SYMLINK, Extras(target=b"x")))._replace(mtime_ns=moment)
        root = mine(world.folder(b"/r", file, link))._replace(mtime_ns=moment)
        result = restore(world, world.snapshot(root), place / "out")

    assert result.problems == ()
    for name in ("r", "r/f", "r/l"):
        assert (place / "out" / name).lstat().st_mtime_ns == moment


def test_a_time_that_the_volume_cannot_keep_is_named_and_is_the_same_again(
    world: SealedWorld, place: Path
) -> None:
    moment = -(2**33) * 10**9 - 7  # 1697; ext4 and its like begin in 1901
    with somebody():
        file = mine(world.file(b"f", b"f"))._replace(mtime_ns=moment)
        kept = world.snapshot(mine(world.folder(b"/r", file)))
        first = restore(world, kept, place / "out")
        again = restore(world, kept, place / "out")

    if (place / "out/r/f").stat().st_mtime_ns == moment:
        pytest.fail("this volume keeps every time; test on another")
    assert kinds(first) == ["times"]
    assert (again.problems, again.skipped) == ((), 1)
    assert os.listdir(place / "out/r") == ["f"]


# --- files with several names ---


def test_special_files_and_links_are_one_again(world: SealedWorld, place: Path) -> None:
    with somebody():
        entries = []
        for kind, target in ((SYMLINK, b"nowhere"), (FIFO, b"")):
            extras = Extras(target=target, link_group=bytes([kind]) * 32)
            for number in (1, 2):
                entries.append(mine(world.special(b"%d-%d" % (kind, number), kind, extras)))
        inner = mine(world.folder(b"in", *entries))
        result = restore(
            world, world.snapshot(mine(world.folder(b"/r", *entries, inner))), place / "out"
        )

    assert result.problems == ()
    for kind in (SYMLINK, FIFO):
        assert (place / f"out/r/{kind}-1").lstat().st_nlink == 4
        assert os.path.samestat(
            (place / f"out/r/{kind}-1").lstat(), (place / f"out/r/in/{kind}-2").lstat()
        )


def test_of_a_file_with_several_names_one_is_selected(world: SealedWorld, place: Path) -> None:
    with somebody():
        extras = Extras(link_group=b"g" * 32)
        files = [mine(world.file(name, b"linked", extras)) for name in (b"a", b"b", b"c")]
        kept = world.snapshot(mine(world.folder(b"/r", *files)))
        restore(world, kept, place / "out", b"/r/c", b"/r/b")

    assert sorted(os.listdir(place / "out")) == ["b", "c"]
    assert (place / "out/b").stat().st_nlink == 2


@as_root
def test_the_first_name_that_cannot_be_written_does_not_spoil_the_second(
    world: SealedWorld, place: Path
) -> None:
    (place / "out/r").mkdir(parents=True)
    (place / "out/r/a").write_bytes(b"fixed")
    subprocess.run(["chattr", "+i", place / "out/r/a"], check=True)
    extras = Extras(link_group=b"g" * 32)
    files = [world.file(name, b"linked", extras) for name in (b"a", b"b", b"c")]

    result = restore(
        world, world.snapshot(world.folder(b"/r", *files)), place / "out", overwrite=True
    )

    assert [(one.kind, one.path) for one in result.problems] == [("not-written", b"/r/a")]
    assert (place / "out/r/a").read_bytes() == b"fixed"
    assert (place / "out/r/b").read_bytes() == b"linked"
    assert (place / "out/r/b").samefile(place / "out/r/c")
    assert leftovers(place) == []


@as_root
def test_names_on_two_volumes_are_one_file_on_each(world: SealedWorld, place: Path) -> None:
    extras = Extras(link_group=b"g" * 32)
    with mounted(place / "one", "tmpfs"), mounted(place / "two", "tmpfs"):
        roots = [
            world.folder(
                os.fsencode(place / volume / "r"),
                world.file(b"a", b"linked", extras),
                world.file(b"b", b"linked", extras),
            )
            for volume in ("one", "two")
        ]
        result = restore(world, world.snapshot(*roots), None)
        links = [(place / volume / "r/a").stat().st_nlink for volume in ("one", "two")]
        contents = {(place / volume / "r/b").read_bytes() for volume in ("one", "two")}

    assert result.problems == ()
    assert links == [2, 2]
    assert contents == {b"linked"}


def test_names_in_two_roots_are_one_file(world: SealedWorld, place: Path) -> None:
    with somebody():
        extras = Extras(link_group=b"g" * 32)
        roots = [
            mine(world.folder(name, mine(world.file(b"x", b"linked", extras))))
            for name in (b"/a", b"/b")
        ]
        restore(world, world.snapshot(*roots), place / "out")

    assert (place / "out/a/x").samefile(place / "out/b/x")


# --- holes ---


def test_a_hole_of_a_terabyte_costs_nothing(world: SealedWorld, place: Path) -> None:
    with somebody():
        size = 2**40
        extents = Extras(is_sparse=True, sparse=((size - 4, 4),))
        end = mine(world.chunked(b"end", world.keep(b"last"), size, extents))
        hollow = mine(world.chunked(b"hollow", [], size, Extras(is_sparse=True)))
        result = restore(world, world.snapshot(mine(world.folder(b"/r", end, hollow))), place / "o")

    assert result.problems == ()
    for name in ("end", "hollow"):
        status = (place / "o/r" / name).stat()
        assert (status.st_size, status.st_mtime_ns) == (size, MTIME)
        assert status.st_blocks * 512 < 100_000
    with (place / "o/r/end").open("rb") as file:
        file.seek(-4, os.SEEK_END)
        assert file.read() == b"last"


def test_a_file_of_very_many_extents_comes_back(world: SealedWorld, place: Path) -> None:
    number, step = 20_500, 8192
    with somebody():
        sparse = tuple((at * step, 3) for at in range(number))
        content = b"".join(b"%03d" % (at % 1000) for at in range(number))
        file = mine(
            world.chunked(
                b"f", world.keep(content), number * step, Extras(is_sparse=True, sparse=sparse)
            )
        )
        result = restore(world, world.snapshot(mine(world.folder(b"/r", file))), place / "o")

    assert result.problems == ()
    with (place / "o/r/f").open("rb") as file:
        for at in (0, 1, 777, number - 1):
            file.seek(at * step)
            assert file.read(5) == b"%03d\0\0" % (at % 1000)


def test_a_file_that_shrank_while_it_was_read_is_kept_and_named(
    world: SealedWorld, place: Path
) -> None:
    with somebody():
        extras = Extras(is_sparse=True, sparse=((4096, 4), (9000, 1000)))
        file = mine(world.chunked(b"f", world.keep(b"data"), 100_000, extras))
        result = restore(world, world.snapshot(mine(world.folder(b"/r", file))), place / "o")

    assert kinds(result) == ["damaged"]
    assert (place / "o/r/f").read_bytes().rstrip(b"\0") == bytes(4096) + b"data"


# --- targets that refuse ---


@as_root
@pytest.mark.parametrize("flag", ["i", "a"])
def test_a_file_that_may_not_be_replaced_is_named(
    world: SealedWorld, place: Path, flag: str
) -> None:
    (place / "out/r/shut").mkdir(parents=True)
    fixed = place / "out/r/fixed"
    fixed.write_bytes(b"mine")
    for path in (fixed, place / "out/r/shut"):
        subprocess.run(["chattr", "+i" if path.is_dir() else f"+{flag}", path], check=True)
    link = world.special(b"link", SYMLINK, Extras(target=b"x"))
    shut = world.folder(b"shut", world.file(b"x", b"x"))
    root = world.folder(b"/r", world.file(b"fixed", b"new"), world.file(b"y", b"y"), link, shut)

    result = restore(world, world.snapshot(root), place / "out", overwrite=True)

    named = {(one.kind, one.path) for one in result.problems}
    assert {("not-written", b"/r/fixed"), ("not-written", b"/r/shut/x")} <= named
    assert fixed.read_bytes() == b"mine"
    assert (place / "out/r/y").read_bytes() == b"y"
    assert (place / "out/r/link").is_symlink()
    assert leftovers(place) == []


@as_root
def test_a_link_that_cannot_take_its_place_leaves_nothing_behind(
    world: SealedWorld, place: Path
) -> None:
    (place / "out/r").mkdir(parents=True)
    (place / "out/r/a").write_bytes(b"mine")
    subprocess.run(["chattr", "+i", place / "out/r/a"], check=True)
    links = [world.special(name, SYMLINK, Extras(target=b"x")) for name in (b"a", b"b")]

    result = restore(
        world, world.snapshot(world.folder(b"/r", *links)), place / "out", overwrite=True
    )

    assert [(one.kind, one.path) for one in result.problems] == [("not-written", b"/r/a")]
    assert sorted(os.listdir(place / "out/r")) == ["a", "b"]


@as_root
def test_a_full_disk_is_one_clear_line_and_leaves_no_half_file(
    world: SealedWorld, place: Path
) -> None:
    files = [world.file(b"%02d" % at, bytes([at]) * 300_000) for at in range(10)]
    with mounted(place / "small", "tmpfs", "size=1m"):
        with pytest.raises(LocalDiskFull, match="small"):
            restore(world, world.snapshot(world.folder(b"/r", *files)), place / "small")
        left = leftovers(place / "small")
        whole = sorted((place / "small/r").iterdir())

        assert left == []
        assert whole
        assert {path.stat().st_size for path in whole} == {300_000}


@as_root
def test_a_target_that_is_read_only_is_one_clear_line(world: SealedWorld, place: Path) -> None:
    files = [world.file(b"%02d" % at, b"x") for at in range(10)]
    with mounted(place / "ro", "tmpfs", "ro"):
        result = restore(world, world.snapshot(world.folder(b"/r", *files)), place / "ro")

    assert [(one.kind, one.path) for one in result.problems] == [("not-written", b"/r")]
    assert "Read-only" in result.problems[0].message


@as_root
def test_a_volume_without_attributes_names_each_of_them(world: SealedWorld, place: Path) -> None:
    file = world.file(b"f", b"f", Extras(xattrs=((b"user.a", b"1"), (b"user.b", b"2"))))
    with mounted(place / "ram", "ramfs"):
        result = restore(world, world.snapshot(world.folder(b"/r", file)), place / "ram")
        content = (place / "ram/r/f").read_bytes()

    assert kinds(result) == ["attributes", "attributes"]
    assert content == b"f"


# --- names ---


def test_a_thousand_levels_come_back_and_are_there_the_second_time(
    world: SealedWorld, place: Path
) -> None:
    names = [b"%04d-" % at + b"n" * 20 for at in range(1000)]
    with somebody():
        inner = mine(world.folder(names[-1], mine(world.file(b"x", b"deep"))))
        for name in reversed(names[:-1]):
            inner = mine(world.folder(name, inner))
        kept = world.snapshot(mine(world.folder(b"/r", inner)))
        first = restore(world, kept, place / "out")
        world.asked.clear()
        again = restore(world, kept, place / "out")

    assert first.problems == again.problems == ()
    assert (first.files, again.files, again.skipped) == (1, 0, 1)
    assert "read" not in world.asked


def test_the_longest_names_fit_and_stay_two_beside_others(world: SealedWorld, place: Path) -> None:
    names = [b"x" * 254 + last for last in (b"a", b"b")]
    text = "\u00e4".encode() * 127
    with somebody():
        (place / "out/r").mkdir(parents=True)
        for name in (*names, text):
            Path(os.fsdecode(os.fsencode(place / "out/r") + b"/" + name)).write_bytes(b"in the way")
        kept = world.snapshot(
            mine(
                world.folder(b"/r", *(mine(world.file(name, name[-1:])) for name in (*names, text)))
            )
        )
        first = restore(world, kept, place / "out")
        again = restore(world, kept, place / "out")

    found = [os.fsencode(name) for name in os.listdir(place / "out/r")]
    assert kinds(first) == kinds(again) == ["exists"] * 3
    assert (first.files, again.files, len(found)) == (3, 0, 6)
    assert all(name.decode() for name in found)


def test_names_that_are_not_text_come_back(world: SealedWorld, place: Path) -> None:
    names = [b"\xff\xfe", b"\xe4", b"new\nline", b"-rf", b"a\\b", b"\x01", b".csb-x", b"~"]
    with somebody():
        files = [mine(world.file(name, name)) for name in names]
        result = restore(world, world.snapshot(mine(world.folder(b"/r\xff", *files))), place / "o")

    assert result.problems == ()
    assert sorted(os.listdir(os.fsencode(place / "o") + b"/r\xff")) == sorted(names)


def test_a_folder_that_went_beside_something_is_gone_on_with(
    world: SealedWorld, place: Path
) -> None:
    with somebody():
        (place / "out/r").mkdir(parents=True)
        (place / "out/r/in").write_bytes(b"in the way")
        files = [mine(world.file(name, name)) for name in (b"x", b"y")]
        inner = mine(world.folder(b"in", *files))
        kept = world.snapshot(mine(world.folder(b"/r", inner)))
        restore(world, kept, place / "out")
        (place / f"out/r/in ({STAMP})/y").unlink()

        again = restore(world, kept, place / "out")

    assert kinds(again) == ["exists"]
    assert (again.files, again.skipped) == (1, 1)
    assert sorted(os.listdir(place / "out/r")) == ["in", f"in ({STAMP})"]


# --- what a killed restore left ---


def test_a_temporary_file_at_the_top_of_the_target_is_removed(
    world: SealedWorld, place: Path
) -> None:
    with somebody():
        (place / "out").mkdir()
        (place / "out/.csb-1-00000001aaaaaaaa-3").write_bytes(b"half")
        restore(world, world.snapshot(mine(world.file(b"/r/x", b"x"))), place / "out")

    assert os.listdir(place / "out") == ["x"]
