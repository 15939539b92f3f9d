"""What the CBOR reader refuses."""

from __future__ import annotations

import pytest

from csbackup.errors import Malformed, UnknownVersion
from csbackup.format.encoding import decode, decode_versioned, encode, fields

REFUSED = {
    "nothing": "",
    "a number alone": "01",
    "something behind the array": "8001",
    "an array cut short": "8201",
    "an array of indefinite length": "9f01ff",
    "a byte string of indefinite length": "815f4101ff",
    "text": "816161",
    "a map": "a10101",
    "a big number": "81c249010000000000000000",
    "a time": "81c100",
    "a regular expression": "81d8236161",
    "a shared value": "d81c81d81d00",
    "an unknown tag": "81d9999901",
    "an array that says it is endless": "9bffffffffffffffff",
    "a byte string that says it is endless": "815bffffffffffffffff",
    "arrays in arrays, very deep": "81" * 100_000 + "80",
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_other_bytes_than_one_array_are_refused(data: str) -> None:
    with pytest.raises(Malformed):
        fields(decode(bytes.fromhex(data), "A test"), "i", "A test")


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1])
def test_a_number_of_more_than_64_bits_is_refused(number: int) -> None:
    with pytest.raises(Malformed, match="64 bits"):
        fields(decode(encode([number]), "A test"), "i", "A test")


def test_true_is_no_number() -> None:
    with pytest.raises(Malformed):
        fields([True], "i", "A test")


def test_a_newer_version_is_told_apart_from_damage() -> None:
    with pytest.raises(UnknownVersion, match="version 2"):
        decode_versioned(encode([2, b"more"]), 1, "A test")
    with pytest.raises(Malformed):
        decode_versioned(encode([b"2"]), 1, "A test")
