"""Whether a snapshot was signed by the device that it names."""

from __future__ import annotations

from csbackup.errors import SignatureInvalid
from csbackup.format.keys import check_signature
from csbackup.format.snapshot import SIGN_SNAPSHOT, Snapshot, read_certificate
from csbackup.server.catalog import snapshots
from csbackup.server.catalog.database import Connection


def check_signed(
    connection: Connection, device: int, snapshot: Snapshot, signed: bytes, signature: bytes
) -> int | None:
    """`SignatureInvalid` unless it holds. When the certificate was revoked, or None.

    Certificates were checked against the account's key when the device was enrolled.
    """
    what = f"snapshot {snapshot.sequence}"
    found = snapshots.certificate(connection, device, snapshot.serial)
    if found is None:
        raise SignatureInvalid(what)
    certificate, revoked = found
    public = read_certificate(certificate).signing_public
    check_signature(public, SIGN_SNAPSHOT, signed, signature, what)
    return revoked
