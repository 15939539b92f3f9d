"""What a kind of file system that can hold still has to offer."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from csbackup.client.platform.mount_table import Mount
from csbackup.errors import ClientError

FOLDER = b".csbackup-stills"  # in the top of a btrfs; never backed up


class NoStill(ClientError):
    """None can be had. `usual`: that is how such machines are, and no reason to tell anybody."""

    code = "no-still"

    def __init__(self, why: str, *, usual: bool = False) -> None:
        super().__init__(why)
        self.usual = usual


@dataclass(frozen=True, slots=True)
class Wanted:
    """Something that is to be read as of one instant: what it is called, and where it really is."""

    live: bytes
    mount: Mount
    real: bytes

    @property
    def inner(self) -> bytes:
        return self.mount.inner(self.real)


@dataclass(frozen=True, slots=True)
class Still:
    """What is live at `live` can be read at `path`, as it was at one instant.

    A still is another volume: `device` is its number, `live_device` that of what it shows, so that
    a file is known again. A folder with inode `hole` stands in it for something that is no part of
    it; 0 where there are none.
    """

    live: bytes
    path: bytes
    device: int
    live_device: int
    hole: int = 0


class Holder(Protocol):
    """A kind of file system that can hold still. `kind` is its name, for notes and people."""

    kind: str

    def offers(self, mount: Mount) -> bool:
        """Whether it is of this kind, as far as can be told without asking it."""

    def hold(
        self, wanted: Sequence[Wanted], name: str
    ) -> AbstractContextManager[tuple[Still, ...]]:
        """Stills of everything in one file system, called `name`; `NoStill` when there are none.

        They are removed at the end, which never raises: what could not be removed then, or was
        left by a crash, is for `let_go`.
        """

    def let_go(self, source: str, name: str) -> None:
        """Remove whatever is called `name` in the file system `source`; `NoStill` where that
        cannot be done now. Nothing of that name is fine."""

    def leave(self, source: str) -> None:
        """Take away, for good, what was made in the file system to have stills in."""
