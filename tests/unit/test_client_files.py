"""The live file systems: paths that are too long, places that do not answer."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from csbackup.client.files import LiveFiles
from csbackup.client.files.guard import GivenUp, Guard, NotAnswering
from csbackup.client.files.guarded import GuardedFile, guarded_items
from csbackup.client.files.remote import RemotePlaces
from csbackup.client.platform.mounts import read_remote_mounts

NAME = b"n" * 250
PLACE = b"/remote"


@pytest.fixture
def far(tmp_path: Path) -> Iterator[bytes]:
    """A folder whose path has over 10,000 bytes; the test goes back to where it was."""
    here = os.open(".", os.O_RDONLY)
    path = os.fsencode(tmp_path)
    os.chdir(tmp_path)
    for _ in range(41):
        os.mkdir(NAME)  # noqa: PTH102  its name is bytes
        os.chdir(NAME)
        path += b"/" + NAME
    Path("file").write_bytes(b"far away")
    Path("link").symlink_to("file")
    Path("folder").mkdir()
    yield path
    os.fchdir(here)
    os.close(here)


def test_a_folder_with_a_path_too_long_is_listed(far: bytes) -> None:
    files = LiveFiles()

    with files.scan(far) as items:
        found = {item.name: item for item in items}

    assert sorted(found) == [b"file", b"folder", b"link"]
    assert [found[name].is_dir() for name in (b"file", b"folder", b"link")] == [False, True, False]
    assert found[b"file"].stat(follow_symlinks=False).st_size == 8


def test_what_lies_at_a_path_too_long_is_read(far: bytes) -> None:
    files = LiveFiles()

    file = files.open(far + b"/file")

    assert file.read(100) == b"far away"
    assert files.status(far + b"/link").st_size == 4
    assert files.link_target(far + b"/link") == b"file"
    assert files.xattrs(far + b"/file") == ()
    file.close()


def test_a_path_too_long_that_is_not_there_is_not_there(far: bytes) -> None:
    with pytest.raises(FileNotFoundError):
        LiveFiles().status(far + b"/none")


def test_a_name_too_long_is_said_to_be(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long"):
        LiveFiles().status(os.fsencode(tmp_path) + b"/" + b"x" * 5000)


MOUNTS = rb"""
22 1 254:0 / / rw,relatime - ext4 /dev/root rw
30 22 0:25 / /mnt/with\040space rw - fuse.sshfs anna@host:/ rw
31 22 0:26 / /srv/nas rw master:1 - nfs4 nas:/share rw
32 22 0:27 / /tmp rw - tmpfs tmpfs rw
33 22 0:28 / /media/usb rw - fuseblk /dev/sdb1 rw
""".strip().splitlines()


def test_network_mounts_and_programs_are_remote_places() -> None:
    assert read_remote_mounts(MOUNTS) == (b"/mnt/with space", b"/srv/nas", b"/media/usb")


def test_what_is_below_a_remote_mount_is_remote() -> None:
    places = RemotePlaces((), Guard(5), lambda: (b"/srv/nas",))

    assert places.of(b"/srv/nas/photos/1.jpg") == b"/srv/nas"
    assert places.of(b"/srv/nas") == b"/srv/nas"
    assert places.of(b"/srv/nasty") == b""
    assert places.touched_by_listing(b"/srv") == b"/srv/nas"
    assert places.touched_by_listing(b"/") == b""


def test_a_root_that_leads_to_a_remote_mount_through_a_link_is_remote(tmp_path: Path) -> None:
    base = os.fsencode(tmp_path.resolve())
    (tmp_path / "nas" / "photos").mkdir(parents=True)
    (tmp_path / "short").symlink_to(tmp_path)
    root = base + b"/short/nas/photos"

    places = RemotePlaces((root, base + b"/short"), Guard(5), lambda: (base + b"/nas",))

    assert places.of(root + b"/1.jpg") == root
    assert places.of(base + b"/short/nas/music") == base + b"/short/nas"
    assert places.of(base + b"/short/other") == b""


def test_a_guard_asks_as_the_file_system_would_answer(tmp_path: Path) -> None:
    base = os.fsencode(tmp_path)
    (tmp_path / "file").write_bytes(bytes(range(256)) * 4000)
    (tmp_path / "folder").mkdir()
    guard = Guard(20)

    def status(name: bytes) -> os.stat_result:
        return os.lstat(base + b"/" + name)

    items = {item.name: item for item in guarded_items(guard, PLACE, base, status)}
    file = GuardedFile(guard, PLACE, base + b"/file")
    buffer = bytearray(300_000)
    length = file.read_into(memoryview(buffer), 1000)
    whole = file.read(2_000_000)

    assert {name: item.is_dir() for name, item in items.items()} == {
        b"file": False,
        b"folder": True,
    }
    assert file.status() == os.lstat(tmp_path / "file")
    assert file.status().st_mtime_ns == os.lstat(tmp_path / "file").st_mtime_ns
    assert whole == (tmp_path / "file").read_bytes()
    assert buffer[:length] == whole[1000 : 1000 + length]
    assert file.xattrs() == ()
    file.close()
    with pytest.raises(FileNotFoundError):
        GuardedFile(guard, PLACE, base + b"/folder")
    with pytest.raises(FileNotFoundError):
        guard.ask(PLACE, "status", base + b"/none")


def stop_worker(guard: Guard) -> int:
    """Its process no longer answers, as one that hangs in a system call; the process id."""
    guard.ask(b"another place", "real_path", b"/")
    threads = Path("/proc/self/task").iterdir()
    children = [child for thread in threads for child in (thread / "children").read_text().split()]
    for child in map(int, children):
        if b"files.worker" in Path(f"/proc/{child}/cmdline").read_bytes():
            os.kill(child, signal.SIGSTOP)
            return child
    raise AssertionError("there is no worker to stop")


def test_what_does_not_answer_is_left_behind(tmp_path: Path) -> None:
    guard = Guard(0.3)
    warm_up(guard)
    stopped = stop_worker(guard)

    begun = time.monotonic()
    with pytest.raises(NotAnswering, match="did not answer within 0.3 seconds"):
        guard.ask(PLACE, "status", b"/")
    waited = time.monotonic() - begun

    assert waited < 5
    warm_up(guard)
    assert not is_running(stopped)


def test_a_place_that_never_answers_is_no_longer_asked() -> None:
    guard = Guard(0.3)
    for _ in range(3):
        warm_up(guard)
        stop_worker(guard)
        with pytest.raises(NotAnswering):
            guard.ask(PLACE, "status", b"/")

    with pytest.raises(GivenUp):
        guard.ask(PLACE, "status", b"/")
    warm_up(guard)


def warm_up(guard: Guard) -> None:
    """Until a new process has started, on a machine that has much to do."""
    for number in range(15):
        try:
            guard.ask(b"place %d" % number, "real_path", b"/")
        except NotAnswering:
            continue
        return
    raise AssertionError("no worker answers")


def is_running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state not in "ZX"


def test_local_roots_do_without_a_worker(tmp_path: Path) -> None:
    """Some mount is remote, and no process can be started that would ask it."""
    guard = Guard(5, python=str(tmp_path / "none"))

    places = RemotePlaces((os.fsencode(tmp_path),), guard, lambda: (b"/srv/nas",))

    assert places.of(os.fsencode(tmp_path) + b"/file") == b""
    with pytest.raises(OSError, match="cannot be started"):
        guard.ask(b"/srv/nas", "status", b"/srv/nas")
