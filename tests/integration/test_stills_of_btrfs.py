"""Backups from stills of a real btrfs on a loop device: only root can mount one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from csbackup.client.backup.context import BackupResult
from csbackup.client.backup.run import run_backup
from csbackup.client.config import Home
from csbackup.client.files import LiveFiles
from csbackup.client.files.stills.holding import HowRead, Stills, usual_holders
from csbackup.client.files.stills.notes import Notes
from support.backup_bench import Bench, Listener, make_bench
from support.file_systems import file_system, open_place, run

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a btrfs")

OWN = "it is a subvolume of its own"


@dataclass
class Ground:
    """A btrfs, and a device that backs up what is in it."""

    top: Path
    bench: Bench

    @property
    def stills(self) -> Stills:
        home = Home(self.bench.home)
        return Stills(home, usual_holders(home))

    def backup(
        self,
        *,
        still: bool = True,
        insists: bool = False,
        on_file: Callable[[bytes, str], None] | None = None,
    ) -> BackupResult:
        context = replace(
            self.bench.context(),
            stills=self.stills if still else None,
            insists_on_stills=insists,
            on_file=on_file,
        )
        return run_backup(context, Listener())

    def kept(self, path: Path) -> bytes:
        return self.bench.opened()[os.fsencode(path)].content

    def left(self) -> list[str]:
        """Stills that are there now."""
        folder = self.top / ".csbackup-stills"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def ground(tmp_path: Path) -> Iterator[Ground]:
    with open_place("csb-btrfs-") as place, file_system(place, "btrfs") as top:
        bench = make_bench(tmp_path)
        data = top / "data"
        data.mkdir()
        bench.choose(data)
        yield Ground(top, bench)


def subvolume(path: Path) -> Path:
    run("btrfs", "subvolume", "create", str(path))
    return path


def test_a_backup_from_a_still_leaves_none(ground: Ground) -> None:
    data = ground.top / "data"
    (data / "file").write_text("content")

    result = ground.backup()

    assert ground.kept(data / "file") == b"content"
    assert result.problems == () and result.coverage == 1
    assert result.stills == (HowRead(os.fsencode(data), "btrfs"),)
    assert ground.left() == [] and Notes(Home(ground.bench.home)).all() == ()
    assert not list(ground.bench.home.glob("still-*"))


def test_what_did_not_change_is_known_again_from_still_to_still_and_to_live(ground: Ground) -> None:
    data = ground.top / "data"
    for number in range(50):
        (data / f"{number}").write_bytes(os.urandom(1000))
    os.link(data / "1", data / "another name")
    (data / "link").symlink_to("1")
    (data / "folder").mkdir()
    (data / "folder/file").write_text("x")
    os.utime(data / "0", (1, 1))
    time.sleep(0.2)  # what is very young is looked at again anyway
    ground.backup(still=False)

    runs = [ground.backup(still=still) for still in (True, True, False, True)]

    assert [(one.files_changed, one.bytes_read) for one in runs] == [(0, 0)] * 4
    assert {one.files for one in runs} == {52}


def test_hard_links_are_the_same_from_a_still_and_live(ground: Ground) -> None:
    data = ground.top / "data"
    (data / "one").write_text("x")
    os.link(data / "one", data / "two")

    groups = set()
    for still in (True, False):
        ground.bench.forget_journal()
        ground.backup(still=still)
        opened = ground.bench.opened()
        groups |= {opened[os.fsencode(data / name)].extras.link_group for name in ("one", "two")}

    assert len(groups) == 1 and groups != {b""}


def write_in_step(folder: Path, generation: int) -> None:
    """Two files that belong together, as a database has: the first is written first."""
    for name in ("a", "z"):
        (folder / name).write_text(f"{generation}")


@pytest.mark.parametrize("still", [True, False])
def test_two_files_that_change_in_step_are_of_one_instant_in_a_still(
    ground: Ground, still: bool
) -> None:
    data = ground.top / "data"
    write_in_step(data, 1)

    def change(path: bytes, _: str) -> None:
        if path.endswith(b"/a"):  # it is kept by now, and `z` is not
            write_in_step(data, 2)

    ground.backup(still=still, on_file=change)

    pair = (ground.kept(data / "a"), ground.kept(data / "z"))
    assert pair == ((b"1", b"1") if still else (b"1", b"2"))


def test_a_still_is_of_one_instant_whoever_writes(ground: Ground) -> None:
    """A writer that never stops: the second file is never ahead of the first."""
    data = ground.top / "data"
    write_in_step(data, 0)
    for number in range(300):
        (data / f"between {number}").write_bytes(os.urandom(2000))
    stop = threading.Event()

    def write() -> None:
        generation = 0
        while not stop.is_set():
            generation += 1
            for name in ("a", "z"):
                (data / f".{name}").write_text(f"{generation}")
                (data / f".{name}").replace(data / name)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        pairs = []
        for _ in range(5):
            ground.backup()
            pairs.append((int(ground.kept(data / "a")), int(ground.kept(data / "z"))))
    finally:
        stop.set()
        writer.join()

    assert all(ahead - behind in (0, 1) for ahead, behind in pairs), pairs
    assert pairs[-1][0] > pairs[0][0]


def test_what_is_no_part_of_a_still_is_read_live_and_named(ground: Ground) -> None:
    """A subvolume within, and another file system mounted below."""
    data = ground.top / "data"
    (data / "file").write_text("1")
    (subvolume(data / "own") / "inner").write_text("2")
    (data / "mounted").mkdir()
    run("mount", "-t", "tmpfs", "none", str(data / "mounted"))
    try:
        (data / "mounted/other").write_text("3")

        result = ground.backup()
        again = ground.backup()
    finally:
        run("umount", str(data / "mounted"))

    assert [ground.kept(data / name) for name in ("file", "own/inner", "mounted/other")] == [
        b"1", b"2", b"3",
    ]  # fmt: skip
    assert result.stills == (
        HowRead(os.fsencode(data), "btrfs"),
        HowRead(os.fsencode(data / "own"), "live", OWN, usual=True),
    )
    assert result.problems == () and result.coverage == 1
    assert again.files == 3


def test_a_subvolume_that_is_mounted_below_has_a_still_of_its_own(ground: Ground) -> None:
    data = ground.top / "data"
    (subvolume(ground.top / "@home") / "file").write_text("1")
    (data / "home").mkdir()
    source = subprocess.check_output(["findmnt", "-no", "SOURCE", ground.top], text=True).strip()
    run("mount", "-o", "subvol=@home", source, str(data / "home"))
    try:
        result = ground.backup()
        kept = ground.kept(data / "home/file")
    finally:
        run("umount", str(data / "home"))

    assert {one.kind for one in result.stills} == {"btrfs"} and len(result.stills) == 2
    assert kept == b"1" and ground.left() == []


def test_one_file_system_means_the_same_in_a_still(ground: Ground) -> None:
    data = ground.top / "data"
    (data / "file").write_text("1")
    (subvolume(data / "own") / "inner").write_text("2")
    (data / "mounted").mkdir()
    run("mount", "-t", "tmpfs", "none", str(data / "mounted"))
    ground.bench.choose(one_file_system=True)
    try:
        (data / "mounted/other").write_text("3")
        counts = [ground.backup(still=still).files for still in (False, True)]
    finally:
        run("umount", str(data / "mounted"))

    assert counts == [1, 1]
    assert os.fsencode(data / "own/inner") not in ground.bench.opened()


def test_a_root_may_be_anywhere(ground: Ground, tmp_path: Path) -> None:
    """A subvolume, a folder in one, the top of the file system, through a link, through a bind."""
    inner = subvolume(ground.top / "sub") / "deep"
    inner.mkdir()
    (inner / "file").write_text("1")
    (tmp_path / "short").symlink_to(ground.top)
    bound = tmp_path / "bound"
    bound.mkdir()
    run("mount", "--bind", str(inner), str(bound))
    try:
        for root in (inner.parent, inner, tmp_path / "short/sub/deep", bound, ground.top):
            ground.bench.choose(root)

            result = ground.backup()

            assert [one.kind for one in result.stills][:1] == ["btrfs"], root
            found = [path for path in ground.bench.opened() if path.endswith(b"/file")]
            assert len(found) == 1, root
            assert not [path for path in ground.bench.opened() if b".csbackup-stills" in path]
    finally:
        run("umount", str(bound))


def test_a_file_alone_can_be_a_root(ground: Ground) -> None:
    file = ground.top / "data/file"
    file.write_text("1")
    ground.bench.choose(file)

    result = ground.backup(on_file=lambda *_: None)

    assert ground.kept(file) == b"1"
    assert result.stills == (HowRead(os.fsencode(file), "btrfs"),)


def test_where_none_can_be_made_files_are_read_live_with_a_note(ground: Ground) -> None:
    (ground.top / "data/file").write_text("1")
    (ground.top / ".csbackup-stills").write_text("in its place")

    noted = ground.backup()
    told = ground.backup(insists=True)

    assert ground.kept(ground.top / "data/file") == b"1"
    assert [(one.kind, one.ignored) for one in noted.problems] == [("read-live", True)]
    assert [(one.kind, one.ignored) for one in told.problems] == [("read-live", False)]
    assert "Not a directory" in told.problems[0].message


def test_what_is_mounted_read_only_needs_no_still(ground: Ground) -> None:
    (ground.top / "data/file").write_text("1")
    run("mount", "-o", "remount,ro", str(ground.top))

    result = ground.backup()

    assert ground.kept(ground.top / "data/file") == b"1"
    assert result.problems == ()
    assert [(one.kind, one.usual) for one in result.stills] == [("live", True)]
    assert Notes(Home(ground.bench.home)).all() == ()


def test_a_swap_file_in_use_lets_nothing_hold_still(ground: Ground) -> None:
    """As btrfs has it; such a machine need not be told in every run."""
    swap = ground.top / "swap"
    swap.touch()
    run("chattr", "+C", str(swap))
    run("fallocate", "-l", "20M", str(swap))
    swap.chmod(0o600)
    run("mkswap", str(swap))
    used = subprocess.run(["swapon", swap], capture_output=True, text=True)
    if used.returncode:
        pytest.skip(f"no swap file can be used here: {used.stderr.strip()}")
    try:
        result = ground.backup()
    finally:
        run("swapoff", str(swap))

    assert result.problems == ()
    assert [(one.kind, one.usual) for one in result.stills] == [("live", True)]


def test_who_insists_hears_of_everything_that_was_read_live(ground: Ground) -> None:
    data = ground.top / "data"
    (subvolume(data / "own") / "inner").write_text("2")

    result = ground.backup(insists=True)

    assert [(one.kind, one.path) for one in result.problems] == [
        ("read-live", os.fsencode(data / "own"))
    ]


DIE = """
import os, sys
from pathlib import Path
from csbackup.client.config import Home
from csbackup.client.files import LiveFiles
from csbackup.client.files.stills.holding import Stills, usual_holders
home = Home(Path(sys.argv[1]))
with Stills(home, usual_holders(home)).of(LiveFiles(), [os.fsencode(sys.argv[2])]):
    print("held", flush=True)
    sys.stdin.read()
"""


def killed_run(ground: Ground) -> None:
    """A run that is killed while it has a still."""
    ground.bench.home.mkdir(exist_ok=True)
    process = subprocess.Popen(
        [sys.executable, "-c", DIE, ground.bench.home, ground.top / "data"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        process.send_signal(signal.SIGKILL)


def test_what_a_run_that_was_killed_left_is_removed_by_the_next(ground: Ground) -> None:
    (ground.top / "data/file").write_text("1")
    killed_run(ground)
    theirs = subvolume(ground.top / ".csbackup-stills" / "csb000000000000-0")
    assert len(ground.left()) == 2, "the killed one's, and another device's"

    ground.backup()

    assert ground.left() == [theirs.name]
    assert not Path("/proc/mounts").read_text().count("/still-")


def test_a_device_that_wants_no_stills_any_more_still_clears_up(ground: Ground) -> None:
    (ground.top / "data/file").write_text("1")
    killed_run(ground)
    assert ground.left()

    ground.stills.clear()

    assert ground.left() == [] and Notes(Home(ground.bench.home)).all() == ()


def test_nothing_is_left_in_the_file_system_when_csb_goes(ground: Ground) -> None:
    (ground.top / "data/file").write_text("1")
    ground.backup()
    killed_run(ground)

    ground.stills.leave()

    assert [path.name for path in ground.top.iterdir()] == ["data"]


def test_a_mount_that_was_left_in_the_state_folder_goes(ground: Ground) -> None:
    ground.bench.home.mkdir(exist_ok=True)
    point = ground.bench.home / "still-abcdefgh"
    point.mkdir()
    run("mount", "-t", "tmpfs", "none", str(point))

    ground.stills.clear()

    assert not point.exists()


def test_the_live_files_can_go_on_changing_while_they_are_read(ground: Ground) -> None:
    data = ground.top / "data"
    for number in range(20):
        (data / f"{number:02}").write_text("old")
    root = os.fsencode(data)
    ground.bench.home.mkdir(exist_ok=True)

    with ground.stills.of(LiveFiles(), [root]) as held:
        for path in data.iterdir():
            path.unlink()
        with held.files.scan(root) as items:
            names = sorted(item.name for item in items)
        content = held.files.open(root + b"/07").read(10)

    assert (len(names), content) == (20, b"old")
