"""What a source's roots are today: which are there, and what stays out below each."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, datetime

from csbackup.client.backup.context import Chosen
from csbackup.client.backup.tally import Tally
from csbackup.client.platform.clock import is_before_us
from csbackup.client.platform.defaults import default_patterns, default_places
from csbackup.client.problems import Problem
from csbackup.client.scan import Bounds, Status, status_of
from csbackup.errors import NothingToBackUp, PathProblem
from csbackup.rules.exclusion import exclusions_of


def find_roots(context: Chosen, tally: Tally) -> list[Status]:
    """The roots that are there; `PathProblem` when none is."""
    if not context.settings.roots:
        raise NothingToBackUp
    _look_at_the_clock(context, tally)
    found: list[Status] = []
    missing: list[bytes] = []
    for root in sorted(chosen_roots(context)):
        try:
            found.append(status_of(context.files, root, root))
        except OSError as failure:
            missing.append(root)
            message = f"{failure.strerror}. It is not part of this snapshot."
            tally.lost(Problem("root-missing", root, message))
    if not found:
        raise nothing_there(missing)
    return found


def nothing_there(roots: list[bytes]) -> PathProblem:
    """An empty snapshot would look like a good one."""
    names = ", ".join(os.fsdecode(root) for root in roots)
    return PathProblem(
        f"Nothing to back up is there: {names}. Is a disk not connected? No snapshot was made."
    )


def _look_at_the_clock(context: Chosen, tally: Tally) -> None:
    """Nothing of a backup needs it, but people do, when they look for a moment."""
    now = context.clock()
    if is_before_us(now):
        shown = datetime.fromtimestamp(now // 1_000_000_000, UTC).date()
        message = f"This machine's clock says {shown}. Set it: restoring goes by the server's."
        tally.problem(Problem("clock-wrong", b"", message, ignored=True))


def chosen_roots(context: Chosen) -> frozenset[bytes]:
    """What the settings name, each as it is called in a snapshot."""
    return frozenset(map(_plain, context.settings.roots))


def bounds_of(context: Chosen) -> Callable[[bytes], Bounds]:
    """What stays out below each root, as the settings and this platform's defaults say."""
    settings = context.settings
    defaults = default_patterns() if settings.default_exclusions else ()
    places = default_places() if settings.default_exclusions else ()

    def make(root: bytes) -> Bounds:
        # The person's patterns come last: one that begins with `!` takes back a default.
        exclusions = exclusions_of(root, (*defaults, *settings.exclusions), places=places)
        return Bounds(root, exclusions, honour_cache_tags=settings.default_exclusions)

    return make


def own_state(context: Chosen) -> frozenset[tuple[int, int]]:
    """Inode and device of the client's own state folder, which changes with every run."""
    status = os.stat(context.home)  # noqa: PTH116  a link to it counts as well
    return frozenset({(status.st_ino, status.st_dev)})


def _plain(root: bytes) -> bytes:
    return root.rstrip(b"/") or b"/"
