"""Everything that reads files for a backup, live or from a still, answers alike."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from csbackup.client.config import Home
from csbackup.client.files import FileSource, LiveFiles
from csbackup.client.files.stills.btrfs import Btrfs
from csbackup.client.files.stills.holding import Stills
from csbackup.client.files.stills.notes import Notes
from csbackup.client.scan import Bounds, scan_folder, status_of
from csbackup.rules.exclusion import exclusions_of
from support.file_systems import file_system
from support.mirrored_stills import MirroredStills

LONG = b"l" * 250
KINDS = ("live", "fake", "btrfs")


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[bytes, FileSource]]:
    """A folder, and what reads it; everything in it was there when a still was made."""
    kind = request.param
    with ExitStack() as ending:
        ground = tmp_path
        if kind == "btrfs":
            if os.geteuid() != 0:
                pytest.skip("only root can mount a btrfs")
            ground = ending.enter_context(file_system(tmp_path, "btrfs"))
        folder = ground / "folder"
        fill(folder)
        root = os.fsencode(folder)
        home = Home(tmp_path / "state")
        (tmp_path / "state").mkdir()
        holders = {
            "live": (),
            "fake": (MirroredStills(tmp_path / "mirrors"),),
            "btrfs": (Btrfs(tmp_path / "state"),),
        }[kind]
        held = ending.enter_context(Stills(home, holders).of(LiveFiles([root]), [root]))
        assert kind == "live" or [one.kind for one in held.how] == [kind]
        yield root, held.files


def fill(folder: Path) -> None:
    folder.mkdir()
    (folder / "file").write_bytes(b"content" * 1000)
    (folder / "two names").write_bytes(b"linked")
    os.link(folder / "two names", folder / "other name")
    (folder / "link").symlink_to("nowhere/at all")
    os.mkfifo(folder / "pipe")
    (folder / "empty").mkdir()
    os.setxattr(folder / "file", "user.csb", b"value")
    (folder / os.fsdecode(b"not \xff text")).write_bytes(b"")
    with (folder / "holes").open("wb") as file:
        file.truncate(1024 * 1024)
        file.seek(512 * 1024)
        file.write(b"x" * 65536)
    here = os.open(".", os.O_RDONLY)
    os.chdir(folder)
    for _ in range(20):
        os.mkdir(LONG)  # noqa: PTH102  its name is bytes
        os.chdir(LONG)
    Path("deep").write_bytes(b"far away")
    os.fchdir(here)
    os.close(here)


def names_in(folder: bytes) -> list[bytes]:
    return os.listdir(folder)  # noqa: PTH208  paths are bytes


def test_a_folder_lists_what_is_in_it(place: tuple[bytes, FileSource]) -> None:
    root, files = place

    with files.scan(root) as items:
        found = {item.name: item for item in items}
        folders = {name for name, item in found.items() if item.is_dir(follow_symlinks=False)}
        inodes = {name: item.stat(follow_symlinks=False).st_ino for name, item in found.items()}

    assert set(found) == set(names_in(root))
    assert folders == {b"empty", LONG}
    assert inodes == {name: os.lstat(root + b"/" + name).st_ino for name in found}


def test_a_status_is_that_of_the_live_file(place: tuple[bytes, FileSource]) -> None:
    """All that the journal and hard links go by, also the volume's number and changes of status."""
    root, files = place

    for name in names_in(root):
        path = root + b"/" + name
        seen, real = files.status(path), os.lstat(path)
        for field in (
            "st_mode", "st_ino", "st_dev", "st_nlink", "st_uid", "st_gid", "st_size", "st_rdev",
            "st_mtime_ns", "st_ctime_ns",
        ):  # fmt: skip
            assert getattr(seen, field) == getattr(real, field), (field, path)


def test_a_root_has_the_status_of_the_live_one(place: tuple[bytes, FileSource]) -> None:
    root, files = place

    assert status_of(files, root, root) == status_of(LiveFiles(), root, root)


def test_content_is_read_from_wherever_it_is_asked(place: tuple[bytes, FileSource]) -> None:
    root, files = place
    file = files.open(root + b"/file")
    buffer = bytearray(10)

    beginning = file.read(14)
    got = file.read_into(memoryview(buffer), 6990)

    assert (beginning, bytes(buffer[:got])) == (b"contentcontent", b"contentcontent"[4:])
    assert file.status().st_size == 7000
    assert file.status().st_dev == os.lstat(root + b"/file").st_dev
    assert file.xattrs() == ((b"user.csb", b"value"),)
    assert file.extents(7000) in (None, ((0, 7000),))
    file.close()


def test_holes_are_seen(place: tuple[bytes, FileSource]) -> None:
    root, files = place
    file = files.open(root + b"/holes")

    extents = file.extents(1024 * 1024)

    assert extents is not None and sum(length for _, length in extents) < 1024 * 1024
    file.close()


def test_links_and_attributes_are_told(place: tuple[bytes, FileSource]) -> None:
    root, files = place

    assert files.link_target(root + b"/link") == b"nowhere/at all"
    assert files.xattrs(root + b"/file") == ((b"user.csb", b"value"),)
    assert files.xattrs(root + b"/link") == ()
    assert files.is_local(root + b"/file")


@pytest.mark.parametrize("name", [b"link", b"pipe", b"empty", b"none", b"none/below"])
def test_what_is_no_file_is_not_opened(place: tuple[bytes, FileSource], name: bytes) -> None:
    root, files = place

    with pytest.raises(OSError):
        files.open(root + b"/" + name)


def test_what_is_not_there_is_not_there(place: tuple[bytes, FileSource]) -> None:
    root, files = place

    with pytest.raises(FileNotFoundError):
        files.status(root + b"/none")
    with pytest.raises(FileNotFoundError), files.scan(root + b"/none"):
        pass
    with pytest.raises(OSError):
        files.link_target(root + b"/file")


def test_paths_may_be_longer_than_the_system_takes(place: tuple[bytes, FileSource]) -> None:
    root, files = place
    far = root + (b"/" + LONG) * 20

    file = files.open(far + b"/deep")
    with files.scan(far) as items:
        names = [item.name for item in items]

    assert file.read(100) == b"far away"
    assert names == [b"deep"]
    assert stat.S_ISREG(files.status(far + b"/deep").st_mode)
    file.close()


def test_a_scan_of_a_still_gives_what_a_live_one_gives(place: tuple[bytes, FileSource]) -> None:
    root, files = place
    bounds = Bounds(root, exclusions_of(root, ()))

    def lost(path: bytes, failure: OSError) -> None:
        raise AssertionError(path) from failure

    assert [page.statuses for page in scan_folder(files, root, bounds, lost)] == [
        page.statuses for page in scan_folder(LiveFiles(), root, bounds, lost)
    ]


def test_nothing_of_a_still_is_left(tmp_path: Path) -> None:
    home = Home(tmp_path / "state")
    home.path.mkdir()
    (tmp_path / "folder").mkdir()
    mirrors = tmp_path / "mirrors"

    with Stills(home, (MirroredStills(mirrors),)).of(
        LiveFiles(), [os.fsencode(tmp_path / "folder")]
    ) as held:
        assert held.how[0].kind == "fake"
        assert list(mirrors.iterdir())
        assert len(Notes(home).all()) == 1

    assert list(mirrors.iterdir()) == [] and Notes(home).all() == ()
