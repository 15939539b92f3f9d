"""Offers, bundles and codes: what binds them, and what breaks when one byte is another."""

from __future__ import annotations

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from csbackup.errors import EnrolmentCodeMistyped, EnrolmentInvalid, FormatError, Malformed
from csbackup.format.enrolment import (
    Brought,
    BundleHead,
    Code,
    Contents,
    EnrolmentKeys,
    handle_of,
    make_bundle,
    open_bundle,
    prove_offer,
    read_bundle,
    read_code,
    read_offer,
    stretched,
)
from csbackup.format.ids import AccountId, DeviceId
from csbackup.format.keys import account_keys, sign
from csbackup.format.snapshot import SIGN_CERTIFICATE, Certificate
from support.enrolling import offer_of

ACCOUNT = account_keys(b"\1" * 32, AccountId(b"\2" * 16))
MALLORY = account_keys(b"\3" * 32, AccountId(b"\4" * 16))
SECRET = b"\5" * 32
HEAD = BundleHead(ACCOUNT.device.account, "anna", DeviceId(b"\6" * 16), "laptop", 1)
OFFER, KEYS = offer_of()
DOCUMENT = OFFER.encode()


def contents_for(offer=OFFER, head: BundleHead = HEAD, account=ACCOUNT, **changes) -> Contents:
    certificate = replace(
        Certificate(
            head.account, head.device, head.serial, offer.signing_public, offer.sealing_public, 1
        ),
        **changes,
    ).encode()
    signature = sign(account.signing_private, SIGN_CERTIFICATE, certificate)
    return Contents(replace(account.device, account=head.account), certificate, signature, "csbd_x")


def bundle_for(
    document: bytes = DOCUMENT,
    secret: bytes = SECRET,
    head: BundleHead = HEAD,
    contents: Contents | None = None,
) -> bytes:
    return make_bundle(document, secret, head, contents or contents_for())


def open_here(bundle: bytes, keys: EnrolmentKeys = KEYS) -> Brought:
    return open_bundle(bundle, DOCUMENT, SECRET, keys)


def test_what_the_browser_made_for_this_request_opens() -> None:
    brought = open_here(bundle_for())

    assert brought.head == HEAD
    assert brought.keys == ACCOUNT.device
    assert brought.token == "csbd_x"


def test_an_offer_is_read_as_it_was_written() -> None:
    assert read_offer(DOCUMENT) == OFFER


def test_a_server_that_swaps_a_key_cannot_prove_the_offer() -> None:
    other, _ = offer_of()
    swapped = replace(OFFER, enrolment_public=other.enrolment_public).encode()

    proof = prove_offer(DOCUMENT, SECRET, OFFER.request)

    assert prove_offer(swapped, SECRET, OFFER.request) != proof
    assert prove_offer(DOCUMENT, b"\7" * 32, OFFER.request) != proof


@pytest.mark.parametrize(
    "field", ["enrolment_public", "signing_public", "sealing_public", "name", "origin", "pin"]
)
def test_a_bundle_for_another_offer_is_refused(field: str) -> None:
    other, _ = offer_of("other")
    value = {"origin": "https://evil.example", "pin": "cd" * 32}.get(field, getattr(other, field))
    swapped = replace(OFFER, **{field: value}).encode()

    with pytest.raises(EnrolmentInvalid):
        open_here(bundle_for(swapped))


def test_a_bundle_replayed_to_another_client_is_refused() -> None:
    offer, keys = offer_of()

    with pytest.raises(EnrolmentInvalid):
        open_bundle(bundle_for(), offer.encode(), SECRET, keys)


def test_who_lacks_the_secret_cannot_bring_a_bundle() -> None:
    head = replace(HEAD, account=MALLORY.device.account, account_name="mallory")
    theirs = contents_for(head=head, account=MALLORY)

    with pytest.raises(EnrolmentInvalid, match="not made for this request"):
        open_here(bundle_for(secret=bytes(32), head=head, contents=theirs))


@pytest.mark.parametrize(
    "change",
    [
        {"account_name": "mallory"},
        {"device_name": "another"},
        {"device": DeviceId(b"\7" * 16)},
        {"serial": 2},
        {"account": MALLORY.device.account},
    ],
)
def test_a_head_that_was_changed_on_the_way_is_refused(change: dict[str, object]) -> None:
    bundle = read_bundle(bundle_for())

    with pytest.raises(EnrolmentInvalid, match="not made for this request"):
        open_here(replace(bundle, head=replace(bundle.head, **change)).encode())


def test_what_is_sealed_to_another_key_is_refused() -> None:
    with pytest.raises(EnrolmentInvalid, match="not sealed to this machine"):
        open_here(bundle_for(), replace(KEYS, enrolment=X25519PrivateKey.generate()))


@pytest.mark.parametrize(
    "changes",
    [
        {"powers": (b"put", b"get")},
        {"serial": 7},
        {"device": DeviceId(b"\7" * 16)},
        {"signing_public": bytes(32)},
        {"sealing_public": bytes(32)},
    ],
)
def test_a_certificate_for_something_else_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(EnrolmentInvalid, match="certificate"):
        open_here(bundle_for(contents=contents_for(**changes)))


def test_a_certificate_that_the_account_did_not_sign_is_refused() -> None:
    forged = replace(contents_for(account=MALLORY), keys=ACCOUNT.device)

    with pytest.raises(EnrolmentInvalid, match="signature"):
        open_here(bundle_for(contents=forged))


def test_every_byte_of_a_bundle_counts() -> None:
    whole = bundle_for()

    for at in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[at] ^= 1
        with pytest.raises((EnrolmentInvalid, FormatError)):
            open_here(bytes(changed))


def test_a_code_is_read_however_it_is_typed() -> None:
    code = Code(handle_of(OFFER.request), b"\x01\x23\x45\x67\x89")

    assert read_code(code.shown()) == code
    assert read_code(code.shown().lower().replace("-", " ").replace("0", "o")) == code
    assert len(code.shown()) == 14


@pytest.mark.parametrize("text", ["", "ABCD", "ABCD-EFGH-JKM", "ABCD-EFGH-JKMNP", "ABCD-EFGH-JKM!"])
def test_what_cannot_be_a_code_is_refused(text: str) -> None:
    with pytest.raises(EnrolmentCodeMistyped):
        read_code(text)


def test_another_code_gives_another_secret() -> None:
    one, other = stretched(b"\0\0\0\0\0", OFFER.request), stretched(b"\0\0\0\0\1", OFFER.request)

    assert one != other
    assert stretched(b"\0\0\0\0\0", bytes(16)) != one


@pytest.mark.parametrize("data", [b"", b"\x80", DOCUMENT[:-1], DOCUMENT + b"\0", b"\xff" * 40])
def test_what_is_no_offer_is_named(data: bytes) -> None:
    with pytest.raises(FormatError):
        read_offer(data)


def test_an_offer_that_is_too_long_is_not_read() -> None:
    with pytest.raises(Malformed):
        read_offer(replace(OFFER, name="x" * 3000).encode())
