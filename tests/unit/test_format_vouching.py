"""A server's word for names under which a public certificate is good."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from csbackup.errors import Malformed, SignatureInvalid, UnknownVersion
from csbackup.format.encoding import encode
from csbackup.format.vouching import (
    ALGORITHM,
    LIFE_NS,
    MAX_NAMES,
    Statement,
    bytes_to_sign,
    read_statement,
)

KEY = generate_private_key(SECP256R1())
STATEMENT = Statement(("backup.example.org", "nas"), 5, 5 + LIFE_NS)


def signed(data: bytes) -> bytes:
    return KEY.sign(bytes_to_sign(data), ALGORITHM)


def test_a_statement_comes_back_as_it_was() -> None:
    data = STATEMENT.encode()

    assert read_statement(data, signed(data), KEY.public_key()) == STATEMENT


def test_it_speaks_for_exactly_its_names_and_for_its_time() -> None:
    assert STATEMENT.vouches_for("backup.example.org", 6)
    assert STATEMENT.vouches_for("Backup.Example.ORG", 6)
    assert not STATEMENT.vouches_for("www.backup.example.org", 6)
    assert not STATEMENT.vouches_for("example.org", 6)
    assert not STATEMENT.vouches_for("backup.example.org", 5 + LIFE_NS)


@given(st.data())
def test_whatever_is_changed_in_it_is_not_said(data: Any) -> None:
    document = bytearray(STATEMENT.encode())
    signature = signed(bytes(document))
    document[data.draw(st.integers(0, len(document) - 1))] ^= data.draw(st.integers(1, 255))

    with pytest.raises(SignatureInvalid):
        read_statement(bytes(document), signature, KEY.public_key())


def test_another_key_or_another_purpose_says_nothing() -> None:
    data = STATEMENT.encode()

    with pytest.raises(SignatureInvalid):
        read_statement(data, signed(data), generate_private_key(SECP256R1()).public_key())
    with pytest.raises(SignatureInvalid):
        read_statement(data, KEY.sign(data, ALGORITHM), KEY.public_key())


@pytest.mark.parametrize(
    "names", [[b""], [b"a/b"], [b"*.example.org"], [b"Nas"], ["nas"], [b"n"] * (MAX_NAMES + 1)]
)
def test_odd_names_are_refused_though_they_are_signed(names: list[Any]) -> None:
    data = encode([1, names, 5, 6])

    with pytest.raises(Malformed):
        read_statement(data, signed(data), KEY.public_key())


def test_another_version_is_said_to_be_one() -> None:
    data = encode([2, [], 5, 6])

    with pytest.raises(UnknownVersion):
        read_statement(data, signed(data), KEY.public_key())


def test_no_time_is_before_the_beginning() -> None:
    data = replace(STATEMENT, made_ns=-1).encode()

    with pytest.raises(Malformed):
        read_statement(data, signed(data), KEY.public_key())
