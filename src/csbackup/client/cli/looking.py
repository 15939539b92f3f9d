"""Whose snapshots a command looks at, and which one."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime

from csbackup.client.browse.chain import History, Kept, read_history
from csbackup.client.browse.nodes import NodeReader
from csbackup.client.cli.reaching import own_home, reach_own, unlock_own
from csbackup.client.cli.typed import absolute
from csbackup.client.config import Home
from csbackup.client.connection.reading import Reading
from csbackup.client.enrol import find_device
from csbackup.client.heads import Heads
from csbackup.client.keyring import EnrolledDevice, load_device
from csbackup.errors import PathProblem
from csbackup.format.ids import DeviceId
from csbackup.rules.moment import parse_moment


@dataclass(frozen=True, slots=True)
class Look:
    """A device's proven history, and its listings."""

    history: History
    reader: NodeReader
    own: bool

    def choose(self, at: str, snapshot_name: str) -> Kept:
        return choose(self.history, at, snapshot_name)

    def path(self, text: str) -> bytes:
        """A path as typed; of this device it may be relative to the current folder."""
        if self.own:
            return absolute(text)
        return os.fsencode(text)


def choose(history: History, at: str, snapshot_name: str) -> Kept:
    """The snapshot that is meant: a moment, a sequence number or id, or the newest."""
    if at and snapshot_name:
        raise PathProblem("Say either --at or --snapshot, not both.")
    if snapshot_name:
        return history.named(snapshot_name)
    if at:
        return history.at(parse_moment(at, datetime.now()))  # noqa: DTZ005  the system's zone
    return history.last()


def look(device_name: str, recovery_key: str = "") -> Look:
    """This device by its token; another one of the account asks for the password."""
    home = own_home()
    own = load_device(home)
    if device_name in ("", own.device_name):
        own, connection = reach_own(home)
        return _look(home, connection, own.device, own)
    own, unlocked = unlock_own(home, recovery_key)
    found = find_device(unlocked, device_name)
    return _look(home, unlocked.connection, DeviceId(found.device), own)


def _look(home: Home, reading: Reading, device: DeviceId, own: EnrolledDevice) -> Look:
    history = read_history(reading, device, own.keys)
    Heads(home, {own.device: own.device_name}).check_device(device, history.newest)
    return Look(history, NodeReader(reading), own=device == own.device)


def unfinished(history: History, kept: Kept) -> str:
    """What to know when the chosen snapshot is a checkpoint of a run that never ended, else empty.

    It has only what that run had reached; what the snapshot before it had may be missing.
    """
    if not kept.snapshot.partial:
        return ""
    number = kept.snapshot.sequence
    whole = [
        one.snapshot.sequence
        for one in history.whole
        if not one.snapshot.partial and one.snapshot.sequence < number
    ]
    advice = f" The one before it is whole: --snapshot {whole[-1]}." if whole else ""
    return f"Snapshot {number} is of a backup that did not finish: files may be missing.{advice}"
