"""Having the file systems hold still while a run reads them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from csbackup.client.backup.context import BackupContext
from csbackup.client.backup.roots import chosen_roots
from csbackup.client.files.stills.holding import LIVE, Held, HowRead
from csbackup.client.problems import Problem


@contextmanager
def held_still(context: BackupContext) -> Iterator[tuple[BackupContext, Held]]:
    """The same context, which reads from stills where there are any."""
    if context.stills is None:
        held = Held(context.files)
        yield replace(context, remarks=lambda: remarks_on(held, context)), held
        return
    with context.stills.of(
        context.files,
        sorted(chosen_roots(context)),
        one_file_system=context.settings.one_file_system,
    ) as held:
        yield (
            replace(context, files=held.files, remarks=lambda: remarks_on(held, context)),
            held,
        )


def remarks_on(held: Held, context: BackupContext) -> list[Problem]:
    """What was read live: a problem where stills are insisted on, else a note where there might
    have been one."""
    return [
        Problem("read-live", one.path, _message(one), ignored=not context.insists_on_stills)
        for one in held.how
        if one.kind == LIVE and (context.insists_on_stills or not one.usual)
    ]


def _message(one: HowRead) -> str:
    return f"It was read while it could change: {one.why}."
