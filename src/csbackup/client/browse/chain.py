"""A device's snapshots, proven: signed under the account's certificates, each naming the last."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from csbackup.errors import FormatError, HistoryBroken, NoSuchSnapshot
from csbackup.format.ids import LONG, AccountId, DeviceId, SnapshotId, snapshot_id
from csbackup.format.keys import DeviceKeys, check_signature
from csbackup.format.snapshot import (
    POWER_PUT,
    SIGN_CERTIFICATE,
    SIGN_SNAPSHOT,
    Certificate,
    Snapshot,
    read_certificate,
    read_snapshot,
)
from csbackup.protocol import messages

_SHORTEST_ID = 8
_LATEST_NS = 7_258_118_400 * 1_000_000_000  # the year 2200: no calendar here fails before it


@dataclass(frozen=True, slots=True)
class Kept:
    """A snapshot that is still there, and when the server received it."""

    id: SnapshotId
    snapshot: Snapshot
    received_ns: int


@dataclass(frozen=True, slots=True)
class History:
    """Oldest first. `ids` are those of all there ever were, expired ones included."""

    device: DeviceId
    whole: tuple[Kept, ...]
    ids: tuple[SnapshotId, ...] = ()

    @property
    def newest(self) -> messages.DeviceHead | None:
        if not self.ids:
            return None
        return messages.DeviceHead(self.device, len(self.ids), self.ids[-1])

    @property
    def heads(self) -> tuple[messages.DeviceHead, ...]:
        return (self.newest,) if self.newest else ()

    def holds(self, sequence: int, snapshot: bytes) -> bool:
        """Whether this very snapshot is, or was, one of them."""
        return 0 < sequence <= len(self.ids) and self.ids[sequence - 1] == snapshot

    def last(self) -> Kept:
        """The newest snapshot of a backup that finished; of one that did not where none did.

        A checkpoint has only what its run had reached: who asks for the newest wants everything.
        """
        if not self.whole:
            raise NoSuchSnapshot("This device has no snapshot yet. `csb backup` makes the first.")
        finished = (kept for kept in reversed(self.whole) if not kept.snapshot.partial)
        return next(finished, self.whole[-1])

    def at(self, moment: datetime) -> Kept:
        """The newest snapshot that the server had received by then."""
        moment_ns = int(moment.timestamp() * 1_000_000) * 1000 + 999
        self.last()
        first = self.whole[0]
        found = [kept for kept in self.whole if kept.received_ns <= moment_ns]
        if not found:
            raise NoSuchSnapshot(
                f"There is no snapshot from {_for_people(moment)} or before. The first one was "
                f"received on {_for_people(datetime.fromtimestamp(first.received_ns / 1e9, UTC))}."
            )
        return found[-1]

    def named(self, text: str) -> Kept:
        """By sequence number, or by the beginning of its id."""
        wanted = text.strip().lower()
        for kept in self.whole:
            if wanted == str(kept.snapshot.sequence):
                return kept
        found = [kept for kept in self.whole if kept.id.hex().startswith(wanted)]
        if len(wanted) >= _SHORTEST_ID and len(found) == 1:
            return found[0]
        if wanted.isdecimal() and 0 < int(wanted[:19]) <= len(self.ids):
            raise NoSuchSnapshot(
                f"Snapshot {text} has expired, says the server, and only its stub is left. "
                "If nobody let it expire, ask the admin."
            )
        raise NoSuchSnapshot(f"There is no snapshot {text}. `csb snapshots` lists them.")


def _for_people(moment: datetime) -> str:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S")


class HistorySource(Protocol):
    """Whoever has certificates and snapshots; `connection.Reading` is one."""

    def certificates(self, device: DeviceId, /) -> tuple[messages.CertificateInfo, ...]: ...
    def snapshots_of(self, device: DeviceId, /) -> messages.SnapshotList: ...


def read_history(source: HistorySource, device: DeviceId, keys: DeviceKeys) -> History:
    """Fetch a device's snapshots and check every one; `HistoryBroken` says what does not hold."""
    certificates = check_certificates(source.certificates(device), device, keys)
    infos = source.snapshots_of(device).snapshots
    return check_chain(infos, certificates, device, keys.account)


def check_head(source: HistorySource, head: messages.DeviceHead, keys: DeviceKeys) -> History:
    """The history that holds what a server says is a device's newest snapshot.

    `HistoryBroken` when it does not: nobody goes on from a snapshot that nobody made.
    """
    history = read_history(source, DeviceId(head.device), keys)
    if not history.holds(head.sequence, head.snapshot):
        raise HistoryBroken(f"its snapshot {head.sequence} is said to be there, and is not")
    return history


def check_certificates(
    offered: Iterable[messages.CertificateInfo], device: DeviceId, keys: DeviceKeys
) -> dict[int, Certificate]:
    """A device's certificates by serial, each signed by the account."""
    certificates: dict[int, Certificate] = {}
    for info in offered:
        what = f"the certificate {info.serial} of device {device.hex()[:8]}"
        check_signature(
            keys.account_public, SIGN_CERTIFICATE, info.certificate, info.signature, what
        )
        certificate = read_certificate(info.certificate)
        owner = (certificate.account, certificate.device, certificate.serial)
        if owner != (keys.account, device, info.serial):
            raise HistoryBroken(f"{what} was made for something else")
        if certificates.setdefault(certificate.serial, certificate) != certificate:
            raise HistoryBroken(f"{what} is there twice, and not the same")
    return certificates


def check_chain(
    infos: Iterable[messages.SnapshotInfo],
    certificates: dict[int, Certificate],
    device: DeviceId,
    account: AccountId,
) -> History:
    """No gap from the first to the newest; each names the one before; no older key comes back.

    Of an expired snapshot only its id is left, which the next one has to name. So the newest,
    which nothing names, must be there: it never expires.
    """
    whole: list[Kept] = []
    ids: list[SnapshotId] = []
    before: messages.SnapshotInfo | None = None
    serial = 0
    for info in infos:
        if info.sequence != len(ids) + 1:
            raise HistoryBroken(f"snapshot {len(ids) + 1} is missing, or not in its place")
        if len(info.snapshot) != LONG or not 0 <= info.received < _LATEST_NS:
            raise HistoryBroken(f"snapshot {info.sequence} has an id or a time that is none")
        if not info.expired:
            kept = _check_one(info, certificates)
            _check_place(kept.snapshot, before, (account, device))
            if kept.snapshot.serial < serial:
                raise HistoryBroken(f"snapshot {info.sequence} is signed with a replaced key")
            serial = kept.snapshot.serial
            whole.append(kept)
        ids.append(SnapshotId(info.snapshot))
        before = info
    if before is not None and before.expired:
        raise HistoryBroken("its newest snapshot is said to have expired, which none does")
    return History(device, tuple(whole), tuple(ids))


def _check_one(info: messages.SnapshotInfo, certificates: dict[int, Certificate]) -> Kept:
    what = f"snapshot {info.sequence}"
    try:
        snapshot = read_snapshot(info.signed)
    except FormatError as problem:
        raise HistoryBroken(f"{what} cannot be read ({problem})") from problem
    certificate = certificates.get(snapshot.serial)
    if certificate is None or POWER_PUT not in certificate.powers:
        raise HistoryBroken(f"{what} is signed with a key that the account never certified")
    check_signature(certificate.signing_public, SIGN_SNAPSHOT, info.signed, info.signature, what)
    found = snapshot_id(info.signed)
    if found != info.snapshot or snapshot.sequence != info.sequence:
        raise HistoryBroken(f"{what} is not the one it is said to be")
    return Kept(found, snapshot, info.received)


def _check_place(
    snapshot: Snapshot,
    before: messages.SnapshotInfo | None,
    owner: tuple[AccountId, DeviceId],
) -> None:
    if (snapshot.account, snapshot.device) != owner:
        raise HistoryBroken(f"snapshot {snapshot.sequence} belongs to another device")
    if snapshot.previous != (before.snapshot if before else b""):
        raise HistoryBroken(f"snapshot {snapshot.sequence} does not follow the one before it")
