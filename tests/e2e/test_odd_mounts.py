"""File systems that fail, lie, change, hang and die under a backup: what can be had comes back,
what cannot is named, and the run always ends."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from support.file_systems import open_place, tell
from support.odd_mounts import (
    AFTER,
    BESIDE,
    CHANGING,
    DYING,
    FAILING,
    HANGING,
    LYING,
    UNTYPED,
    OddKind,
    filled,
    odd_mount,
)
from support.processes import Client, Result, Server

FILE_TIMEOUT = 2  # seconds that a file system has to answer; the start of a process is part of it
# The kernel lets nobody look at a folder's files while a look at one of them hangs. The others, two
# by two: a mount that hangs three times in a row is passed by.
HANGING_ALONE = [name for name in HANGING if name != "file that hangs when it is looked at"]
HANGING_PAIRS = [HANGING_ALONE[at::3] for at in range(3)]
FULL = bool(os.environ.get("CSB_TEST_FULL"))
PATIENCE = 45.0  # seconds in which a run must have ended, whatever hangs

pytestmark = pytest.mark.skipif(
    not Path("/dev/fuse").exists() or not os.access("/dev/fuse", os.W_OK),
    reason="FUSE cannot be used by this user",
)


@pytest.fixture
def ground() -> Iterator[Path]:
    with open_place() as folder:
        yield folder


@pytest.fixture(scope="module")
def account(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Client:
    client = Client(tmp_path_factory.mktemp("account"), server.url, server.pin)
    client.register("odd", device="first")
    return client


@pytest.fixture
def laptop(account: Client, server: Server, tmp_path: Path) -> Client:
    """A device for one mount only."""
    client = Client(tmp_path / "state", server.url, server.pin)
    client.login("odd", device=f"device-{time.time_ns()}")
    return client


def backup(laptop: Client, *arguments: str, code: int | None = None) -> Result:
    """A run that must end in time; `CSB_FILE_TIMEOUT` is short."""
    started = time.monotonic()
    process = laptop.start("backup", *arguments, CSB_FILE_TIMEOUT=str(FILE_TIMEOUT))
    try:
        said, _ = process.communicate(timeout=PATIENCE)
    finally:
        process.kill()
        process.wait()
    assert time.monotonic() - started < PATIENCE
    return Result(process.returncode, said, "", ("csb", "backup")).expect(code)


def named(result: dict[str, Any], folder: Path) -> dict[str, str]:
    beginning = f"{folder}/"
    return {
        problem["path"].removeprefix(beginning): problem["class"]
        for problem in result["problems"]
        if problem["path"].startswith(beginning)
    }


def contents(folder: Path) -> dict[str, bytes | None]:
    """The files by name; None is a folder or a link."""
    return {
        path.name: path.read_bytes() if path.is_file() and not path.is_symlink() else None
        for path in folder.iterdir()
    }


def check(
    kinds: Mapping[str, OddKind],
    result: dict[str, Any],
    mount: Path,
    restored: dict[str, bytes | None],
) -> None:
    """Each is named as it must be, or comes back; so do the ordinary ones beside them."""
    told = named(result, mount)
    assert told == {name: kind.problem for name, kind in kinds.items() if kind.problem}
    wrong = []
    for name, kind in kinds.items():
        if kind.restored is not None and restored.get(name) != kind.restored:
            wrong.append(f"{name}: {_shown(restored.get(name))}, not {_shown(kind.restored)}")
        if kind.empty_folder and restored.get(name, b"") is not None:
            wrong.append(f"{name}: the folder itself is missing")
    for name in (BESIDE, AFTER):
        assert restored[name] == filled(name)
    assert wrong == []
    tell(f"odd mounts: {len(kinds)} kinds")


def _shown(content: bytes | None) -> str:
    return "nothing" if content is None else f"{len(content)} bytes {content[:8].hex()}"


@pytest.mark.parametrize(
    ("scenario", "more"),
    [("failing", ()), ("failing", (UNTYPED,)), ("lying", ()), ("changing", ())],
)
def test_what_can_be_had_comes_back_and_the_rest_is_named(
    scenario: str, more: tuple[str, ...], laptop: Client, ground: Path
) -> None:
    kinds = {"failing": FAILING, "lying": LYING, "changing": CHANGING}[scenario]
    mount = ground / "mount"
    expected = any(kind.problem for kind in kinds.values())

    with odd_mount(scenario, mount, *more):
        laptop.run("add", str(mount))
        result = backup(laptop, "--json", code=1 if expected else 0).json
    laptop.run("restore", "--to", str(ground / "back"))

    check(kinds, result, mount, contents(ground / "back" / "mount"))
    lost = {one.problem for one in kinds.values()} - {"", "vanished", "changed-while-read"}
    assert (result["coverage"] < 1) == bool(lost - {"attributes-too-long"})


def test_a_file_that_failed_once_is_there_after_the_next_run(laptop: Client, ground: Path) -> None:
    name = "file that fails once"
    mount = ground / "mount"
    with odd_mount("failing", mount):
        laptop.run("add", str(mount))
        first = backup(laptop, "--json").json

        second = backup(laptop, "--json").json
    laptop.run("restore", str(mount / name), "--to", str(ground / "back"))

    assert named(first, mount)[name] == "read-error"
    assert name not in named(second, mount)
    assert (ground / "back" / name).read_bytes() == filled(name)


@pytest.mark.parametrize("kinds", HANGING_PAIRS)
@pytest.mark.parametrize("more", [(), (UNTYPED,)] if FULL else [()])
def test_what_hangs_is_named_and_the_rest_of_its_mount_comes_back(
    kinds: list[str], more: tuple[str, ...], laptop: Client, ground: Path
) -> None:
    mount, beside = ground / "mount", ground / "beside"
    beside.mkdir()
    (beside / "file").write_text("not on that mount")
    with odd_mount("hanging", mount, *kinds, *more):
        laptop.run("add", str(mount), str(beside))

        result = backup(laptop, "--json", code=1).json
    laptop.run("restore", "--to", str(ground / "back"))

    chosen = {name: HANGING[name] for name in kinds}
    check(chosen, result, mount, contents(ground / "back" / "mount"))
    assert result["coverage"] < 1
    assert (ground / "back" / "beside" / "file").read_text() == "not on that mount"


def test_a_mount_that_hangs_again_and_again_is_passed_by(laptop: Client, ground: Path) -> None:
    """It need not be waited for at every file; each of them is named all the same."""
    mount, beside = ground / "mount", ground / "beside"
    beside.mkdir()
    (beside / "file").write_text("not on that mount")
    with odd_mount("hanging", mount, UNTYPED):
        laptop.run("add", str(mount), str(beside))

        result = backup(laptop, "--json", code=1).json
    laptop.run("restore", "--to", str(ground / "back"))

    told = named(result, mount)
    assert set(HANGING) <= set(told)
    assert set(told.values()) == {"not-answering"}
    assert result["coverage"] < 1
    assert (ground / "back" / "beside" / "file").read_text() == "not on that mount"


def test_a_mount_that_dies_is_named_and_the_run_ends(laptop: Client, ground: Path) -> None:
    """Everything after its end cannot be read, and none of it is taken for deleted."""
    mount = ground / "mount"
    with odd_mount("dying", mount):
        laptop.run("add", str(mount))

        result = backup(laptop, "--json", code=1).json
    laptop.run("restore", "--to", str(ground / "back"))

    told = named(result, mount)
    assert told == {name: "not-answering" for name in (*DYING, AFTER)}
    assert result["coverage"] < 1
    assert contents(ground / "back" / "mount") == {BESIDE: filled(BESIDE)}


def test_a_root_on_a_dead_mount_is_missing_not_empty(laptop: Client, ground: Path) -> None:
    mount, beside = ground / "mount", ground / "beside"
    beside.mkdir()
    (beside / "file").write_text("there")
    with odd_mount("lying", mount) as process:
        laptop.run("add", str(mount), str(beside))
        process.kill()
        process.wait()

        result = backup(laptop, "--json", code=1).json

    (problem,) = result["problems"]
    assert problem["path"] == str(mount)
    assert problem["class"] in ("root-missing", "not-answering")
    assert result["coverage"] < 1


def test_new_inode_numbers_after_a_mount_cost_no_traffic(laptop: Client, ground: Path) -> None:
    mount = ground / "mount"
    with odd_mount("lying", mount):
        laptop.run("add", str(mount))
        backup(laptop, "--json")
    with odd_mount("lying", mount):
        again = backup(laptop, "--json").json

    assert again["bytes_sent"] == 0


def test_the_words_say_what_is_incomplete(laptop: Client, ground: Path) -> None:
    mount = ground / "mount"
    with odd_mount("failing", mount):
        laptop.run("add", str(mount))
        told = backup(laptop, code=1).out

    assert "Coverage: " in told
    assert "100.00%" not in told
    for kind in {kind.problem for kind in FAILING.values()}:
        assert f"({kind})" in told
