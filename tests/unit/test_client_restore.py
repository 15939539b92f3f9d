"""Restoring from a backup in memory into a real folder."""

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from csbackup.client.restore.context import Limits, RestoreResult
from csbackup.client.restore.existing import beside_name
from csbackup.errors import NoSuchPath
from csbackup.format.tree import CHARACTER_DEVICE, FIFO, SOCKET, SYMLINK, Extras, build_chunk_list
from support.restoring import STAMP, restore
from support.sealed_world import MTIME, SealedWorld, entry

ROOT = os.geteuid() == 0


@pytest.fixture
def world() -> SealedWorld:
    return SealedWorld()


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def classes(result: RestoreResult) -> list[str]:
    return [problem.kind for problem in result.problems]


def test_a_tree_comes_back_with_contents_modes_and_times(world: SealedWorld, out: Path) -> None:
    inner = world.folder(b"inner", world.file(b"two", b"2" * 1000))._replace(mode=0o750)
    root = world.folder(b"/home/anna", inner, world.file(b"one", b"1"), world.file(b"empty"))

    result = restore(world, world.snapshot(root), out)

    assert result.problems == ()
    assert (result.files, result.bytes) == (3, 1001)
    assert (out / "anna/one").read_bytes() == b"1"
    assert (out / "anna/inner/two").read_bytes() == b"2" * 1000
    assert (out / "anna/empty").read_bytes() == b""
    assert stat.S_IMODE((out / "anna/inner").stat().st_mode) == 0o750
    for place in ("anna", "anna/inner", "anna/one", "anna/empty"):
        assert (out / place).stat().st_mtime_ns == MTIME
    assert names(out / "anna") == ["empty", "inner", "one"]


def test_a_file_or_a_folder_is_restored_alone(world: SealedWorld, out: Path) -> None:
    root = world.folder(b"/r", world.folder(b"a", world.file(b"x", b"x")), world.file(b"y", b"y"))
    kept = world.snapshot(root)

    result = restore(world, kept, out, b"/r/a/x", b"/r/y")

    assert names(out) == ["x", "y"]
    assert [place.to for place in result.places] == [os.fsencode(out / "x"), os.fsencode(out / "y")]


def test_roots_with_the_same_last_name_get_their_full_path(world: SealedWorld, out: Path) -> None:
    first = world.folder(b"/home/anna/data", world.file(b"x", b"1"))
    second = world.folder(b"/srv/data", world.file(b"x", b"2"))

    restore(world, world.snapshot(first, second), out)

    assert (out / "home/anna/data/x").read_bytes() == b"1"
    assert (out / "srv/data/x").read_bytes() == b"2"


def test_what_is_selected_twice_is_restored_once(world: SealedWorld, out: Path) -> None:
    root = world.folder(b"/r", world.folder(b"a", world.file(b"x", b"x")))

    result = restore(world, world.snapshot(root), out, b"/r", b"/r/a", b"/r/a/x")

    assert names(out) == ["r"]
    assert result.files == 1


def test_a_path_that_is_in_no_root_is_said_to_be_missing(world: SealedWorld, out: Path) -> None:
    kept = world.snapshot(world.folder(b"/r", world.file(b"x", b"x")))

    with pytest.raises(NoSuchPath):
        restore(world, kept, out, b"/r/nothing")

    assert not out.exists()


def test_without_a_target_things_go_where_they_were(world: SealedWorld, tmp_path: Path) -> None:
    path = os.fsencode(tmp_path / "home/docs")
    deep = world.folder(b"deep", world.file(b"x", b"x"), world.file(b"y", b"y"))
    kept = world.snapshot(world.folder(path, deep, world.file(b"z", b"z")))

    restore(world, kept, None, path + b"/deep/x")

    assert (tmp_path / "home/docs/deep/x").read_bytes() == b"x"
    assert names(tmp_path / "home/docs") == ["deep"]
    assert names(tmp_path / "home/docs/deep") == ["x"]
    assert (tmp_path / "home/docs/deep").stat().st_mtime_ns == MTIME


def test_a_big_file_comes_in_windows(world: SealedWorld, out: Path) -> None:
    pieces = [bytes([number]) * 70_000 for number in range(40)]
    chunks = world.keep_blocks([[piece] for piece in pieces])
    whole = b"".join(pieces)
    inline = world.chunked(b"inline", chunks, len(whole))
    listed = world.listed(b"listed", chunks, len(whole))
    kept = world.snapshot(world.folder(b"/r", inline, listed))

    result = restore(world, kept, out, limits=Limits(window_bytes=200_000))

    assert result.problems == ()
    assert (out / "r/inline").read_bytes() == whole
    assert (out / "r/listed").read_bytes() == whole


def test_one_read_brings_blocks_that_lie_side_by_side(world: SealedWorld, out: Path) -> None:
    chunks = world.keep_blocks([[bytes([number]) * 1000] for number in range(50)])
    files = [world.chunked(b"%02d" % at, [chunk], 1000) for at, chunk in enumerate(chunks)]

    restore(world, world.snapshot(world.folder(b"/r", *files)), out)

    assert world.asked.count("read") == 1
    assert (out / "r/49").read_bytes() == bytes([49]) * 1000


def test_equal_contents_are_read_once(world: SealedWorld, out: Path) -> None:
    files = [world.file(b"%02d" % at, b"same" * 100) for at in range(30)]

    restore(world, world.snapshot(world.folder(b"/r", *files)), out)

    assert world.asked.count("read") == 1
    assert all((out / f"r/{at:02d}").read_bytes() == b"same" * 100 for at in range(30))


def test_listings_of_a_wide_tree_come_with_few_questions(world: SealedWorld, out: Path) -> None:
    folders = [
        world.folder(b"%03d" % at, world.folder(b"in", world.file(b"x", b"%d" % at)))
        for at in range(150)
    ]

    result = restore(world, world.snapshot(world.folder(b"/r", *folders)), out)

    assert result.files == 150
    assert world.asked.count("nodes") < 10


def test_a_very_deep_tree_comes_back(world: SealedWorld, out: Path) -> None:
    inner = world.folder(b"d", world.file(b"x", b"deep"))
    for _ in range(300):
        inner = world.folder(b"d", inner)
    root = inner._replace(name=b"/r")

    result = restore(world, world.snapshot(root), out)

    assert result.problems == ()
    assert (out / "r" / "/".join(["d"] * 300) / "x").read_bytes() == b"deep"
    assert (out / "r" / "/".join(["d"] * 100)).stat().st_mtime_ns == MTIME


def test_a_long_folder_comes_back(world: SealedWorld, out: Path) -> None:
    chunk = world.keep(b"x")
    files = [world.chunked(b"f%05d" % at, chunk, 1) for at in range(5000)]

    result = restore(world, world.snapshot(world.folder(b"/r", *files)), out)

    assert result.files == 5000
    assert len(names(out / "r")) == 5000


def test_links_fifos_and_sockets_come_back(world: SealedWorld, out: Path) -> None:
    root = world.folder(
        b"/r",
        world.special(b"link", SYMLINK, Extras(target=b"../some where")),
        world.special(b"pipe", FIFO, Extras()),
        world.special(b"socket", SOCKET, Extras()),
    )

    result = restore(world, world.snapshot(root), out)

    assert result.problems == ()
    assert (out / "r/link").readlink() == Path("../some where")
    assert stat.S_ISFIFO((out / "r/pipe").stat().st_mode)
    assert stat.S_ISSOCK((out / "r/socket").stat().st_mode)
    assert (out / "r/link").lstat().st_mtime_ns == MTIME


@pytest.mark.skipif(not ROOT, reason="only root makes devices")
def test_devices_come_back(world: SealedWorld, out: Path) -> None:
    null = world.special(b"null", CHARACTER_DEVICE, Extras(device=(1, 3)))

    result = restore(world, world.snapshot(world.folder(b"/r", null)), out)

    if "not-written" in classes(result):
        pytest.skip("this container makes no devices")
    assert (out / "r/null").stat().st_rdev == os.makedev(1, 3)


def test_names_of_one_file_are_one_file_again(world: SealedWorld, out: Path) -> None:
    extras = Extras(link_group=b"g" * 32)
    one, two, three = (world.file(name, b"linked", extras) for name in (b"1", b"2", b"3"))
    root = world.folder(b"/r", one, two, world.folder(b"in", three))

    result = restore(world, world.snapshot(root), out)

    assert result.files == 3
    assert (out / "r/1").stat().st_nlink == 3
    assert (out / "r/in/3").samefile(out / "r/1")


def test_equal_files_that_are_no_links_stay_two_files(world: SealedWorld, out: Path) -> None:
    extras = Extras(born_ns=5)
    root = world.folder(
        b"/r", world.file(b"1", b"x" * 50, extras), world.file(b"2", b"x" * 50, extras)
    )

    restore(world, world.snapshot(root), out)

    assert (out / "r/2").read_bytes() == b"x" * 50
    assert (out / "r/1").stat().st_nlink == 1


def test_holes_come_back_as_holes(world: SealedWorld, out: Path) -> None:
    extras = Extras(is_sparse=True, sparse=((1_000_000, 3), (5_000_000, 4)))
    sparse = world.chunked(b"s", world.keep(b"abcWXYZ"), 9_000_000, extras)
    hollow = world.chunked(b"h", [], 1_000_000, Extras(is_sparse=True))

    restore(world, world.snapshot(world.folder(b"/r", sparse, hollow)), out)

    content = (out / "r/s").read_bytes()
    assert len(content) == 9_000_000
    assert content[1_000_000:1_000_003] == b"abc"
    assert content[5_000_000:5_000_004] == b"WXYZ"
    assert content.count(0) == 9_000_000 - 7
    assert (out / "r/h").stat().st_size == 1_000_000


@pytest.mark.parametrize("sparse", [((5, 10),), ((-1, 3),), ((4, 2), (0, 2)), ((0, 3),)])
def test_extents_that_do_not_fit_are_a_problem(
    world: SealedWorld, out: Path, sparse: tuple[tuple[int, int], ...]
) -> None:
    extras = Extras(is_sparse=True, sparse=sparse)
    bad = world.chunked(b"bad", world.keep(b"abcdefgh"), 8, extras)

    result = restore(world, world.snapshot(world.folder(b"/r", bad, world.file(b"ok", b"k"))), out)

    assert classes(result) == ["damaged"]
    assert (result.files, result.bytes) == (1, 1)
    assert names(out / "r") == ["ok"]


def test_attributes_come_back(world: SealedWorld, out: Path) -> None:
    extras = Extras(xattrs=((b"user.color", b"red"),))
    root = world.folder(b"/r", world.file(b"x", b"x", extras))

    result = restore(world, world.snapshot(root), out)

    if "attributes" in classes(result):
        pytest.skip("this file system keeps no attributes")
    assert os.getxattr(out / "r/x", "user.color") == b"red"


@pytest.mark.skipif(not ROOT, reason="only root gives files away")
def test_root_gives_files_their_owner_and_setuid(world: SealedWorld, out: Path) -> None:
    owned = world.file(b"x", b"x")._replace(uid=12345, gid=23456, mode=0o4755)

    restore(world, world.snapshot(world.folder(b"/r", owned)), out)

    status = (out / "r/x").stat()
    assert (status.st_uid, status.st_gid) == (12345, 23456)
    assert stat.S_IMODE(status.st_mode) == 0o4755


# --- what is there already ---


def test_a_restore_done_again_skips_what_is_there(world: SealedWorld, out: Path) -> None:
    link = world.special(b"l", SYMLINK, Extras(target=b"x"))
    root = world.folder(b"/r", world.file(b"x", b"x"), world.folder(b"in", world.file(b"y")), link)
    kept = world.snapshot(root)
    restore(world, kept, out)
    world.asked.clear()

    result = restore(world, kept, out)

    assert result.problems == ()
    assert (result.files, result.skipped) == (0, 2)
    assert world.asked.count("read") <= 1  # the link's target


def test_a_restore_that_was_stopped_goes_on(world: SealedWorld, out: Path) -> None:
    root = world.folder(b"/r", world.file(b"a", b"a"), world.file(b"b", b"b"))
    kept = world.snapshot(root)
    restore(world, kept, out)
    (out / "r/b").unlink()
    (out / "r").chmod(0o700)

    result = restore(world, kept, out)

    assert (result.files, result.skipped) == (1, 1)
    assert (out / "r/b").read_bytes() == b"b"
    assert stat.S_IMODE((out / "r").stat().st_mode) == 0o755
    assert (out / "r").stat().st_mtime_ns == MTIME


def test_a_different_file_stays_and_the_restored_one_lies_beside(
    world: SealedWorld, out: Path
) -> None:
    kept = world.snapshot(world.folder(b"/r", world.file(b"report.txt", b"old")))
    (out / "r").mkdir(parents=True)
    (out / "r/report.txt").write_text("mine")

    result = restore(world, kept, out)
    again = restore(world, kept, out)

    assert (out / "r/report.txt").read_text() == "mine"
    assert (out / f"r/report ({STAMP}).txt").read_bytes() == b"old"
    assert len(names(out / "r")) == 2
    assert classes(result) == classes(again) == ["exists"]
    assert (result.files, again.files) == (1, 0)


def test_overwriting_replaces_files_but_never_folders(world: SealedWorld, out: Path) -> None:
    root = world.folder(
        b"/r",
        world.file(b"file", b"new"),
        world.file(b"was-folder", b"new"),
        world.folder(b"was-file", world.file(b"x", b"x")),
    )
    (out / "r/was-folder").mkdir(parents=True)
    (out / "r/was-folder/precious").write_text("mine")
    (out / "r/file").write_text("mine")
    (out / "r/was-file").write_text("mine")

    result = restore(world, world.snapshot(root), out, overwrite=True)

    assert (out / "r/file").read_bytes() == b"new"
    assert (out / "r/was-file/x").read_bytes() == b"x"
    assert (out / "r/was-folder/precious").read_text() == "mine"
    assert (out / f"r/was-folder ({STAMP})").read_bytes() == b"new"
    assert classes(result) == ["exists"]


def test_overwriting_a_link_replaces_the_link_not_what_it_points_to(
    world: SealedWorld, out: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious"
    precious.write_text("mine")
    (out / "r").mkdir(parents=True)
    (out / "r/file").symlink_to(precious)

    restore(
        world, world.snapshot(world.folder(b"/r", world.file(b"file", b"new"))), out, overwrite=True
    )

    assert precious.read_text() == "mine"
    assert not (out / "r/file").is_symlink()


def test_a_name_beside_keeps_its_suffix_and_fits() -> None:
    assert beside_name(b"a.txt", "then") == b"a (then).txt"
    assert beside_name(b".profile", "then") == b".profile (then)"
    assert beside_name(b"plain", "then") == b"plain (then)"
    assert len(beside_name(b"x" * 255, "then")) == 255


# --- damage ---


def test_a_chunk_that_was_exchanged_spoils_its_file_only(world: SealedWorld, out: Path) -> None:
    bad, good = world.file(b"bad", b"right" * 30), world.file(b"good", b"good")
    other = world.keep(b"wrong" * 30)[0]
    at = next(i for i, place in enumerate(world.places) if place.chunks[0] == bad.content)
    there = next(place for place in world.places if place.chunks[0] == other)
    world.places[at] = replace(there, chunks=(bad.content,))

    result = restore(world, world.snapshot(world.folder(b"/r", bad, good)), out)

    assert classes(result) == ["content-lacking"]
    assert names(out / "r") == ["good"]


def lose(world: SealedWorld, chunk: bytes) -> None:
    """No block has it any more."""
    world.places = [place for place in world.places if chunk not in place.chunks]


def test_a_file_whose_extras_are_lost_comes_back_with_its_content(
    world: SealedWorld, out: Path
) -> None:
    extras = Extras(xattrs=((b"user.color", b"red"),))
    big = world.chunked(b"big", world.keep(b"abc", b"defg"), 7, extras)
    small = world.file(b"small", b"small", extras)._replace(mode=0o640, mtime_ns=5_000_000_000)
    lose(world, small.extras)

    result = restore(world, world.snapshot(world.folder(b"/r", big, small)), out)

    assert classes(result) == ["attributes-lacking", "attributes-lacking"]
    assert {problem.path for problem in result.problems} == {b"/r/big", b"/r/small"}
    assert (out / "r/big").read_bytes() == b"abcdefg"
    assert (out / "r/small").read_bytes() == b"small"
    assert (out / "r/small").stat().st_mtime == 5
    assert result.files == 2


@pytest.mark.parametrize(
    ("kept", "given"),
    [(0o644, 0o644), (0o640, 0o600), (0o770, 0o700), (0o755, 0o755), (0o664, 0o644)],
)
def test_without_its_list_a_files_group_gets_no_more_than_everybody(
    world: SealedWorld, out: Path, kept: int, given: int
) -> None:
    """The bits of the group may have been those of all whom the list named."""
    file = world.file(b"x", b"x", Extras(xattrs=((b"user.a", b"b"),)))._replace(mode=kept)
    lose(world, file.extras)

    restore(world, world.snapshot(world.folder(b"/r", file)), out)

    assert (out / "r/x").stat().st_mode & 0o7777 == given


def test_a_file_with_holes_is_lacking_without_its_extents(world: SealedWorld, out: Path) -> None:
    extras = Extras(is_sparse=True, sparse=((1_000_000, 3),))
    sparse = world.chunked(b"s", world.keep(b"abc"), 9_000_000, extras)
    lose(world, sparse.extras)

    result = restore(world, world.snapshot(world.folder(b"/r", sparse)), out)

    assert classes(result) == ["content-lacking"]
    assert "holes" in result.problems[0].message
    assert names(out / "r") == []


def test_names_of_one_file_become_files_of_their_own_without_their_link_group(
    world: SealedWorld, out: Path
) -> None:
    extras = Extras(link_group=b"g" * 32)
    one, two = (world.file(name, b"linked", extras) for name in (b"1", b"2"))
    lose(world, one.extras)

    result = restore(world, world.snapshot(world.folder(b"/r", one, two)), out)

    assert classes(result) == ["attributes-lacking", "attributes-lacking"]
    assert [(out / "r" / name).read_bytes() for name in ("1", "2")] == [b"linked", b"linked"]
    assert (out / "r/1").stat().st_nlink == 1


def test_a_link_without_its_target_is_lacking(world: SealedWorld, out: Path) -> None:
    link = world.special(b"link", SYMLINK, Extras(target=b"there"))
    lose(world, link.extras)

    result = restore(world, world.snapshot(world.folder(b"/r", link)), out)

    assert classes(result) == ["content-lacking"]
    assert names(out / "r") == []


def test_a_restore_done_again_leaves_what_came_back_without_extras(
    world: SealedWorld, out: Path
) -> None:
    file = world.file(b"x", b"x", Extras(xattrs=((b"user.a", b"b"),)))
    lose(world, file.extras)
    snapshot = world.snapshot(world.folder(b"/r", file))
    restore(world, snapshot, out)

    again = restore(world, snapshot, out)

    assert (again.files, again.skipped) == (0, 1)
    assert names(out / "r") == ["x"]


def test_a_damaged_block_is_sought_elsewhere(world: SealedWorld, out: Path) -> None:
    file = world.file(b"x", b"content" * 20)
    first = world.places[0]
    world.keep(b"content" * 20)
    spoiled = bytearray(world.packs[first.pack])
    spoiled[-1] ^= 1
    world.packs[first.pack] = bytes(spoiled)

    result = restore(world, world.snapshot(world.folder(b"/r", file)), out)

    assert result.problems == ()
    assert (out / "r/x").read_bytes() == b"content" * 20


def test_a_pack_that_is_gone_is_a_named_problem(world: SealedWorld, out: Path) -> None:
    lost, good = world.file(b"lost", b"lost"), world.file(b"good", b"good")
    del world.packs[world.places[0].pack]

    result = restore(world, world.snapshot(world.folder(b"/r", lost, good)), out)

    assert [(problem.kind, problem.path) for problem in result.problems] == [
        ("content-lacking", b"/r/lost")
    ]
    assert names(out / "r") == ["good"]


def test_a_missing_listing_is_a_named_problem(world: SealedWorld, out: Path) -> None:
    gone = world.folder(b"gone", world.file(b"x", b"x"))
    del world.packed[gone.tree]

    result = restore(world, world.snapshot(world.folder(b"/r", gone, world.file(b"y", b"y"))), out)

    assert [(problem.kind, problem.path) for problem in result.problems] == [
        ("listing-damaged", b"/r/gone")
    ]
    assert (out / "r/y").read_bytes() == b"y"


def test_a_listing_that_was_exchanged_is_noticed(world: SealedWorld, out: Path) -> None:
    folder = world.folder(b"f", world.file(b"x", b"x"))
    other = world.folder(b"f", world.file(b"evil", b"evil"))
    world.packed[folder.tree] = world.packed[other.tree]

    result = restore(world, world.snapshot(world.folder(b"/r", folder)), out)

    assert classes(result) == ["listing-damaged"]
    assert names(out / "r/f") == []


def test_a_chunk_list_that_breaks_off_leaves_no_half_file(world: SealedWorld, out: Path) -> None:
    chunks = world.keep_blocks([[b"%05d" % number] for number in range(2500)])
    long = world.listed(b"long", chunks, 5 * 2500)
    pages = build_chunk_list(chunks)
    del world.packed[pages[-2].id]

    result = restore(world, world.snapshot(world.folder(b"/r", long, world.file(b"y", b"y"))), out)

    assert "listing-damaged" in classes(result)
    assert (result.files, result.bytes) == (1, 1)
    assert names(out / "r") == ["y"]


def test_a_restored_tree_has_no_temporary_names(world: SealedWorld, out: Path) -> None:
    root = world.folder(b"/r", *(world.file(b"%d" % at, b"%d" % at) for at in range(20)))

    restore(world, world.snapshot(root), out)

    assert not [name for name in names(out / "r") if name.startswith(".csb")]


def test_numbers_out_of_range_are_problems_not_crashes(world: SealedWorld, out: Path) -> None:
    odd = entry(b"odd", 0)._replace(mtime_ns=2**62, uid=2**32 - 1, gid=2**32 - 1)

    result = restore(world, world.snapshot(world.folder(b"/r", odd, world.file(b"y", b"y"))), out)

    assert (out / "r/y").read_bytes() == b"y"
    assert (out / "r/odd").exists()
    assert result.problems
