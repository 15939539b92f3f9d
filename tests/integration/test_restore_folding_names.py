"""Where `A` and `a` are one name: no entry takes another's place, or goes through its link.

The kernel's file systems here know the case of a name; NTFS, behind FUSE, can be told not to. Its
driver comes with Debian's package ntfs-3g, and mounting needs root.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest

from csbackup.format.tree import FIFO, FILE, FOLDER, KIND_NAMES, SYMLINK, Entry, Extras
from support.hostile_trees import made_file
from support.restoring import ROOT, STAMP, kinds, leftovers, open_place, restore
from support.sealed_world import SealedWorld
from support.witness import fingerprint, watching

DRIVER = shutil.which("lowntfs-3g")
KINDS = (FILE, FOLDER, SYMLINK, FIFO)

pytestmark = pytest.mark.skipif(
    not (ROOT and DRIVER and Path("/dev/fuse").exists()),
    reason="needs root, FUSE and Debian's package ntfs-3g",
)


@dataclass(frozen=True)
class Volume:
    """A file system on which case does not count."""

    image: Path
    path: Path

    def mount(self) -> None:
        options = "ignore_case,permissions,streams_interface=xattr"
        command = [str(DRIVER), "-o", options, self.image, self.path]
        subprocess.run(command, check=True, capture_output=True)

    def unmount(self) -> None:
        subprocess.run(["umount", self.path], check=True)


@pytest.fixture
def volume() -> Iterator[Volume]:
    with open_place() as place:
        volume = Volume(place / "image", place / "volume")
        with volume.image.open("wb") as file:
            file.truncate(64 * 2**20)
        command = ["mkfs.ntfs", "-F", "-q", "-f", volume.image]
        subprocess.run(command, check=True, capture_output=True)
        volume.path.mkdir()
        volume.mount()
        try:
            (volume.path / "Name").touch()
            assert (volume.path / "nAME").exists(), "case counts: the test would prove nothing"
            yield volume
        finally:
            volume.unmount()


@pytest.fixture
def outside(volume: Volume) -> Path:
    """A folder that no restore may touch."""
    folder = volume.path.parent / "outside"
    folder.mkdir(exist_ok=True)
    (folder / "evil").write_bytes(b"mine")
    return folder


def entry_of(world: SealedWorld, name: bytes, kind: int, outside: Path) -> Entry:
    if kind == FILE:
        return made_file(world, name, b"content of " + name)
    if kind == FOLDER:
        return world.folder(name, made_file(world, b"evil", b"content of " + name))
    target = os.fsencode(outside) if kind == SYMLINK else b""
    return world.special(name, kind, Extras(target=target))


def test_names_that_differ_in_case_stay_two(volume: Volume, outside: Path) -> None:
    pairs = list(product(KINDS, KINDS, ("new", "old", "overwrite")))
    wrong = []
    before = fingerprint(outside)
    with watching(outside) as watch:
        for pair in pairs:
            wrong += [f"{show(*pair)}: {one}" for one in try_one(volume.path, outside, *pair)]
        seen = watch.seen()
    volume.unmount()  # the driver may have lost sight of what was replaced
    volume.mount()
    for pair in pairs:
        wrong += [f"{show(*pair)}: {one}" for one in look_at(volume.path, *pair)]

    print(f"{len(pairs)} pairs")
    assert not wrong, "\n".join(wrong)
    assert seen == []
    assert fingerprint(outside) == before


def show(first: int, second: int, mode: str) -> str:
    return f"{KIND_NAMES[first]} and {KIND_NAMES[second]}, {mode}"


def try_one(volume: Path, outside: Path, first: int, second: int, mode: str) -> list[str]:
    """Restore a pair twice; what was not told as it should be."""
    world = SealedWorld()
    out = volume / f"{first}-{second}-{mode}"
    if mode != "new":
        (out / "r").mkdir(parents=True)
    pair = [entry_of(world, b"A", first, outside), entry_of(world, b"a", second, outside)]
    kept = world.snapshot(world.folder(b"/r", *pair, made_file(world, b"z", b"z")))

    results = [restore(world, kept, out, overwrite=mode == "overwrite") for _ in range(2)]

    # It keeps a tenth of a microsecond less than we ask for.
    told = [set(kinds(result)) for result in results]
    return [f"told {told}"] if any(one - {"times"} != {"exists"} for one in told) else []


def look_at(volume: Path, first: int, second: int, mode: str) -> list[str]:
    """What is not there as it should be."""
    out = volume / f"{first}-{second}-{mode}"
    found = {path.name.lower() for path in (out / "r").iterdir()}
    wrong = [f"left {name}" for name in leftovers(out)]
    if found != {"a", f"a ({STAMP})", "z"}:
        wrong.append(f"there is {sorted(found)}")
    expected = {b"z"}
    expected |= {b"content of A"} if first in (FILE, FOLDER) else set()
    expected |= {b"content of a"} if second in (FILE, FOLDER) else set()
    contents = contents_of(out / "r")
    return wrong if contents == expected else [*wrong, f"the contents are {contents}"]


def contents_of(folder: Path) -> set[bytes]:
    """Of all files below, no link followed."""
    return {
        Path(parent, name).read_bytes()
        for parent, _, names in os.walk(folder)
        for name in names
        if not Path(parent, name).is_symlink() and Path(parent, name).is_file()
    }
