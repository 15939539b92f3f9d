"""Which of the roots can be read as of one instant, having them hold still, and letting go."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from csbackup.client.config import Home
from csbackup.client.files.source import FileSource
from csbackup.client.files.stills.btrfs import Btrfs
from csbackup.client.files.stills.kinds import Holder, NoStill, Still, Wanted
from csbackup.client.files.stills.lvm import Lvm
from csbackup.client.files.stills.mounting import unmount_leftovers
from csbackup.client.files.stills.notes import Note, Notes
from csbackup.client.files.stills.still_files import StillFiles
from csbackup.client.files.stills.zfs import Zfs
from csbackup.client.log import LOG
from csbackup.client.log import field as shown
from csbackup.client.platform.commands import run_command
from csbackup.client.platform.mount_table import Mount, all_mounts

Mode = Literal["auto", "on", "off"]
MODES: tuple[Mode, ...] = ("auto", "on", "off")
LIVE = "live"
_UNCHANGING = (b"squashfs", b"erofs", b"iso9660", b"udf")


@dataclass(frozen=True, slots=True)
class HowRead:
    """How a place was read: `kind` of its still, or `live` with the reason. `usual`: a reason that
    such machines have, and that nobody need hear of unless they asked for stills."""

    path: bytes
    kind: str
    why: str = ""
    usual: bool = False

    def to_json(self) -> dict[str, str]:
        path = os.fsdecode(self.path).encode(errors="replace").decode()
        return {"path": path, "read_from": self.kind, "why": self.why}


@dataclass(slots=True)
class Held:
    """`files` to read from; `how` fills up while they are read."""

    files: FileSource
    how: list[HowRead] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Stills:
    """`home` remembers what has to be removed. `mounts` and `holders` are what there is."""

    home: Home
    holders: Sequence[Holder]
    mounts: Callable[[], Sequence[Mount]] = all_mounts

    @contextmanager
    def of(
        self, live: FileSource, roots: Sequence[bytes], *, one_file_system: bool = False
    ) -> Iterator[Held]:
        """The files below the roots, as they are at this instant where that can be had.

        A note first, then the still; the still is removed, then the note. A crash in between
        leaves a note, and perhaps a still, which the next run removes.
        """
        self.clear()
        mounts = self.mounts()
        found = [one for root in roots for one in find_wanted(root, mounts, live)]
        elsewhere = [one.live for one in found]
        wanted = [one for one in found if one.live in roots or not one_file_system]
        name = f"csb{secrets.token_hex(6)}"
        held = Held(live)
        with ExitStack() as ending:
            stills: list[Still] = []
            for group in _by_file_system(wanted):
                stills += self._hold(group, name, held, ending)
            if stills:
                held.files = StillFiles(live, stills, elsewhere, _teller(held))
            yield held

    def outlook(self, live: FileSource, roots: Sequence[bytes]) -> list[HowRead]:
        """What would be tried of each place, without trying."""
        mounts = self.mounts()
        found = [one for root in roots for one in find_wanted(root, mounts, live)]
        return [self._foreseen(one) for one in found if _on_a_disk(one.mount)]

    def _foreseen(self, one: Wanted) -> HowRead:
        holder = self._holder(one.mount)
        if holder is None or one.mount.read_only:
            return HowRead(one.live, LIVE, _why_none(one.mount), usual=True)
        return HowRead(one.live, holder.kind)

    def _holder(self, mount: Mount) -> Holder | None:
        return next((one for one in self.holders if one.offers(mount)), None)

    def clear(self) -> None:
        """Remove what runs that were killed left; what cannot be removed now is tried again."""
        unmount_leftovers(run_command, self.home.path)
        notes = Notes(self.home)
        for note in notes.all():
            holder = next((one for one in self.holders if one.kind == note.kind), None)
            if holder is not None and is_gone(holder, note):
                notes.drop(note)

    def leave(self) -> None:
        """Clear up for good; what resists stays where it is."""
        self.clear()
        for place in Notes(self.home).places():
            for holder in self.holders:
                if holder.kind == place.kind:
                    with suppress(NoStill):
                        holder.leave(place.source)

    def _hold(
        self, wanted: list[Wanted], name: str, held: Held, ending: ExitStack
    ) -> tuple[Still, ...]:
        mount = wanted[0].mount
        holder = self._holder(mount)
        if holder is None or mount.read_only:
            if _on_a_disk(mount):
                held.how += [self._foreseen(one) for one in wanted]
            return ()
        try:
            stills = ending.enter_context(self._noted(holder, wanted, name))
        except NoStill as failure:
            LOG.info("no still %s", shown("detail", failure))
            why = str(failure)
            held.how += [HowRead(one.live, LIVE, why, usual=failure.usual) for one in wanted]
            return ()
        held.how += [HowRead(one.live, holder.kind) for one in wanted]
        return stills

    @contextmanager
    def _noted(
        self, holder: Holder, wanted: list[Wanted], name: str
    ) -> Iterator[tuple[Still, ...]]:
        """`NoStill` at the beginning only."""
        notes = Notes(self.home)
        note = Note(holder.kind, os.fsdecode(wanted[0].mount.source), name)
        notes.add(note)
        try:
            with holder.hold(wanted, name) as stills:
                yield stills
        finally:
            if is_gone(holder, note):
                notes.drop(note)


def is_gone(holder: Holder, note: Note) -> bool:
    """Whether nothing is left of a still, which is tried once more; False where that cannot be."""
    try:
        holder.let_go(note.source, note.name)
    except NoStill as failure:
        if not failure.usual:
            LOG.warning("a still may be left %s", shown("detail", failure))
        return failure.usual
    return True


def usual_holders(home: Home) -> tuple[Holder, ...]:
    return (Btrfs(home.path), Lvm(home.path), Zfs())


def find_wanted(root: bytes, mounts: Sequence[Mount], live: FileSource) -> Iterator[Wanted]:
    """A root, and the mounts below it, each by the name that the root gives it."""
    if not live.is_local(root) or os.path.islink(root):  # noqa: PTH114  paths are bytes
        return
    real = os.path.realpath(root)
    holding = [mount for mount in reversed(mounts) if mount.holds(real)]
    if not holding:
        return
    yield Wanted(root, max(holding, key=lambda mount: len(mount.point)), real)
    below = {mount.point: mount for mount in mounts}
    for point, mount in below.items():
        if point != real and point.startswith(real.rstrip(b"/") + b"/"):
            alias = root.rstrip(b"/") + point[len(real.rstrip(b"/")) :]
            yield Wanted(alias, mount, point)


def _on_a_disk(mount: Mount) -> bool:
    """Whether somebody may ask why it has no still: what the kernel makes up has none."""
    disk = mount.source.startswith(b"/dev/") or mount.kind == b"zfs"
    return disk and mount.kind not in _UNCHANGING


def _why_none(mount: Mount) -> str:
    if mount.read_only:
        return "it is mounted read-only, and does not change"
    return f"{mount.kind.decode(errors='replace')} here makes no stills"


def _by_file_system(wanted: Sequence[Wanted]) -> list[list[Wanted]]:
    groups: dict[tuple[bytes, bytes], list[Wanted]] = {}
    for one in wanted:
        groups.setdefault((one.mount.kind, one.mount.source), []).append(one)
    return list(groups.values())


def _teller(held: Held) -> Callable[[bytes], None]:
    def tell(path: bytes) -> None:
        held.how.append(HowRead(path, LIVE, "it is a subvolume of its own", usual=True))

    return tell


def is_root() -> bool:
    """Whether this process may make a file system hold still."""
    return hasattr(os, "geteuid") and os.geteuid() == 0 and Path("/proc/self/fd").is_dir()
