"""The recovery key as people see it: 8 groups of 4 characters and a group of 4 to check them."""

from __future__ import annotations

import hashlib

from csbackup.errors import RecoveryKeyMistyped

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford's base 32: no I, L, O, U
KEY_BYTES = 20
_LOOKALIKES = str.maketrans("ILO", "110")


def format_recovery_key(key: bytes) -> str:
    """`XXXX-XXXX-...`, nine groups."""
    text = _encode(int.from_bytes(key, "big"), 32) + _check(key)
    return "-".join(text[at : at + 4] for at in range(0, 36, 4))


def parse_recovery_key(text: str) -> bytes:
    """Spaces, hyphens, case and look-alike letters do not matter; the check group does."""
    plain = plain_letters(text)
    if len(plain) != 36:
        raise RecoveryKeyMistyped(f"it has {len(plain)} characters in place of 36")
    if any(letter not in ALPHABET for letter in plain):
        raise RecoveryKeyMistyped("it has a character that recovery keys do not use")
    number = 0
    for letter in plain[:32]:
        number = number * 32 + ALPHABET.index(letter)
    key = number.to_bytes(KEY_BYTES, "big")
    if _check(key) != plain[32:]:
        raise RecoveryKeyMistyped("its last group does not fit the others")
    return key


def plain_letters(text: str) -> str:
    """What was typed, without what does not matter."""
    return "".join(text.split()).replace("-", "").upper().translate(_LOOKALIKES)


def _check(key: bytes) -> str:
    digest = hashlib.sha256(b"csb1/recovery-check" + key).digest()
    return _encode(int.from_bytes(digest[:3], "big") >> 4, 4)


def _encode(number: int, letters: int) -> str:
    return "".join(ALPHABET[(number >> (5 * at)) & 31] for at in reversed(range(letters)))
