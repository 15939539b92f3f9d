"""Making accounts, and making a device known to one."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from csbackup import __version__
from csbackup.client.browse.chain import History, check_certificates, read_history
from csbackup.client.browse.gossip import Hearsay, hearsay
from csbackup.client.browse.nodes import NodeReader
from csbackup.client.config import Home
from csbackup.client.connection import Connection, Transport, register
from csbackup.client.heads import Heads, sane
from csbackup.client.keyring import EnrolledDevice, save_device
from csbackup.client.platform.description import describe_os
from csbackup.client.settings import new_settings, save_settings
from csbackup.client.unlock import (
    Protection,
    UnlockedAccount,
    check_public_keys,
    protect_with_password,
    protect_with_recovery_key,
)
from csbackup.errors import HistoryBroken, KeysMismatch, NoSuchDevice, ServerWentBack
from csbackup.format.ids import SHORT, AccountId, DeviceId
from csbackup.format.keys import SECRET_BYTES, account_keys, sign
from csbackup.format.recovery import KEY_BYTES, format_recovery_key
from csbackup.format.snapshot import SIGN_CERTIFICATE, Certificate, Settings
from csbackup.protocol import messages
from csbackup.rules.naming import folded

_ADVICE = (
    "run `csb accept-server` and `csb backup` on the devices that saw it, or set this machine up "
    "as a new device, without --take-over"
)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """An account that was just made; its recovery key is shown once and kept nowhere."""

    unlocked: UnlockedAccount
    recovery_key: str


@dataclass(frozen=True, slots=True)
class _Identity:
    device: DeviceId
    serial: int = 1
    take_over: bool = False


def make_account(
    transport: Transport, name: str, password: str, invitation: str = ""
) -> NewAccount:
    """Make every key here, and tell the server proofs and wraps only."""
    account_id = AccountId(secrets.token_bytes(SHORT))
    master_secret = secrets.token_bytes(SECRET_BYTES)
    recovery_key = secrets.token_bytes(KEY_BYTES)
    keys = account_keys(master_secret, account_id)
    by_password = protect_with_password(master_secret, password, account_id)
    by_recovery_key = protect_with_recovery_key(master_secret, recovery_key, account_id)
    registration = messages.Registration(
        name=name,
        account_id=account_id,
        kdf=by_password.kdf,
        auth=by_password.auth,
        wrap_password=by_password.wrap,
        recovery_auth=by_recovery_key.auth,
        wrap_recovery=by_recovery_key.wrap,
        sealing_public=keys.device.sealing_public,
        account_public=keys.device.account_public,
        invitation=invitation,
    )
    connection, account = register(transport, registration)
    check_public_keys(account, keys)
    if account.account_id != account_id or folded(account.name) != folded(name):
        raise KeysMismatch("new account")
    _check_kept(account, by_password)
    _check_kept(account, by_recovery_key)
    unlocked = UnlockedAccount(connection, account, keys, master_secret, by_password.auth)
    return NewAccount(unlocked, format_recovery_key(recovery_key))


def enrol_new_device(
    home: Home, unlocked: UnlockedAccount, *, name: str, pin: str
) -> EnrolledDevice:
    """Make this machine a new device of the account, which backs up nothing yet."""
    identity = _Identity(DeviceId(secrets.token_bytes(SHORT)))
    return _enrol(home, unlocked, identity, new_settings(), name=name, pin=pin)


def take_over_device(
    home: Home, unlocked: UnlockedAccount, *, old: str, pin: str
) -> EnrolledDevice:
    """Go on here with a device's source, history and chain; its old token ends.

    What the device backed up comes from its newest snapshot, read before anything changes, and
    compared with what the other devices saw of it: this machine saw nothing yet.
    """
    device = find_device(unlocked, old)
    device_id = DeviceId(device.device)
    keys = unlocked.keys.device
    certificates = check_certificates(unlocked.connection.certificates(device_id), device_id, keys)
    if not certificates:
        raise HistoryBroken(f"the server shows no certificate of {old}")
    history = read_history(unlocked.connection, device_id, keys)
    if missed := what_siblings_saw(unlocked, history).missed:
        raise ServerWentBack("; ".join(missed), _ADVICE)
    settings = new_settings()
    if history.whole:
        settings = NodeReader(unlocked.connection).settings(history.whole[-1].snapshot.settings)
    identity = _Identity(device_id, max(certificates) + 1, take_over=True)
    enrolled = _enrol(home, unlocked, identity, settings, name=device.name, pin=pin)
    Heads(home).remember(history.heads)
    return enrolled


def what_siblings_saw(unlocked: UnlockedAccount, history: History) -> Hearsay:
    """What is gone of a device's history, by what the newest snapshots of the others say."""
    names = {DeviceId(one.device): one.name for one in unlocked.connection.devices()}
    return hearsay(unlocked.connection, names, history, unlocked.keys.device)


def find_device(unlocked: UnlockedAccount, wanted: str) -> messages.Device:
    """A device of the account by its name, or by the beginning of its id."""
    devices = unlocked.connection.devices()
    found = [device for device in devices if device.name == wanted]
    if not found and len(wanted) >= 8:
        found = [device for device in devices if device.device.hex().startswith(wanted.lower())]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(device.device.hex()[:12] for device in found)
        raise NoSuchDevice(f"Several devices are called {wanted}. Name one by its id: {ids}.")
    names = ", ".join(sorted(device.name for device in devices)) or "none yet"
    raise NoSuchDevice(f"The account has no device {wanted}. It has: {names}.")


def _enrol(
    home: Home,
    unlocked: UnlockedAccount,
    identity: _Identity,
    settings: Settings,
    *,
    name: str,
    pin: str,
) -> EnrolledDevice:
    """Known to the server first, then settings and heads, the keys last.

    A crash in between leaves a device on the server that no machine speaks for, and a machine
    that counts as not enrolled: enrolling it again does no harm.
    """
    signing, sealing = Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    enrolment = _certify(unlocked, identity, signing, sealing, name)
    token = unlocked.connection.enrol(enrolment).token
    device = EnrolledDevice(
        url=str(unlocked.connection.transport.address),
        pin=pin,
        account_name=unlocked.account.name,
        device_name=name,
        account=unlocked.id,
        device=identity.device,
        serial=identity.serial,
        keys=unlocked.keys.device,
        signing_private=signing.private_bytes_raw(),
        sealing_private=sealing.private_bytes_raw(),
        token=token,
    )
    save_settings(home, settings)
    _meet_siblings(home, unlocked, device)
    save_device(home, device)
    return device


def _certify(
    unlocked: UnlockedAccount,
    identity: _Identity,
    signing: Ed25519PrivateKey,
    sealing: X25519PrivateKey,
    name: str,
) -> messages.DeviceEnrolment:
    certificate = Certificate(
        account=unlocked.id,
        device=identity.device,
        serial=identity.serial,
        signing_public=signing.public_key().public_bytes_raw(),
        sealing_public=sealing.public_key().public_bytes_raw(),
        not_before_ns=time.time_ns(),
    ).encode()
    return messages.DeviceEnrolment(
        device=identity.device,
        name=name,
        os=describe_os(),
        version=__version__,
        certificate=certificate,
        signature=sign(unlocked.keys.signing_private, SIGN_CERTIFICATE, certificate),
        take_over=identity.take_over,
    )


def _meet_siblings(home: Home, unlocked: UnlockedAccount, device: EnrolledDevice) -> None:
    """Remember the siblings' heads from now on; our own is known better than by being told."""
    transport = unlocked.connection.transport.with_token(device.token)
    connection = Connection(transport, device.device)
    answer = connection.check_in(messages.CheckIn(__version__, describe_os()))
    Heads(home).remember(head for head in sane(answer.heads) if head.device != device.device)


def change_password(unlocked: UnlockedAccount, password: str) -> None:
    """Wrap the master secret under a new password; all other sessions end."""
    protection = protect_with_password(unlocked.master_secret, password, unlocked.id)
    change = messages.PasswordChange(
        proof=unlocked.proof,
        kdf=protection.kdf,
        auth=protection.auth,
        wrap_password=protection.wrap,
        epoch=unlocked.account.epoch + 1,
    )
    _check_kept(unlocked.connection.change_password(change), protection)


def change_recovery_key(unlocked: UnlockedAccount) -> str:
    """A new recovery key; the one before opens nothing any more."""
    recovery_key = secrets.token_bytes(KEY_BYTES)
    protection = protect_with_recovery_key(unlocked.master_secret, recovery_key, unlocked.id)
    change = messages.RecoveryChange(
        proof=unlocked.proof, recovery_auth=protection.auth, wrap_recovery=protection.wrap
    )
    _check_kept(unlocked.connection.change_recovery(change), protection)
    return format_recovery_key(recovery_key)


def _check_kept(account: messages.Account, protection: Protection) -> None:
    """The server answers with the account as it is now: it must hold what was sent just now."""
    if protection.wrap not in (account.wrap_password, account.wrap_recovery):
        raise KeysMismatch("copy of your wrapped keys")
