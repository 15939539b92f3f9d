"""Every kind of nasty file, on every file system, as root and as an ordinary user: backed up by
`csb` to `csb-server`, restored and compared, or named as what it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from support.file_systems import FileSystems, file_systems, make_removable, open_place, tell
from support.nasty_kinds import KINDS, NOBODY, Kind
from support.processes import Client, Server
from support.tree_facts import Tree, read_tree, unequal
from support.users import Python, UserClient, as_user, python_for_everybody

RECOVER = Path(__file__).parents[2] / "recover.py"
FEWEST = 80
SETTLED = 0.2  # seconds after which a change time proves that nothing happened since
FULL = bool(os.environ.get("CSB_TEST_FULL"))
# What takes long is made once for root, with CSB_TEST_FULL everywhere.
LONG = {
    "folder of 10,000 files",
    "folder of 2,000 files",
    "folder of 2,001 files",
    "1,000 folders deep",
    "3,000 folders deep",
    "file with 25,000 holes",
    "file with 2,500 holes",
    "path of 5,000 bytes",
    "1,000 hard links to one file",
}
MADE_ONCE = {
    ("root", "ext4"): {"folder of 10,000 files", "path of 5,000 bytes"},
    ("root", "xfs"): {"1,000 folders deep", "folder of 2,000 files"},
    ("root", "btrfs"): {"file with 2,500 holes", "1,000 hard links to one file"},
    ("root", "tmpfs"): {"file with 25,000 holes", "folder of 2,001 files"},
    ("user", "tmpfs"): {"file with 2,500 holes", "path of 5,000 bytes", "folder of 2,001 files"},
    ("user", "here"): LONG - {"3,000 folders deep"},
}
USERS = ("root", "user") if os.geteuid() == 0 else ("user",)


@dataclass
class Root:
    """One file system's folder with every kind in it, as it was before the first backup."""

    source: Path
    restored: Path
    before: Tree
    lacking: dict[str, str]


@dataclass
class World:
    """One user with a device and a root on every file system, backed up and restored once."""

    user: str
    client: Client
    python: Python
    roots: dict[str, Root] = field(default_factory=dict)
    result: dict[str, Any] = field(default_factory=dict)

    @property
    def is_root(self) -> bool:
        return self.user == "root"


@pytest.fixture(scope="module")
def mounts() -> Iterator[FileSystems]:
    with open_place() as place, file_systems(place) as found:
        if os.geteuid() != 0:
            (place / "here").mkdir()
            found.mounted["here"] = place / "here"
        for name, why in found.lacking.items():
            tell(f"nasty files: {name} could not be mounted here: {why}")
        yield found


@pytest.fixture(scope="module")
def python() -> Iterator[Python]:
    with open_place("csb-nasty-python-") as place, python_for_everybody(place) as found:
        yield found


@pytest.fixture(scope="module", params=USERS)
def world(
    request: pytest.FixtureRequest, mounts: FileSystems, server: Server, python: Python
) -> Iterator[World]:
    user: str = request.param
    with open_place("csb-nasty-home-") as home:
        world = World(user, _client(user, home, server, python), python)
        world.client.register(f"nasty-{user}", device="laptop")
        for name, mount in mounts.mounted.items():
            world.roots[name] = _make_root(world, name, mount / user)
        world.client.run("add", *(str(root.source) for root in world.roots.values()))
        time.sleep(SETTLED)
        world.result = world.client.backup(code=None)
        _restore_all(world)
        yield world
        for root in world.roots.values():
            make_removable(root.source)


def _client(user: str, home: Path, server: Server, python: Python) -> Client:
    if user == "root" or os.geteuid() != 0:
        return Client(home / "state", server.url, server.pin)
    os.chown(home, NOBODY, NOBODY)
    return UserClient(home / "state", server.url, server.pin, python=python)


def _make_root(world: World, name: str, place: Path) -> Root:
    """The kinds are made by the user whose files they are."""
    source = place / f"files on {name}"
    source.mkdir(parents=True)
    if not world.is_root and os.geteuid() == 0:
        os.chown(place, NOBODY, NOBODY)
        os.chown(source, NOBODY, NOBODY)
    without = () if FULL else LONG - MADE_ONCE.get((world.user, name), set())
    python = str(world.python.executable)
    command = [python, "-m", "support.nasty_kinds", str(source), *without]
    made = subprocess.run(
        command if world.is_root else as_user(command),
        env=os.environ | world.python.environment,
        capture_output=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr.decode()
    before = read_tree(os.fsencode(source))
    return Root(source, place / "back" / source.name, before, json.loads(made.stdout))


def _restore_all(world: World) -> None:
    def restore(root: Root) -> None:
        world.client.run(
            "restore", str(root.source), "--to", str(root.restored.parent), "--json", code=None
        )

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(restore, world.roots.values()))


def test_every_kind_comes_back_or_is_named(world: World) -> None:
    wrong = [line for name, root in world.roots.items() for line in _wrong(world, name, root)]

    assert wrong == [], "\n".join(wrong)


def test_at_least_eighty_kinds_were_really_there(world: World) -> None:
    made = {kind.name for kind in KINDS for root in world.roots.values() if _is_there(kind, root)}

    for name, root in world.roots.items():
        for kind, why in root.lacking.items():
            tell(f"nasty files: as {world.user} on {name} could not be made here: {kind}: {why}")
    tell(f"nasty files: {len(made)} of {len(KINDS)} kinds as {world.user}")
    if os.geteuid() == 0:
        assert len(made) >= FEWEST
        assert set(world.roots) == {"ext4", "xfs", "btrfs", "tmpfs", "fuse"}
    if world.is_root:
        slow = set() if FULL else {"3,000 folders deep"}
        assert {kind.name for kind in KINDS} - made == slow


def test_what_is_skipped_makes_the_run_incomplete(world: World) -> None:
    serious = [problem for problem in world.result["problems"] if not problem["ignored"]]
    expected = sum(
        len(kind.expected(root=world.is_root))
        for kind in KINDS
        for root in world.roots.values()
        if _is_there(kind, root)
    )

    told = world.client.run("backup", code=1 if expected else 0).said

    assert len(serious) == expected
    assert (world.result["coverage"] < 1) == bool(expected)
    assert all(problem["class"] in told for problem in serious)


def test_a_second_run_reads_and_sends_nothing(world: World) -> None:
    again = world.client.backup(code=None)

    assert (again["files_changed"], again["bytes_read"], again["bytes_sent"]) == (0, 0, 0)
    assert again["files"] == world.result["files"]


def test_a_run_reads_exactly_what_was_changed(world: World) -> None:
    changed = [_changeable(root) for root in world.roots.values()]
    for number, path in enumerate(changed):
        status = path.stat()
        path.write_bytes(b"%d" % number)  # as long as before
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))  # only its change time tells
    time.sleep(SETTLED)

    third = world.client.backup(code=None)

    assert third["files_changed"] == len(changed)
    assert third["bytes_read"] == len(changed)


def test_other_programs_find_no_difference_either(world: World) -> None:
    for name, root in world.roots.items():
        if not FULL and name not in ("ext4", "btrfs", "here"):
            continue
        assert _rsync(world, root) == "", name


def test_the_tools_of_the_system_see_the_same(world: World) -> None:
    """Names, sizes and times by `find`, attributes by `getfattr`, lists by `getfacl`, contents by
    `diff`; those are no relatives of the comparison above."""
    name = next(iter(world.roots))
    root = world.roots[name]
    groups = ("names", "links and special files", "metadata")
    kinds = [kind for kind in KINDS if kind.group in groups and _is_there(kind, root)]
    alike = [kind for kind in kinds if not kind.expected(root=world.is_root)]
    assert len(alike) > 50
    names = [kind.name for kind in alike]
    for command in (
        ["find", *names, "-printf", "%p %y %m %U %G %s %T@ %l\\0"],
        ["getfattr", "-R", "-P", "-d", "-m", "-", "-h", "-e", "hex", *names],
        ["getfacl", "-R", "-P", "-n", *names],
    ):
        seen = [_seen(command, place) for place in (root.source, root.restored)]
        assert seen[0] == seen[1], command[0]
    for kind in names[:20]:
        compared = ["diff", "-r", "--no-dereference", root.source / kind, root.restored / kind]
        subprocess.run(compared, check=True)


def test_recover_py_brings_back_the_same(
    mounts: FileSystems, server: Server, python: Python
) -> None:
    mount = mounts.mounted.get("tmpfs") or mounts.mounted["here"]
    with open_place("csb-nasty-home-") as home:
        client = Client(home / "state", server.url, server.pin)
        client.register("nasty-recover", device="laptop")
        user = "root" if os.geteuid() == 0 else "user"
        world = World(user, client, python)
        root = _make_root(world, "recover", mount / "recover")
        client.run("add", str(root.source))
        world.result = client.backup(code=None)

        subprocess.run(
            [sys.executable, RECOVER, server.data, "--account", "nasty-recover"]
            + ["--to", mount / "recovered"],
            env=os.environ | {"CSB_RECOVERY_KEY": client.recovery_key},
            capture_output=True,
            check=True,
        )

    below = mount / "recovered" / root.source.name
    assert _wrong(world, "recover.py", replace(root, restored=below)) == []
    make_removable(root.source)


def _seen(command: list[str], folder: Path) -> list[bytes]:
    """What it says, sorted: the order of names in a folder is nobody's promise."""
    found = subprocess.run(command, cwd=folder, capture_output=True, check=True).stdout
    return sorted(found.split(b"\0" if command[0] == "find" else b"\n\n"))


def _is_there(kind: Kind, root: Root) -> bool:
    return kind.name not in root.lacking


def _wrong(world: World, name: str, root: Root) -> list[str]:
    """A line for everything that neither came back nor was named."""
    after = read_tree(os.fsencode(root.restored))
    named = _named(world, root)
    found = []
    for kind in KINDS:
        if not _is_there(kind, root):
            continue
        expected = {
            kind.folder + b"/" + path: problem
            for path, problem in kind.expected(root=world.is_root).items()
        }
        told = {path: named.pop(path) for path in list(named) if _is_below(path, kind.folder)}
        lines = [] if told == expected else [f"named {told}, not {expected}"]
        before = _without(_below(root.before, kind.folder), kind, expected)
        lines += unequal(before, _below(after, kind.folder))
        found += [f"{world.user} {name}: {kind.name}: {line}" for line in lines[:5]]
    found += [f"{world.user} {name}: {problem}: {path!r}" for path, problem in named.items()]
    return found


def _named(world: World, root: Root) -> dict[bytes, str]:
    """The classes of the problems below a root, by path from there."""
    beginning = os.fsencode(root.source) + b"/"
    found = {}
    for problem in world.result["problems"]:
        path = bytes.fromhex(problem.get("path_hex", "")) or problem["path"].encode()
        if path.startswith(beginning):
            found[path[len(beginning) :]] = problem["class"]
    return found


def _below(tree: Tree, folder: bytes) -> Tree:
    return {path: facts for path, facts in tree.items() if _is_below(path, folder)}


def _without(tree: Tree, kind: Kind, named: dict[bytes, str]) -> Tree:
    """Without what is left out, or named: of a folder that cannot be listed, it stays itself."""
    gone = [kind.folder + b"/" + path for path in kind.left_out]
    kept = {}
    for path, facts in tree.items():
        if any(_is_below(path, one) for one in gone):
            continue
        if any(path.startswith(one + b"/") for one in named):
            continue
        if path in named and (not facts.is_folder or b"/" in path[len(kind.folder) + 1 :]):
            continue
        kept[path] = facts
    return kept


def _is_below(path: bytes, folder: bytes) -> bool:
    return path == folder or path.startswith(folder + b"/")


def _changeable(root: Root) -> Path:
    return root.source / "file of one byte" / "one"


def _rsync(world: World, root: Root) -> str:
    """What rsync would do to make them equal; it cannot say overlong paths, nor skip holes."""
    skipped = [kind for kind in KINDS if kind.by_descriptor or kind.left_out]
    skipped += [kind for kind in KINDS if kind.expected(root=world.is_root)]
    excluded = [f"--exclude=/{kind.name}" for kind in skipped]
    excluded.append("--exclude=/file of one byte")  # changed since
    finished = subprocess.run(
        ["rsync", "-naHAXS", "--checksum", "--delete", "--itemize-changes", "--numeric-ids"]
        + [*excluded, f"{root.source}/", f"{root.restored}/"],
        capture_output=True,
        text=True,
        errors="backslashreplace",
        check=True,
    )
    return finished.stdout
