"""Stills of logical volumes: LVM snapshots, mounted read-only.

Not run anywhere we could test: written after lvs(8), lvcreate(8) and lvremove(8), and tested with
what these programs print.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from csbackup.client.files.stills.kinds import NoStill, Still, Wanted
from csbackup.client.files.stills.mounting import mounted
from csbackup.client.platform.commands import Run, run_command
from csbackup.client.platform.mount_table import Mount

_KINDS = (b"ext2", b"ext3", b"ext4", b"xfs")
_FIELDS = "vg_name,lv_name,lv_size,vg_free,pool_lv"
_LEAST = 64 * 1024 * 1024  # for what changes meanwhile
_ROOMY = 1024 * 1024 * 1024
_SHARE = 10  # of the volume, as a divisor


@dataclass(frozen=True, slots=True)
class Volume:
    group: str
    name: str
    size: int
    free: int  # in the group
    pool: str  # empty where its space was set aside at once

    @property
    def still_bytes(self) -> int:
        """How much may change before a still is lost; 0 where there is no room for one."""
        room = min(self.free, max(self.size // _SHARE, _ROOMY))
        return room if room >= _LEAST else 0


class Lvm:
    """`below`: a folder in which to mount for a moment."""

    kind = "lvm"

    def __init__(self, below: Path, run: Run = run_command) -> None:
        self._below = below
        self._run = run

    def offers(self, mount: Mount) -> bool:
        return mount.kind in _KINDS and mount.source.startswith((b"/dev/mapper/", b"/dev/dm-"))

    @contextmanager
    def hold(self, wanted: Sequence[Wanted], name: str) -> Iterator[tuple[Still, ...]]:
        mount = wanted[0].mount
        volume = self._ask(os.fsdecode(mount.source))
        with ExitStack() as ending:
            self._create(volume, name)
            ending.callback(self._remove_if_it_goes, volume.group, name)
            kind = mount.kind.decode()
            options = "ro,nouuid" if kind == "xfs" else "ro"
            device = f"/dev/{volume.group}/{name}"
            top = ending.enter_context(mounted(self._run, device, kind, options, self._below))
            yield tuple(_still(one, top) for one in wanted)

    def let_go(self, source: str, name: str) -> None:
        group = self._ask(source).group
        if self._run(("lvs", "--noheadings", f"{group}/{name}")).fine:
            self._remove(group, name)

    def leave(self, source: str) -> None:
        """There is nothing but the stills."""

    def _ask(self, source: str) -> Volume:
        asked = ("lvs", "--reportformat", "json", "--units", "b", "--nosuffix")
        told = self._run((*asked, "-o", _FIELDS, "--", source))
        if not told.fine:
            raise NoStill(f"{source} is no logical volume", usual=True)
        return read_volume(told.out, source)

    def _create(self, volume: Volume, name: str) -> None:
        if volume.pool:  # it takes its space from the pool, when it needs any
            size: tuple[str, ...] = ("--setactivationskip", "n")
        elif volume.still_bytes:
            size = ("--size", f"{volume.still_bytes}b")
        else:
            raise NoStill(f"the volume group {volume.group} has no free space", usual=True)
        made = self._run(
            ("lvcreate", "--snapshot", "--name", name, *size, f"{volume.group}/{volume.name}")
        )
        if not made.fine:
            raise NoStill(f"LVM makes no snapshot: {made.reason}")

    def _remove_if_it_goes(self, group: str, name: str) -> None:
        with suppress(NoStill):  # it is noted, and tried again
            self._remove(group, name)

    def _remove(self, group: str, name: str) -> None:
        gone = self._run(("lvremove", "--yes", f"{group}/{name}"))
        if not gone.fine:
            raise NoStill(f"LVM removes no snapshot: {gone.reason}")


def read_volume(report: str, source: str) -> Volume:
    """From what `lvs --reportformat json` prints."""
    try:
        found = json.loads(report)["report"][0]["lv"][0]
        return Volume(
            found["vg_name"],
            found["lv_name"],
            int(found["lv_size"]),
            int(found["vg_free"]),
            found["pool_lv"],
        )
    except (ValueError, KeyError, IndexError, TypeError):
        raise NoStill(f"{source}: what `lvs` says is not understood") from None


def _still(one: Wanted, top: bytes) -> Still:
    path = top + one.inner.rstrip(b"/")
    try:
        return Still(one.live, path, os.lstat(path).st_dev, os.lstat(one.real).st_dev)
    except OSError as failure:
        raise NoStill(f"{os.fsdecode(one.live)}: {failure.strerror}") from failure
