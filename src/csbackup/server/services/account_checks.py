"""What the server checks of an account's keys: it sees proofs, wraps and public keys only."""

from __future__ import annotations

import hmac

from csbackup.errors import CsbError, RequestError, SignInFailed
from csbackup.format.ids import SHORT
from csbackup.format.keys import WRAP_BYTES, read_kdf_parameters
from csbackup.protocol import messages
from csbackup.server.services.tokens import proof_hash

KEY_BYTES = 32


def check_registration(request: messages.Registration) -> None:
    check_kdf(request.kdf)
    check_length("account_id", request.account_id, SHORT)
    for field in ("auth", "recovery_auth", "sealing_public", "account_public"):
        check_length(field, getattr(request, field), KEY_BYTES)
    check_length("wrap_password", request.wrap_password, WRAP_BYTES)
    check_length("wrap_recovery", request.wrap_recovery, WRAP_BYTES)


def check_password_change(request: messages.PasswordChange) -> None:
    check_kdf(request.kdf)
    check_length("auth", request.auth, KEY_BYTES)
    check_length("wrap_password", request.wrap_password, WRAP_BYTES)


def check_recovery_change(request: messages.RecoveryChange) -> None:
    check_length("recovery_auth", request.recovery_auth, KEY_BYTES)
    check_length("wrap_recovery", request.wrap_recovery, WRAP_BYTES)


def check_kdf(kdf: bytes) -> None:
    """Every client would refuse a weak one later: then nobody could sign in."""
    try:
        read_kdf_parameters(kdf)
    except CsbError as problem:
        raise RequestError(f"`kdf` cannot be used: {problem}") from None


def check_length(field: str, value: bytes, length: int) -> None:
    if len(value) != length:
        raise RequestError(f"`{field}` has {len(value)} bytes in place of {length}.")


def check_proof(proof: bytes, *hashes: bytes) -> None:
    """`SignInFailed` unless the proof fits one of the hashes; takes the same time for each."""
    given = proof_hash(proof)
    fits = [hmac.compare_digest(given, known) for known in hashes]
    if not any(fits):
        raise SignInFailed
