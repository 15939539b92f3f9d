"""A dry run says what the backup then does, and touches nothing."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from csbackup.client.backup.preview import Preview, preview
from csbackup.client.backup.run import identity_of
from csbackup.client.cli.dry_run import exclude_command
from csbackup.client.cli.progress import Silent
from csbackup.client.journal import Journal
from csbackup.errors import PathProblem
from support.backup_bench import Bench

SETTLED = 0.12


def look(bench: Bench, may_read: Callable[[bytes], bool] = lambda path: True) -> Preview:
    bench.home.mkdir(exist_ok=True)
    context = bench.context()
    journal = Journal.to_look_at(bench.home / "journal.db", identity_of(context))
    try:
        return preview(context, journal, Silent(), may_read)
    finally:
        if journal is not None:
            journal.close()


def put(path: Path, size: int = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(os.urandom(size))
    return path


def settle() -> None:
    time.sleep(SETTLED)


def test_before_the_first_backup_everything_is_new(bench: Bench, data: Path) -> None:
    put(data / "a/one", 100)
    put(data / "b/two", 2_000)
    (data / "link").symlink_to("a/one")

    found = look(bench)
    result = bench.backup()

    assert (found.files, found.bytes, found.files_new) == (result.files, result.bytes, 2)
    assert found.files_new + found.files_changed == result.files_changed
    assert found.bytes_changed == result.bytes_read
    assert not found.compared


def test_later_it_says_what_the_next_backup_reads_and_what_is_gone(
    bench: Bench, data: Path
) -> None:
    for number in range(6):
        put(data / f"folder {number % 2}/file {number}", 100)
    put(data / "old/deep/x")
    settle()
    bench.backup()
    put(data / "folder 0/file 0", 150)
    put(data / "folder 0/new", 70)
    (data / "folder 1/file 1").unlink()
    (data / "old/deep/x").unlink()
    (data / "old/deep").rmdir()

    found = look(bench)
    result = bench.backup()

    assert (found.files_new, found.files_changed, found.removed) == (1, 1, 2)
    assert (found.files, found.bytes) == (result.files, result.bytes)
    assert (result.files_changed, found.bytes_changed) == (2, result.bytes_read)


def test_a_long_folder_is_compared_across_its_pages(bench: Bench, data: Path) -> None:
    for number in range(5_000):
        (data / f"{number:05}").touch()
    settle()
    bench.backup()
    gone = [data / f"{number:05}" for number in range(0, 5_000, 3)]
    for path in gone:
        path.unlink()
    (data / "99999").touch()

    found = look(bench)

    assert (found.files, found.files_new, found.removed) == (5_001 - len(gone), 1, len(gone))


def test_nothing_is_written(bench: Bench, data: Path) -> None:
    def state() -> dict[str, tuple[int, bytes]]:
        return {
            one.name: (one.stat().st_mtime_ns, one.read_bytes()) for one in bench.home.iterdir()
        }

    put(data / "x")
    bench.backup()
    before, calls = state(), bench.server.calls.copy()

    look(bench)

    assert state() == before
    assert bench.server.calls == calls


def test_holes_are_not_read_and_a_file_of_two_names_is_read_once(bench: Bench, data: Path) -> None:
    with (data / "sparse").open("wb") as file:
        file.write(os.urandom(100_000))
        file.truncate(9_000_000)
    os.link(put(data / "one", 5_000), data / "two")

    found = look(bench)
    result = bench.backup()

    assert found.bytes == result.bytes == 9_010_000
    assert found.bytes_changed >= result.bytes_read
    assert found.bytes_changed < 200_000
    assert (found.links, found.bytes_in_links) == (1, 5_000)


def test_what_cannot_be_read_is_a_problem_already(bench: Bench, data: Path) -> None:
    put(data / "locked")
    put(data / "open")

    found = look(bench, lambda path: not path.endswith(b"locked"))

    assert [(one.kind, one.path) for one in found.problems] == [
        ("permission-denied", os.fsencode(data / "locked"))
    ]
    assert found.files == 1


def test_a_root_that_is_missing_is_a_problem_and_none_at_all_a_failure(
    bench: Bench, data: Path, tmp_path: Path
) -> None:
    bench.choose(data, tmp_path / "gone")
    found = look(bench)
    assert [one.kind for one in found.problems] == ["root-missing"]

    bench.choose(tmp_path / "gone")
    with pytest.raises(PathProblem, match="Is a disk not connected"):
        look(bench)


def test_what_is_left_out_is_counted_by_pattern(bench: Bench, data: Path) -> None:
    for name in ("a.iso", "b.iso", ".cache/x", "deep/.cache/y", "kept"):
        put(data / name)
    put(data / "tagged/x")
    (data / "tagged/CACHEDIR.TAG").write_bytes(b"Signature: 8a477f597d28d172789f06886806bc55")
    bench.choose(exclusions=("*.iso", "*.never"))

    found = look(bench)

    assert found.left_out.own == {"*.iso": 2, "*.never": 0}
    assert found.left_out.by_default == {".cache/": 2}
    assert found.left_out.caches == 1
    assert found.files == bench.backup().files == 2


def test_the_biggest_are_named_and_not_the_folders_above_them(bench: Bench, data: Path) -> None:
    put(data / "home/ada/videos/long", 50_000)
    put(data / "home/ada/pictures/one", 30_000)
    put(data / "small", 10)

    found = look(bench)

    names = [os.fsdecode(one.path)[len(str(data)) :] for one in found.biggest_folders]
    assert names == ["/home/ada", "/home/ada/videos", "/home/ada/pictures"]
    assert found.biggest_folders[0].size == 80_000
    assert found.biggest_files[0].path.endswith(b"videos/long")


@pytest.mark.parametrize(
    "name", ["node_modules", "it's $HOME", "a*b[c]", "sp ace", "b\\ck", "!no", "#no", "ü"]
)
def test_what_is_told_to_type_leaves_that_place_out_and_no_other(
    bench: Bench, data: Path, name: str
) -> None:
    put(data / name / "pyvenv.cfg")
    put(data / f"{name} 2" / "kept")
    put(data / "other" / name / "kept")
    root = os.fsencode(data)

    command = exclude_command(os.fsencode(data / name), (root,), folder=True)

    program, verb, pattern = shlex.split(command)
    assert (program, verb) == ("csb", "exclude")
    bench.choose(exclusions=(pattern,))
    assert look(bench).files == bench.backup().files == 2


def test_junk_is_found_with_its_size_but_not_inside_other_junk(bench: Bench, data: Path) -> None:
    put(data / "app/node_modules/x/node_modules/y/z", 500)
    put(data / "rust/target/debug/o", 300)
    put(data / "rust/Cargo.toml")
    put(data / "Downloads/debian.iso", 200)
    put(data / "build/house.pdf", 900)

    found = look(bench)

    assert [(one.kind, one.sized.size) for one in found.junk] == [
        ("packages of Node.js", 500),
        ("build output", 300),
        ("disc image", 200),
        ("downloads", 200),
    ]


def test_a_name_that_cannot_be_typed_has_no_command() -> None:
    assert exclude_command(b"/r/\xff", (b"/r",), folder=True) == ""
    assert exclude_command(b"/r/a\nb", (b"/r",), folder=True) == ""
