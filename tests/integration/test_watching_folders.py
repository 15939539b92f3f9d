"""Seeing what changes on real files: by the kernel's word, and by looking."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from csbackup.client.service.folders import Folders
from csbackup.client.service.watch import FolderWatch, Watching
from support.backup_bench import Bench, make_bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    bench = make_bench(tmp_path)
    bench.home.mkdir(exist_ok=True)
    return bench


@pytest.fixture
def data(tmp_path: Path, bench: Bench) -> Path:
    folder = tmp_path / "data"
    (folder / "papers/old").mkdir(parents=True)
    (folder / "papers/letter").write_text("dear")
    (folder / "junk").mkdir()
    bench.choose(folder, exclusions=("junk/", "*.tmp"))
    return folder


@pytest.fixture
def watch(bench: Bench, data: Path) -> Iterator[FolderWatch]:
    with FolderWatch(bench.context) as watch:
        begin_anew(watch)
        yield watch


def begin_anew(watch: FolderWatch) -> None:
    """It always says at first that something may have changed."""
    assert soon(lambda: watch.changes(wanted=True) is not None)
    watch.begin()
    watch.news()


def soon(holds: Callable[[], bool], seconds: float = 3.0) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if holds():
            return True
        time.sleep(0.02)
    return False


def seen(watch: FolderWatch, seconds: float = 3.0) -> bool:
    """Whether something was seen, after which it begins anew."""
    found = soon(lambda: watch.changes(wanted=True) is not None, seconds)
    watch.begin()
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda data: (data / "papers/letter").write_text("other"),
        lambda data: (data / "papers/new").touch(),
        lambda data: (data / "papers/letter").chmod(0o600),
        lambda data: (data / "papers/letter").unlink(),
        lambda data: (data / "papers/letter").rename(data / "papers/moved"),
        lambda data: (data / "papers/old").rmdir(),
        lambda data: os.setxattr(data / "papers/letter", "user.x", b"y"),
        lambda data: (data / "papers/link").symlink_to("nowhere"),
        lambda data: os.truncate(data / "papers/letter", 1),
    ],
    ids=["write", "new", "mode", "gone", "moved", "folder", "attribute", "link", "cut"],
)
def test_each_kind_of_change_is_seen_at_once(
    watch: FolderWatch, data: Path, change: Callable[[Path], object]
) -> None:
    change(data)

    assert seen(watch)
    assert watch.shortfall == ""


def test_what_is_left_out_or_only_read_is_not_seen(
    watch: FolderWatch, data: Path, bench: Bench
) -> None:
    (data / "junk/file").write_text("x")
    (data / "papers/x.tmp").write_text("x")
    (data / "papers/letter").read_text()
    list((data / "papers").iterdir())
    (bench.home / "state").write_text("our own state")

    assert not seen(watch, 0.7)


def test_new_folders_are_watched_with_all_that_is_in_them(
    watch: FolderWatch, data: Path, tmp_path: Path
) -> None:
    (tmp_path / "elsewhere/deep/deeper").mkdir(parents=True)
    (tmp_path / "elsewhere").rename(data / "came")
    assert seen(watch)
    time.sleep(0.3)
    watch.begin()

    (data / "came/deep/deeper/file").write_text("x")

    assert seen(watch)


def test_what_was_moved_away_is_no_longer_watched(
    watch: FolderWatch, data: Path, tmp_path: Path
) -> None:
    (data / "papers").rename(tmp_path / "away")
    assert seen(watch)
    time.sleep(0.3)
    watch.begin()

    (tmp_path / "away/letter").write_text("private")

    assert not seen(watch, 0.7)


def test_a_root_that_is_a_file_is_seen_when_a_program_replaces_it(bench: Bench, data: Path) -> None:
    bench.choose(data / "papers/letter")
    with FolderWatch(bench.context) as watch:
        begin_anew(watch)
        (data / "papers/other").write_text("nobody asked for it")
        assert not seen(watch, 0.7)

        (data / "papers/aside").write_text("new")
        (data / "papers/aside").replace(data / "papers/letter")

        assert seen(watch)


def test_settings_count_at_once(watch: FolderWatch, data: Path, bench: Bench) -> None:
    bench.choose(data)
    bench.choose(exclusions=())
    watch.look_anew()
    assert seen(watch)
    time.sleep(0.3)
    watch.begin()

    (data / "junk/file").write_text("x")

    assert seen(watch)


def test_what_the_kernel_cannot_hold_is_known_to_be_lost(bench: Bench, data: Path) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    watching = Watching(Folders(bench.context()), 1000)
    watching.begin()
    for number in range(limit // 2):
        (data / f"{number}").touch()
        (data / f"{number}").unlink()

    while watching.hear():
        pass
    watching.close()

    assert watching.lost


def test_after_a_storm_everything_is_watched_again(watch: FolderWatch, data: Path) -> None:
    for number in range(3_000):
        (data / f"{number}").mkdir()
    assert seen(watch)
    assert soon(lambda: watch.changes(wanted=True) is None or not _is_busy(watch), 20)
    watch.begin()

    (data / "2999/file").write_text("x")

    assert seen(watch)


def _is_busy(watch: FolderWatch) -> bool:
    """Whether something was seen in the last half second."""
    changes = watch.changes(wanted=True)
    return changes is not None and changes.last < 0.5


def test_nobody_watches_while_nobody_wants_to_know(watch: FolderWatch, data: Path) -> None:
    watch.changes(wanted=False)
    time.sleep(0.3)
    (data / "papers/letter").write_text("other")
    time.sleep(0.3)

    assert watch.changes(wanted=False) is None


def test_with_too_few_watches_everything_is_looked_at(bench: Bench, data: Path) -> None:
    with FolderWatch(bench.context, 2) as watch:
        begin_anew(watch)

        assert soon(lambda: "more folders than may be watched" in watch.shortfall)


# --- looking ---


def test_a_fingerprint_is_the_same_until_something_changes(bench: Bench, data: Path) -> None:
    folders = Folders(bench.context())
    before = folders.fingerprint()
    (data / "papers/x.tmp").write_text("left out")
    os.utime(data / "papers", ns=(0, 0))
    changed = folders.fingerprint()

    (data / "papers/letter").read_text()
    (data / "junk/file").write_text("left out")
    same = folders.fingerprint()
    (data / "papers/letter").write_text("DEAR")
    other = folders.fingerprint()

    assert changed == same != before
    assert other not in (before, same)


def test_a_root_that_goes_and_comes_back_changes_the_fingerprint(
    bench: Bench, data: Path, tmp_path: Path
) -> None:
    folders = Folders(bench.context())
    before = folders.fingerprint()

    data.rename(tmp_path / "unplugged")
    gone = folders.fingerprint()

    assert gone != before
