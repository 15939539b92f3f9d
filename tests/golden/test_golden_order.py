"""The frozen restore order means today what it meant when it was made; `orders.test.ts` makes it
anew."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from csbackup.errors import SignatureInvalid
from csbackup.format.ids import AccountId
from csbackup.format.keys import account_keys, check_signature, sign
from csbackup.format.orders import SIGN_ORDER, open_order_keys, read_order

FOLDER = Path(__file__).parent / "v1"
VECTORS: dict[str, Any] = json.loads((FOLDER / "vectors.json").read_text("utf-8"))
ORDER: dict[str, Any] = json.loads((FOLDER / "order.json").read_text("utf-8"))
DOCUMENT = (FOLDER / "order.bin").read_bytes()
KEYS = account_keys(
    bytes.fromhex(VECTORS["account"]["master_secret"]),
    AccountId(bytes.fromhex(VECTORS["account"]["account"])),
)


def test_the_order_says_the_same() -> None:
    order = read_order(DOCUMENT)

    assert order.encode() == DOCUMENT
    assert order.order.hex() == ORDER["order"]
    assert (order.device.hex(), order.source.hex()) == (ORDER["device"], ORDER["source"])
    assert (order.serial, order.number, order.sequence) == (2, ORDER["number"], 7)
    assert [path.hex() for path in order.paths] == ORDER["paths"]
    assert (order.target.hex(), order.overwrite) == (ORDER["target"], True)
    assert order.created_ns == ORDER["created_ms"] * 1_000_000


def test_the_account_signed_it() -> None:
    signature = bytes.fromhex(ORDER["signature"])

    check_signature(KEYS.device.account_public, SIGN_ORDER, DOCUMENT, signature, "the order")
    assert sign(KEYS.signing_private, SIGN_ORDER, DOCUMENT) == signature
    with pytest.raises(SignatureInvalid):
        check_signature(KEYS.device.account_public, b"snapshot", DOCUMENT, signature, "the order")


def test_the_device_opens_its_keys() -> None:
    private = bytes.fromhex(ORDER["device_sealing_private"])

    opened = open_order_keys(read_order(DOCUMENT), private, KEYS.device)

    sealed = [bytes.fromhex(one) for one in ORDER["sealed_data_keys"]]
    assert [opened.data_key(one).hex() for one in sealed] == ORDER["data_keys"]
    assert [KEYS.data_key(one).hex() for one in sealed] == ORDER["data_keys"]
