"""Asking the server which version this device should run, and becoming it: for the service, and
for `csb update`.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass

from csbackup import __version__
from csbackup.client.backup.run import LOCK
from csbackup.client.cli.orders import LOCK as ORDERS_LOCK
from csbackup.client.cli.reaching import reach_own
from csbackup.client.config import Home
from csbackup.client.connection import Connection, ReleaseSource
from csbackup.client.log import LOG
from csbackup.client.platform.description import describe_os
from csbackup.client.platform.locking import is_held, only_run
from csbackup.client.update.carrying_out import Update, carry_out
from csbackup.client.update.failures import UpdateRunsAlready
from csbackup.client.update.installation import Installation, Installed, own_target
from csbackup.client.update.memory import load_memory
from csbackup.client.update.trial import confirm, hear_of_going_back, is_on_trial, terms_from
from csbackup.errors import FormatError, RunInProgress, ServerIncompatible
from csbackup.format.releases import Version, read_version
from csbackup.protocol.messages import CheckIn, CheckInAnswer, UpdateReport
from csbackup.rules.updating import Situation, UpdatePlan, plan_update

UPDATE_LOCK = "update.lock"  # in the installation: one update at a time


@dataclass(frozen=True, slots=True)
class Asked:
    """What the server answered, and what follows for this device."""

    connection: Connection
    answer: CheckInAnswer
    plan: UpdatePlan


def ask(home: Home, installed: Installed) -> Asked:
    """Check in, tell how updates stand, and hear which version to run.

    A version on trial is known to work when the server has answered: it knows the server, its own
    keys and the protocol.
    """
    installation = installed.installation
    if installation is not None:
        hear_of_going_back(installation, home)
    _, connection = reach_own(home)
    answer = connection.check_in(
        CheckIn(__version__, describe_os(), target=own_target(), update=report(home, installed))
    )
    if installation is not None and is_on_trial(installation):
        confirm(installation, home)
        LOG.info("version %s works, and stays", installation.running)
    wanted = _wanted(answer, connection)
    return Asked(connection, answer, plan_for(home, installed, wanted))


def report(home: Home, installed: Installed) -> UpdateReport:
    """What the server is told of updates here."""
    if installed.installation is None:
        return UpdateReport("off", "", installed.kind, installed.reason)
    return load_memory(home).last


def plan_for(home: Home, installed: Installed, wanted: Version | None) -> UpdatePlan:
    installation = installed.installation
    memory = load_memory(home)
    return plan_update(
        Situation(
            running=installed.running,
            newest=memory.newest_version(installed.running),
            wanted=wanted,
            can_update=installation is not None,
            on_trial=installation is not None and is_on_trial(installation),
            busy=any(is_held(home.path / name) for name in (LOCK, ORDERS_LOCK)),
            failures=memory.failures(),
        )
    )


def become(
    asked: Asked, home: Home, installation: Installation, tell: Callable[[str], None]
) -> Version:
    """Install what is planned; the version to be started next."""
    update = Update(
        installation,
        home,
        ReleaseSource(asked.connection.transport),
        terms_from(os.environ),
        time.time_ns(),
        tell,
    )
    try:
        with only_run(installation.path(UPDATE_LOCK)):
            return carry_out(asked.plan, update)
    except RunInProgress:
        raise UpdateRunsAlready from None


def _wanted(answer: CheckInAnswer, connection: Connection) -> Version | None:
    if answer.release is None:
        return None
    try:
        return read_version(answer.release)
    except FormatError as problem:
        why = "it names a release that is none"
        raise ServerIncompatible(str(connection.transport.address), why) from problem
