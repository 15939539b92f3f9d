"""Nasty moments and places: clocks that are wrong, writers that do not wait, odd roots, mounts
inside roots, systems that are full. Each kind is a row of `support.nasty_moments`."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from support.file_systems import file_system, open_place, run
from support.nasty_kinds import BEYOND, make_kinds
from support.processes import PROGRAMS, RUN_SECONDS, Client, Result, Server
from support.tree_facts import read_tree, unequal

SETTLED = 0.2  # seconds after which a change time proves that nothing happened since
FULL = bool(os.environ.get("CSB_TEST_FULL"))
MANY, MOST_MEMORY_KB = (1_000_000, 200 * 1024) if FULL else (20_000, 140 * 1024)
ROOT = os.geteuid() == 0

needs_root = pytest.mark.skipif(not ROOT, reason="only root can mount")


@pytest.fixture
def ground() -> Iterator[Path]:
    with open_place() as folder:
        yield folder


@pytest.fixture(scope="module")
def account(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Client:
    client = Client(tmp_path_factory.mktemp("account"), server.url, server.pin)
    client.register("moments", device="first")
    return client


@pytest.fixture
def laptop(account: Client, server: Server, ground: Path) -> Client:
    """A device for one test only."""
    client = Client(ground / "state", server.url, server.pin)
    client.login("moments", device=f"device-{time.time_ns()}")
    return client


@pytest.fixture
def source(ground: Path) -> Path:
    folder = ground / "files"
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.txt").write_text(f"content {number}")
    return folder


def classes(result: dict[str, Any]) -> dict[str, str]:
    return {problem["path"]: problem["class"] for problem in result["problems"]}


def restored(laptop: Client, to: Path, *paths: Path) -> Path:
    laptop.run("restore", *map(str, paths), "--to", str(to))
    return to


@contextmanager
def mounted(*arguments: str | Path) -> Iterator[None]:
    run("mount", *map(str, arguments))
    try:
        yield
    finally:
        run("umount", "--lazy", str(arguments[-1]))


# --- clocks ---


def at(moment: str, laptop: Client, *arguments: str, code: int | None = 0) -> Result:
    """Run `csb` on a machine whose clock stands at `moment`; its files keep their times."""
    env = laptop.environment_of_a_run({"NO_FAKE_STAT": "1", "DONT_FAKE_MONOTONIC": "1"})
    command = ["faketime", "-f", f"@{moment}", str(PROGRAMS / "csb"), *arguments]
    finished = subprocess.run(
        command, capture_output=True, text=True, env=env, timeout=RUN_SECONDS, check=False
    )
    return Result(finished.returncode, finished.stdout, finished.stderr, tuple(command)).expect(
        code
    )


@pytest.mark.parametrize("moment", ["1970-01-01 00:10:00", "2000-02-29 12:00:00"])
def test_a_clock_far_behind_stops_neither_backup_nor_restore(
    moment: str, laptop: Client, source: Path, ground: Path
) -> None:
    laptop.run("add", str(source))

    first = at(moment, laptop, "backup", "--json").json
    at(moment, laptop, "restore", "--to", str(ground / "back"))

    assert (first["files"], classes(first)) == (5, {"": "clock-wrong"})
    assert (
        unequal(read_tree(os.fsencode(source)), read_tree(os.fsencode(ground / "back/files"))) == []
    )


def test_a_clock_decades_ahead_is_named(laptop: Client, source: Path) -> None:
    """The server's certificate is over by then; unchecked, an old one would do for ever."""
    laptop.run("add", str(source))

    refused = at("2090-01-01 00:00:00", laptop, "backup", code=2)

    assert "clock" in refused.said
    assert laptop.backup()["sequence"] == 1


def test_a_clock_that_goes_back_hides_no_change(laptop: Client, source: Path, ground: Path) -> None:
    laptop.run("add", str(source))
    time.sleep(SETTLED)
    ahead = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(time.time() + 20 * 24 * 3600))
    at(ahead, laptop, "backup", "--json")
    changed = source / "1.txt"
    status = changed.stat()
    changed.write_text("CONTENT 1")
    os.utime(changed, ns=(status.st_atime_ns, status.st_mtime_ns))

    second = at("2020-01-01 00:00:00", laptop, "backup", "--json").json
    restored(laptop, ground / "back")

    assert second["files_changed"] >= 1
    assert (ground / "back/files/1.txt").read_text() == "CONTENT 1"


def test_a_time_that_no_snapshot_can_hold_is_named(
    laptop: Client, source: Path, ground: Path
) -> None:
    lacking = make_kinds(os.fsencode(source), (BEYOND,))
    assert lacking == {}
    laptop.run("add", str(source))

    result = laptop.backup(code=1)
    restored(laptop, ground / "back")

    below = f"{source}/{BEYOND.name}/"
    assert classes(result) == {
        below + os.fsdecode(path): one for path, one in BEYOND.problems.items()
    }
    assert (ground / "back/files" / BEYOND.name / "file 0").read_bytes() == b"x"
    assert (ground / "back/files/1.txt").read_text() == "content 1"


def test_files_of_the_future_are_not_read_again(laptop: Client, source: Path) -> None:
    for path in source.iterdir():
        os.utime(path, ns=(3_800_000_000 * 10**9, 3_800_000_000 * 10**9))
    laptop.run("add", str(source))
    time.sleep(SETTLED)
    laptop.backup()

    assert laptop.backup()["files_changed"] == 0


# --- writers that do not wait ---


WRITER = """
import os, sys, time
folder, until = sys.argv[1], time.monotonic() + float(sys.argv[2])
LENGTH, PIECE = 3_000_000, 100_000
generation = 0
print("writing", flush=True)
while time.monotonic() < until:
    generation += 1
    stamp = b"%010d" % generation
    with open(folder + "/replaced.new", "wb") as file:
        file.write(stamp * (LENGTH // 10))
    os.rename(folder + "/replaced.new", folder + "/replaced")
    with open(folder + "/rewritten", "r+b") as file:
        for _ in range(LENGTH // PIECE):
            file.write(stamp * (PIECE // 10))
    with open(folder + "/log", "ab") as file:
        file.write(stamp)
    for name in ("comes and goes", "moves"):
        path = folder + "/" + name
        if os.path.exists(path):
            os.unlink(path)
        else:
            open(path, "wb").write(stamp)
"""


def test_a_file_under_a_busy_writer_is_of_one_moment_or_named(
    laptop: Client, source: Path, ground: Path
) -> None:
    busy = source / "busy"
    busy.mkdir()
    for name in ("replaced", "rewritten"):
        (busy / name).write_bytes(b"%010d" % 0 * 300_000)
    laptop.run("add", str(source))
    rounds = 6 if FULL else 2
    with ExitStack() as ending:
        writer = subprocess.Popen(
            [sys.executable, "-c", WRITER, str(busy), "40"], stdout=subprocess.PIPE
        )
        ending.callback(writer.wait)
        ending.callback(writer.kill)
        assert writer.stdout is not None
        ending.callback(writer.stdout.close)
        writer.stdout.readline()
        for number in range(rounds):
            result = laptop.backup(code=None)
            back = restored(laptop, ground / f"back {number}") / "files/busy"

            named = classes(result)
            assert set(named.values()) <= {"changed-while-read", "vanished"}
            for name in ("replaced", "rewritten"):
                content = (back / name).read_bytes()
                generations = {content[at : at + 10] for at in range(0, len(content), 10)}
                is_named = named.get(f"{busy}/{name}") == "changed-while-read"
                assert is_named or (len(generations), len(content)) == (1, 3_000_000), name
            assert (back / "log").read_bytes()[:10] in (b"0000000001", b"")


def test_a_writer_that_waits_at_a_fifo_is_never_woken(laptop: Client, source: Path) -> None:
    os.mkfifo(source / "fifo")
    laptop.run("add", str(source))
    waiting = subprocess.Popen(["sh", "-c", f'echo woken > "{source}/fifo"'])
    try:
        time.sleep(SETTLED)

        assert laptop.backup()["problems"] == []
        assert laptop.backup()["problems"] == []

        assert waiting.poll() is None
    finally:
        waiting.kill()
        waiting.wait()


def test_a_change_within_one_tick_of_the_clock_is_found(
    laptop: Client, source: Path, ground: Path
) -> None:
    """Size and times stay; the content is written while the backup's clock has not moved on."""
    laptop.run("add", str(source))
    changed = source / "2.txt"
    for number in range(3):
        changed.write_text(f"Content {number}")
        status = changed.stat()
        laptop.backup()
        changed.write_text(f"CONTENT {number}")
        os.utime(changed, ns=(status.st_atime_ns, status.st_mtime_ns))

        laptop.backup()

        back = restored(laptop, ground / f"back {number}") / "files/2.txt"
        assert back.read_text() == f"CONTENT {number}"


# --- roots ---


def test_roots_of_every_kind(laptop: Client, source: Path, ground: Path) -> None:
    (ground / "file").write_text("a file")
    (ground / "link").symlink_to(source)
    os.mkfifo(ground / "fifo")
    (ground / "empty").mkdir()
    roots = [ground / name for name in ("file", "link", "fifo", "empty")]
    laptop.run("add", *map(str, roots), str(source / "1.txt"), str(source))

    result = laptop.backup()
    back = restored(laptop, ground / "back")

    assert result["problems"] == []
    assert (back / "file").read_text() == "a file"
    assert (back / "link").readlink() == source
    assert stat.S_ISFIFO((back / "fifo").lstat().st_mode)
    assert list((back / "empty").iterdir()) == []
    assert len(list((back / "files").iterdir())) == 5


def test_a_file_in_two_roots_is_one_file_again(laptop: Client, source: Path, ground: Path) -> None:
    other = ground / "other"
    other.mkdir()
    os.link(source / "1.txt", other / "the same")
    laptop.run("add", str(source), str(other))

    laptop.backup()
    back = restored(laptop, ground / "back")

    assert (back / "files/1.txt").samefile(back / "other/the same")


def test_a_root_that_is_gone_is_named(laptop: Client, source: Path, ground: Path) -> None:
    gone = ground / "gone"
    gone.mkdir()
    laptop.run("add", str(source), str(gone))
    gone.rmdir()

    result = laptop.backup(code=1)

    assert classes(result) == {str(gone): "root-missing"}
    assert result["coverage"] < 1


@needs_root
def test_a_disk_that_is_not_mounted_takes_nothing_from_earlier_snapshots(
    laptop: Client, ground: Path
) -> None:
    disk = ground / "disk"
    disk.mkdir()
    laptop.run("add", str(disk))
    with mounted("-t", "tmpfs", "csb-nasty", disk):
        (disk / "file").write_text("on the disk")
        first = laptop.backup()

    laptop.backup(code=None)
    back = ground / "back"
    laptop.run("restore", "--snapshot", str(first["sequence"]), "--to", str(back))

    assert (back / "disk/file").read_text() == "on the disk"


def test_our_own_state_in_a_root_is_left_out(laptop: Client, ground: Path) -> None:
    (ground / "beside").write_text("kept")
    laptop.run("add", str(ground))

    laptop.backup(code=None)
    again = laptop.backup(code=None)

    listed = laptop.run("ls", str(ground), "--json").json
    names = [entry["name"] for entry in listed]
    assert "beside" in names
    assert "state" not in names
    assert again["bytes_sent"] < 10_000


# --- mounts inside roots ---


@needs_root
@pytest.mark.parametrize("stay", [False, True])
def test_a_mount_inside_a_root(stay: bool, laptop: Client, source: Path, ground: Path) -> None:
    inside = source / "mount"
    inside.mkdir()
    laptop.run("add", str(source), "--one-file-system" if stay else "--all-file-systems")
    with mounted("-t", "tmpfs", "csb-nasty", inside):
        (inside / "other").write_text("on the other file system")

        result = laptop.backup()
    back = restored(laptop, ground / "back") / "files/mount"

    assert result["problems"] == []
    assert [path.name for path in back.iterdir()] == ([] if stay else ["other"])


@needs_root
def test_a_folder_mounted_into_itself_ends(laptop: Client, source: Path, ground: Path) -> None:
    again = source / "again"
    again.mkdir()
    laptop.run("add", str(source))
    with mounted("--bind", source, again):
        result = laptop.backup()
    back = restored(laptop, ground / "back") / "files"

    assert result["problems"] == []
    assert (back / "again/1.txt").read_text() == "content 1"
    assert not (back / "again/again/again").exists()


@needs_root
def test_files_that_say_they_are_empty_come_back_with_their_content(
    laptop: Client, ground: Path
) -> None:
    """What the kernel makes up while it is read: of size 0, and of 4,096 that are fewer."""
    roots = [Path("/proc/sys/kernel/random"), Path("/sys/kernel/mm"), Path("/proc/sys/net/ipv4")]
    roots = [root for root in roots if root.is_dir()]
    assert roots
    laptop.run("exclude", "--no-defaults")
    laptop.run("add", *map(str, roots))

    result = laptop.backup(code=None)
    laptop.run("restore", "--to", str(ground / "back"), code=None)

    named = classes(result)
    compared = 0
    for root in roots:
        for path in root.rglob("*"):
            if path.is_symlink() or not path.is_file() or str(path) in named:
                continue
            back = ground / "back" / root.name / path.relative_to(root)
            assert back.exists(), path
            if path.stat().st_mode & 0o444 and _steady(path):
                assert back.read_bytes() == path.read_bytes(), path
                compared += 1
    assert compared >= 10


def _steady(path: Path) -> bool:
    try:
        return path.read_bytes() == path.read_bytes()
    except OSError:
        return False


# --- one large folder ---


def test_many_files_in_one_folder_need_little_memory(laptop: Client, ground: Path) -> None:
    wide = ground / "wide"
    wide.mkdir()
    handle = os.open(wide, os.O_RDONLY)
    for number in range(MANY):
        os.close(os.open(b"%07d" % number, os.O_CREAT | os.O_WRONLY, dir_fd=handle))
    os.close(handle)
    laptop.run("add", str(wide))

    peak = peak_memory(laptop, "backup", "--quiet")
    back = peak_memory(laptop, "restore", "--to", str(ground / "back"), "--quiet")

    assert sum(1 for _ in (ground / "back/wide").iterdir()) == MANY
    assert peak < MOST_MEMORY_KB, f"{peak:,} KiB"
    assert back < MOST_MEMORY_KB, f"{back:,} KiB"


MEASURE = """
import resource, subprocess, sys
code = subprocess.run(sys.argv[1:]).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
sys.exit(code)
"""


def peak_memory(laptop: Client, *arguments: str) -> int:
    """The resident KiB that `csb` needed at most.

    Asked by a small process of its own: the figure counts in what the one that started it had.
    """
    finished = subprocess.run(
        [sys.executable, "-S", "-c", MEASURE, PROGRAMS / "csb", *arguments],
        env=laptop.environment_of_a_run(),
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS * 3,
        check=False,
    )
    assert finished.returncode == 0, finished.stdout + finished.stderr
    return int(finished.stdout.splitlines()[-1])


# --- a system that is full ---


@needs_root
def test_a_full_disk_under_our_state_stops_the_run_and_harms_nothing(
    laptop: Client, server: Server, ground: Path
) -> None:
    many = ground / "many"
    many.mkdir()
    for number in range(4000):
        (many / f"{'n' * 200}{number}").write_bytes(b"")
    tiny = ground / "tiny"
    tiny.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=6m", "csb-nasty", tiny):
        shutil.copytree(laptop.home, tiny / "state")
        full = Client(tiny / "state", server.url, server.pin)
        full.run("add", str(many))
        with suppress(OSError), (tiny / "ballast").open("wb", buffering=0) as ballast:
            while ballast.write(bytes(4096)):
                pass

        stopped = full.run("backup", "--quiet", code=2)
        (tiny / "ballast").unlink()
        after = full.backup()

    assert "full" in stopped.err
    assert "Traceback" not in stopped.said
    assert (after["coverage"], after["files"]) == (1.0, 4000)


@needs_root
def test_an_ordinary_file_system_is_what_the_tests_compare_with(ground: Path) -> None:
    """The loop devices work here: in CI nothing of the above may be left out silently."""
    with file_system(ground, "ext4") as mount:
        (mount / "file").write_text("x")
        assert mount.is_mount()
