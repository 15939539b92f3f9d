"""Stills of ZFS: snapshots of the datasets, read through their `.zfs` folder.

Not run anywhere we could test: written after zfs-snapshot(8) and zfs-destroy(8), and tested with a
folder that stands in for a dataset.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress

from csbackup.client.files.stills.kinds import NoStill, Still, Wanted
from csbackup.client.platform.commands import Run, run_command
from csbackup.client.platform.mount_table import Mount, all_mounts


class Zfs:
    kind = "zfs"

    def __init__(
        self, run: Run = run_command, mounts: Callable[[], Sequence[Mount]] = all_mounts
    ) -> None:
        self._run = run
        self._mounts = mounts

    def offers(self, mount: Mount) -> bool:
        return mount.kind == b"zfs"

    @contextmanager
    def hold(self, wanted: Sequence[Wanted], name: str) -> Iterator[tuple[Still, ...]]:
        dataset = os.fsdecode(wanted[0].mount.source)
        made = self._run(("zfs", "snapshot", f"{dataset}@{name}"))
        if not made.fine:
            raise NoStill(f"ZFS makes no snapshot: {made.reason}")
        with ExitStack() as ending:
            ending.callback(self._destroy_if_it_goes, dataset, name)
            top = self._top_of(wanted[0].mount)
            yield tuple(_still(one, top, name) for one in wanted)

    def let_go(self, source: str, name: str) -> None:
        if self._run(
            ("zfs", "list", "-H", "-t", "snapshot", "-o", "name", f"{source}@{name}")
        ).fine:
            self._destroy(source, name)

    def leave(self, source: str) -> None:
        """There is nothing but the stills."""

    def _destroy_if_it_goes(self, dataset: str, name: str) -> None:
        with suppress(NoStill):  # it is noted, and tried again
            self._destroy(dataset, name)

    def _destroy(self, dataset: str, name: str) -> None:
        gone = self._run(("zfs", "destroy", f"{dataset}@{name}"))
        if not gone.fine:
            raise NoStill(f"ZFS removes no snapshot: {gone.reason}")

    def _top_of(self, mount: Mount) -> bytes:
        """Where the dataset itself is mounted: `mount` may be a part of it that was bound."""
        for other in self._mounts():
            if other.source == mount.source and other.root == b"/":
                return other.point.rstrip(b"/")
        raise NoStill(f"{os.fsdecode(mount.source)} is mounted in part only")


def _still(one: Wanted, top: bytes, name: str) -> Still:
    path = top + b"/.zfs/snapshot/" + name.encode() + one.inner.rstrip(b"/")
    try:
        return Still(one.live, path, os.lstat(path).st_dev, os.lstat(one.real).st_dev)
    except OSError as failure:
        raise NoStill(f"{os.fsdecode(one.live)}: {failure.strerror}") from failure
