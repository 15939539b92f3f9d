"""Which paths lie on a file system that may keep us waiting for ever."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from csbackup.client.files.guard import GivenUp, Guard, NotAnswering
from csbackup.client.platform.mounts import remote_mounts

_LOOK_AGAIN_SECONDS = 5.0
_ROOTS = b"the roots"


class RemotePlaces:
    """Remote mounts by path, also where a root leads to one through a link."""

    def __init__(
        self,
        roots: Sequence[bytes],
        guard: Guard,
        mounts: Callable[[], tuple[bytes, ...]] = remote_mounts,
    ) -> None:
        self._roots = roots
        self._guard = guard
        self._find_mounts = mounts
        self._mounts: tuple[bytes, ...] = ()
        self._places: tuple[bytes, ...] = ()
        self._looked = -math.inf

    def of(self, path: bytes) -> bytes:
        """The remote place that a path is in; empty for the usual ones."""
        self._look()
        for place in self._places:
            if path == place or path.startswith(place + b"/"):
                return place
        return b""

    def touched_by_listing(self, folder: bytes) -> bytes:
        """The same for a folder's items: a mount point among them is a remote thing as well."""
        found = self.of(folder)
        for place in () if found else self._places:
            if place.rpartition(b"/")[0] == folder.rstrip(b"/"):
                return place
        return found

    def _look(self) -> None:
        """Mounts come and go while a backup runs."""
        now = time.monotonic()
        if now - self._looked < _LOOK_AGAIN_SECONDS:
            return
        self._looked = now
        # If the system's own root does not answer, neither do we.
        mounts = tuple(mount for mount in self._find_mounts() if mount != b"/")
        if mounts != self._mounts:
            self._mounts = mounts
            self._places = self._with_aliases(mounts) if mounts else ()

    def _with_aliases(self, mounts: tuple[bytes, ...]) -> tuple[bytes, ...]:
        places = list(mounts)
        for root in self._roots:
            real = self._real(root)
            if real is None:
                places.append(root)
            elif real != root:
                places += _aliases(root, real, mounts)
        return tuple(dict.fromkeys(places))

    def _real(self, root: bytes) -> bytes | None:
        """Where a root really is; None when that is not answered in time."""
        try:
            found: bytes = self._guard.ask(_ROOTS, "real_path", root)
        except (NotAnswering, GivenUp):
            return None
        except OSError:
            return root
        return found


def _aliases(root: bytes, real: bytes, mounts: Sequence[bytes]) -> list[bytes]:
    """What the mounts around a root's real place are called below the root's own name."""
    found = []
    for mount in mounts:
        if real == mount or real.startswith(mount + b"/"):
            found.append(root)
        elif mount.startswith(real.rstrip(b"/") + b"/"):
            found.append(root.rstrip(b"/") + mount[len(real.rstrip(b"/")) :])
    return found
