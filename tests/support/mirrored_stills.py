"""A still that is the live folder under another name: nothing holds still, the rest is so."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from csbackup.client.files.stills.kinds import NoStill, Still, Wanted
from csbackup.client.platform.mount_table import Mount


class MirroredStills:
    """`mirrors`: a folder for the names. `refuses`: why none can be had. `stuck`: they cannot be
    removed, for as long as that is true."""

    kind = "fake"

    def __init__(self, mirrors: Path, *, refuses: str = "", usual: bool = False) -> None:
        self.mirrors = mirrors
        self.stuck = False
        self.left: list[str] = []
        self._refuses = refuses
        self._usual = usual
        mirrors.mkdir(exist_ok=True)

    def offers(self, mount: Mount) -> bool:
        return True

    @contextmanager
    def hold(self, wanted: Sequence[Wanted], name: str) -> Iterator[tuple[Still, ...]]:
        if self._refuses:
            raise NoStill(self._refuses, usual=self._usual)
        try:
            yield tuple(self._mirrored(one, f"{name}-{at}") for at, one in enumerate(wanted))
        finally:
            with suppress(NoStill):
                self.let_go("", name)

    def let_go(self, source: str, name: str) -> None:
        if self.stuck:
            raise NoStill("it does not go")
        for mirror in self.mirrors.glob(f"{name}-*"):
            mirror.unlink()

    def leave(self, source: str) -> None:
        self.left.append(source)

    def _mirrored(self, one: Wanted, name: str) -> Still:
        folder, _, last = one.real.rpartition(b"/")
        (self.mirrors / name).symlink_to(os.fsdecode(folder))
        device = os.lstat(one.real).st_dev
        return Still(one.live, os.fsencode(self.mirrors / name) + b"/" + last, device, device)
