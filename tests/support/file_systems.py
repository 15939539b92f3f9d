"""File systems for tests: ext4, XFS and btrfs in images, tmpfs, and one of our own through FUSE.

Only root can mount them. Which could not be mounted, and why, is told, never passed over.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from support.nasty_kinds import unlock
from support.odd_mounts import odd_mount
from support.tree_facts import remove_tree

IMAGE_BYTES = 1024 * 1024 * 1024  # sparse; a full small btrfs is slow
ROOMY = 4 * IMAGE_BYTES
MAKE = {
    "ext4": ("mkfs.ext4", "-q", "-F", "-b", "4096", "-I", "256"),
    "xfs": ("mkfs.xfs", "-q", "-f"),
    "btrfs": ("mkfs.btrfs", "-q", "-f"),
}
ALL = ("ext4", "xfs", "btrfs", "tmpfs", "fuse")


@dataclass
class FileSystems:
    """Where each of those that are there is mounted; `lacking` says why another is not."""

    mounted: dict[str, Path] = field(default_factory=dict)
    lacking: dict[str, str] = field(default_factory=dict)


@contextmanager
def open_place(name: str = "csb-nasty-") -> Iterator[Path]:
    """A folder that every user may enter, removed at the end whatever is in it.

    pytest's own folders are closed to others.
    """
    place = Path(tempfile.mkdtemp(prefix=name))
    place.chmod(0o755)
    try:
        yield place
    finally:
        remove_tree(os.fsencode(place))


@contextmanager
def file_systems(place: Path, names: tuple[str, ...] = ALL) -> Iterator[FileSystems]:
    """Mount those of `names` that can be mounted, below `place`."""
    found = FileSystems()
    with ExitStack() as mounts:
        for name in names:
            try:
                found.mounted[name] = mounts.enter_context(file_system(place, name))
            except (OSError, subprocess.CalledProcessError) as failure:
                found.lacking[name] = _reason(failure)
        yield found


@contextmanager
def file_system(place: Path, name: str) -> Iterator[Path]:
    folder = place / name
    folder.mkdir()
    with ExitStack() as ending:
        if name == "tmpfs":
            run("mount", "-t", "tmpfs", "-o", "size=800m,mode=755", "csb-nasty", str(folder))
        elif name == "fuse":
            base = place / "below fuse"
            base.mkdir()
            ending.enter_context(odd_mount("passthrough", folder, str(base)))
        else:
            image = ending.enter_context(image_file(place))
            run(*MAKE[name], str(image))
            run("mount", "-o", "loop", str(image), str(folder))
        try:
            yield folder
        finally:
            if name != "fuse":
                run("umount", "--lazy", str(folder))


@contextmanager
def image_file(place: Path) -> Iterator[Path]:
    """In memory where there is much of it, else beside the tests."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOMY
    handle, name = tempfile.mkstemp(prefix="csb-nasty-", dir=memory if roomy else place)
    os.truncate(handle, IMAGE_BYTES)
    os.close(handle)
    try:
        yield Path(name)
    finally:
        Path(name).unlink()


def make_removable(root: Path) -> None:
    with suppress(OSError):
        unlock(os.fsencode(root))


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)


def _reason(failure: OSError | subprocess.CalledProcessError) -> str:
    if isinstance(failure, subprocess.CalledProcessError):
        said = failure.stderr.decode(errors="replace").strip().splitlines()
        return f"{failure.cmd[0]}: {said[-1] if said else failure.returncode}"
    return str(failure)


def tell(line: str) -> None:
    """Say it in the test run's output, also when the test passes."""
    with suppress(OSError):
        print(line, file=sys.__stderr__, flush=True)
