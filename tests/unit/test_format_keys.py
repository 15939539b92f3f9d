"""Passwords, recovery keys, wraps and signatures that do not hold."""

from __future__ import annotations

import struct
import subprocess
import sys

import pytest

from csbackup.errors import (
    KdfTooCostly,
    KdfTooWeak,
    Malformed,
    RecoveryKeyMistyped,
    SignatureInvalid,
    UnknownVersion,
    WrongPassword,
    WrongRecoveryKey,
)
from csbackup.format import keys, recovery
from csbackup.format.ids import AccountId
from support.format_samples import ACCOUNT, KEYS, MASTER_SECRET

RECOVERY_KEY = bytes(range(20))
PARAMETERS = keys.KdfParameters(b"s" * 16)


def kdf(memory: int = 65_536, passes: int = 3, lanes: int = 4, algorithm: int = 2) -> bytes:
    return struct.pack(">BIIB", algorithm, memory, passes, lanes) + b"s" * 16


@pytest.mark.parametrize("weak", [kdf(memory=65_535), kdf(passes=2), kdf(lanes=0)])
def test_weaker_parameters_than_the_floor_are_refused(weak: bytes) -> None:
    with pytest.raises(KdfTooWeak):
        keys.read_kdf_parameters(weak)


@pytest.mark.parametrize("absurd", [kdf(memory=2**32 - 1), kdf(passes=17), kdf(lanes=17)])
def test_parameters_that_would_stop_the_machine_are_refused(absurd: bytes) -> None:
    with pytest.raises(KdfTooCostly):
        keys.read_kdf_parameters(absurd)


IN_LITTLE_MEMORY = """
import resource
from csbackup.errors import KdfTooCostly
from csbackup.format import keys
from csbackup.format.ids import AccountId

resource.setrlimit(resource.RLIMIT_AS, (500_000_000, 500_000_000))
try:
    keys.password_keys("x", AccountId(b"a" * 16), keys.KdfParameters(b"s" * 16, 1024 * 1024))
except KdfTooCostly:
    print("too costly")
"""


def test_more_memory_than_this_machine_has_is_too_costly() -> None:
    finished = subprocess.run(
        [sys.executable, "-c", IN_LITTLE_MEMORY], capture_output=True, text=True, check=False
    )

    assert (finished.stdout, finished.returncode) == ("too costly\n", 0), finished.stderr


@pytest.mark.parametrize("odd", [kdf() + b"x", kdf()[:-1]])
def test_parameters_of_another_length_are_refused(odd: bytes) -> None:
    with pytest.raises(Malformed):
        keys.read_kdf_parameters(odd)


@pytest.mark.parametrize("other", [b"", kdf(algorithm=3)])
def test_another_password_protection_comes_from_a_newer_release(other: bytes) -> None:
    with pytest.raises(UnknownVersion):
        keys.read_kdf_parameters(other)


def test_parameters_are_read_as_they_were_written() -> None:
    assert keys.read_kdf_parameters(PARAMETERS.encode()) == PARAMETERS


def test_only_the_password_opens_its_wrap() -> None:
    right = keys.password_keys("p\u00e4ssword", ACCOUNT, PARAMETERS)
    wrong = keys.password_keys("password", ACCOUNT, PARAMETERS)
    wrap = keys.wrap_master_secret(MASTER_SECRET, right, ACCOUNT, nonce=b"n" * 12)

    assert keys.unwrap_with_password(wrap, right, ACCOUNT) == MASTER_SECRET
    with pytest.raises(WrongPassword):
        keys.unwrap_with_password(wrap, wrong, ACCOUNT)


def test_a_password_typed_with_other_code_points_is_the_same() -> None:
    composed = keys.password_keys("\u00e4", ACCOUNT, PARAMETERS)
    decomposed = keys.password_keys("a\u0308", ACCOUNT, PARAMETERS)

    assert composed == decomposed


@pytest.mark.parametrize("at", [0, 31, 32, 43, 44, 91])
def test_a_changed_wrap_does_not_open(at: int) -> None:
    unlock = keys.recovery_keys(RECOVERY_KEY, ACCOUNT)
    wrap = bytearray(keys.wrap_master_secret(MASTER_SECRET, unlock, ACCOUNT, nonce=b"n" * 12))
    wrap[at] ^= 1

    with pytest.raises(WrongRecoveryKey):
        keys.unwrap_with_recovery_key(bytes(wrap), unlock, ACCOUNT)


def test_a_wrap_serves_one_account_and_one_purpose() -> None:
    unlock = keys.recovery_keys(RECOVERY_KEY, ACCOUNT)
    wrap = keys.wrap_master_secret(MASTER_SECRET, unlock, ACCOUNT, nonce=b"n" * 12)
    elsewhere = keys.UnlockKeys(unlock.auth, unlock.kek, unlock.commitment, b"password")

    with pytest.raises(WrongRecoveryKey):
        keys.unwrap_with_recovery_key(wrap, unlock, AccountId(b"\xff" * 16))
    with pytest.raises(WrongPassword):
        keys.unwrap_with_password(wrap, elsewhere, ACCOUNT)


def test_every_key_of_an_account_is_another() -> None:
    device = KEYS.device
    all_keys = [
        device.id_key,
        device.cut_key,
        device.hedge_key,
        device.sealing_public,
        device.account_public,
        KEYS.name_key[:32],
        KEYS.name_key[32:],
        KEYS.sealing_private.private_bytes_raw(),
        KEYS.signing_private.private_bytes_raw(),
        MASTER_SECRET,
    ]

    assert len(set(all_keys)) == len(all_keys)


def test_a_signature_serves_one_purpose() -> None:
    public = KEYS.device.account_public
    signature = keys.sign(KEYS.signing_private, b"certificate", b"message")

    keys.check_signature(public, b"certificate", b"message", signature, "a test")
    for domain, message, found, by in (
        (b"snapshot", b"message", signature, public),
        (b"certificate", b"messagf", signature, public),
        (b"certificate", b"message", signature[:-1], public),
        (b"certificate", b"message", b"", public),
        (b"certificate", b"message", signature, b"\x01" * 32),
        (b"certificate", b"message", signature, b"short"),
    ):
        with pytest.raises(SignatureInvalid):
            keys.check_signature(by, domain, message, found, "a test")


def test_a_recovery_key_forgives_what_people_confuse() -> None:
    text = recovery.format_recovery_key(RECOVERY_KEY)
    typed = text.lower().replace("0", "o").replace("1", "l").replace("-", "  ")

    assert len(text.split("-")) == 9
    assert recovery.parse_recovery_key(typed) == RECOVERY_KEY


@pytest.mark.parametrize("text", ["", "0000", "U" * 36, "\u0660" * 36, "0" * 37])
def test_what_is_no_recovery_key_is_said_to_be_mistyped(text: str) -> None:
    with pytest.raises(RecoveryKeyMistyped):
        recovery.parse_recovery_key(text)


def test_one_wrong_character_in_a_recovery_key_is_noticed() -> None:
    text = recovery.format_recovery_key(RECOVERY_KEY).replace("-", "")
    noticed = 0

    for at, letter in enumerate(text):
        wrong = text[:at] + ("7" if letter != "7" else "8") + text[at + 1 :]
        try:
            recovery.parse_recovery_key(wrong)
        except RecoveryKeyMistyped:
            noticed += 1

    assert noticed == len(text)
