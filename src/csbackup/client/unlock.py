"""From a password or a recovery key to an account with its keys; nothing of it is kept on disk."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from csbackup.client.connection import PersonConnection, Transport, ask_kdf, sign_in
from csbackup.errors import KeysMismatch, WrongPassword, WrongRecoveryKey
from csbackup.format.ids import SHORT, AccountId
from csbackup.format.keys import (
    SALT_BYTES,
    AccountKeys,
    KdfParameters,
    UnlockKeys,
    account_keys,
    password_keys,
    read_kdf_parameters,
    recovery_keys,
    unwrap_with_password,
    unwrap_with_recovery_key,
    wrap_master_secret,
)
from csbackup.format.recovery import parse_recovery_key
from csbackup.protocol import messages
from csbackup.rules.naming import folded

NONCE_BYTES = 12


@dataclass(frozen=True, slots=True)
class Secret:
    """What a person gives to unlock an account: one of the two."""

    password: str = ""
    recovery_key: str = ""


@dataclass(frozen=True, slots=True)
class UnlockedAccount:
    """A signed-in person whose keys are open; lives as long as the command does."""

    connection: PersonConnection
    account: messages.Account
    keys: AccountKeys
    master_secret: bytes
    proof: bytes  # the password's or the recovery key's, for the server

    @property
    def id(self) -> AccountId:
        return self.keys.device.account


@dataclass(frozen=True, slots=True)
class Protection:
    """The master secret wrapped for one password or recovery key, with the proof of it."""

    auth: bytes
    wrap: bytes
    kdf: bytes = b""


def unlock(
    transport: Transport, account_name: str, secret: Secret, known: AccountId | None = None
) -> UnlockedAccount:
    """Sign in and open the account's keys, which must be those the account was made with.

    `known`: the account that this machine belongs to, before anything is derived for another one.
    """
    recovery = parse_recovery_key(secret.recovery_key) if secret.recovery_key else None
    kdf = ask_kdf(transport, account_name)
    account_id = AccountId(kdf.account_id)
    if len(account_id) != SHORT or known not in (None, account_id):
        raise KeysMismatch("account id")
    if recovery is not None:
        keys = recovery_keys(recovery, account_id)
        request = messages.SignIn(account_name, recovery_auth=keys.auth)
    else:
        keys = password_keys(secret.password, account_id, read_kdf_parameters(kdf.kdf))
        request = messages.SignIn(account_name, auth=keys.auth)
    connection, account = sign_in(transport, request)
    if folded(account.name) != folded(account_name):
        raise KeysMismatch("account name")
    master_secret = _unwrap(account, keys, account_id, by_recovery_key=recovery is not None)
    opened = account_keys(master_secret, account_id)
    check_public_keys(account, opened)
    return UnlockedAccount(connection, account, opened, master_secret, keys.auth)


def protect_with_password(master_secret: bytes, password: str, account_id: AccountId) -> Protection:
    parameters = KdfParameters(secrets.token_bytes(SALT_BYTES))
    keys = password_keys(password, account_id, parameters)
    return _protect(master_secret, keys, account_id, parameters.encode())


def protect_with_recovery_key(
    master_secret: bytes, recovery_key: bytes, account_id: AccountId
) -> Protection:
    return _protect(master_secret, recovery_keys(recovery_key, account_id), account_id, b"")


def _protect(
    master_secret: bytes, keys: UnlockKeys, account_id: AccountId, kdf: bytes
) -> Protection:
    nonce = secrets.token_bytes(NONCE_BYTES)
    wrap = wrap_master_secret(master_secret, keys, account_id, nonce=nonce)
    return Protection(keys.auth, wrap, kdf)


def _unwrap(
    account: messages.Account, keys: UnlockKeys, account_id: AccountId, *, by_recovery_key: bool
) -> bytes:
    if account.account_id != account_id:
        raise KeysMismatch("account id")
    try:
        if by_recovery_key:
            return unwrap_with_recovery_key(account.wrap_recovery, keys, account_id)
        return unwrap_with_password(account.wrap_password, keys, account_id)
    except (WrongPassword, WrongRecoveryKey) as problem:
        # The proof was accepted, so what was typed is right, and what is kept is not.
        raise KeysMismatch("copy of your wrapped keys") from problem


def check_public_keys(account: messages.Account, keys: AccountKeys) -> None:
    if account.account_public != keys.device.account_public:
        raise KeysMismatch("account key")
    if account.sealing_public != keys.device.sealing_public:
        raise KeysMismatch("sealing key")
