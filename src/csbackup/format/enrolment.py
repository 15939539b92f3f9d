"""Enrolment in the browser: what a device asks for, and what a person's browser brings it.

    offer  = [1, request, X25519 public of this enrolment, Ed25519 and X25519 public of the device,
              name, os, client version, address of the server, pin, created]
    bundle = [1, account, account name, device, device name, serial, sealed, proof]
    sealed = HPKE.Seal(X25519 key of this enrolment, info = "csb1/enrolment" || transcript,
             aad = "", [id key, cut key, hedge key, sealing public, account public, certificate,
             signature, token])
    transcript = [SHA-256(offer), account, account name, device, device name, serial]
    proofs = HMAC-SHA-256(HKDF(secret, salt=request, info="csb1/enrolment-offer"), offer)
             HMAC-SHA-256(HKDF(secret, salt=request, info="csb1/enrolment-bundle"),
                          transcript || sealed)

Device and browser share the secret, and the server does not: 32 random bytes that reach the browser
past the server, or a code of 40 random bits that a person types, stretched by Argon2id with the
request as salt. So neither the keys that are asked for can be swapped on the way, nor the bundle.

    code = 12 letters of Crockford's base 32: 4 of the request, to find it by, and 8 of the secret
"""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from csbackup.errors import EnrolmentCodeMistyped, EnrolmentInvalid, FormatError, Malformed
from csbackup.format.encoding import (
    check_length,
    check_natural,
    decode,
    decode_versioned,
    encode,
    fields,
)
from csbackup.format.ids import SHORT, AccountId, DeviceId
from csbackup.format.keys import FLOOR, SECRET_BYTES, SUITE, DeviceKeys, check_signature, derive
from csbackup.format.recovery import ALPHABET, plain_letters
from csbackup.format.snapshot import SIGN_CERTIFICATE, Certificate, read_certificate

VERSION = 1
LIFE_SECONDS = 600
LIFE_NS = LIFE_SECONDS * 1_000_000_000
KEY_BYTES = 32
PROOF_BYTES = 32
CODE_BYTES = 5
MAX_OFFER = 2048
MAX_BUNDLE = 8192
_HANDLE_LETTERS = 4
_CODE_LETTERS = 12
_OFFER = "What a device asks for"
_BUNDLE = "What the browser brought"


# --- the code ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Code:
    """What a person read on a device: where to find its request, and what both sides know."""

    handle: str
    secret: bytes

    def shown(self) -> str:
        """`XXXX-XXXX-XXXX`."""
        text = self.handle + _letters(int.from_bytes(self.secret, "big"), 8)
        return "-".join(text[at : at + 4] for at in range(0, _CODE_LETTERS, 4))


def handle_of(request: bytes) -> str:
    """By which letters a request is found; others may have the same."""
    return _letters(int.from_bytes(request[:3], "big") >> 4, _HANDLE_LETTERS)


def read_code(text: str) -> Code:
    """Spaces, hyphens, case and look-alike letters do not matter."""
    plain = plain_letters(text)
    if len(plain) != _CODE_LETTERS or any(letter not in ALPHABET for letter in plain):
        raise EnrolmentCodeMistyped
    number = 0
    for letter in plain[_HANDLE_LETTERS:]:
        number = number * 32 + ALPHABET.index(letter)
    return Code(plain[:_HANDLE_LETTERS], number.to_bytes(CODE_BYTES, "big"))


def stretched(code_secret: bytes, request: bytes) -> bytes:
    """The secret that a code gives: so costly that ten minutes are too short to guess it."""
    stretching = Argon2id(
        salt=request,
        length=SECRET_BYTES,
        iterations=FLOOR.passes,
        lanes=FLOOR.lanes,
        memory_cost=FLOOR.memory_kib,
    )
    return stretching.derive(code_secret)


def _letters(number: int, count: int) -> str:
    return "".join(ALPHABET[(number >> (5 * at)) & 31] for at in reversed(range(count)))


# --- what a device asks for ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Offer:
    """A device's wish to be enrolled, with its public keys."""

    request: bytes
    enrolment_public: bytes  # X25519, for this one enrolment: bundles are sealed to it
    signing_public: bytes
    sealing_public: bytes
    name: str
    os: str
    client: str
    origin: str
    pin: str
    created_ns: int

    def encode(self) -> bytes:
        return encode(
            [
                VERSION,
                self.request,
                self.enrolment_public,
                self.signing_public,
                self.sealing_public,
                self.name.encode(),
                self.os.encode(),
                self.client.encode(),
                self.origin.encode(),
                self.pin.encode(),
                self.created_ns,
            ]
        )


def read_offer(data: bytes) -> Offer:
    """`Malformed` for whatever no honest device makes; what it says may still be a lie."""
    if len(data) > MAX_OFFER:
        raise Malformed(_OFFER, f"it has more than {MAX_OFFER} bytes")
    value = decode_versioned(data, VERSION, _OFFER)
    row = fields(value, "ibbbbbbbbbi", _OFFER)
    if encode(value) != data:
        raise Malformed(_OFFER, "it is not in the one encoding there is")
    check_length(row[1], SHORT, _OFFER)
    for key in row[2:5]:
        check_length(key, KEY_BYTES, _OFFER)
    check_natural(_OFFER, row[10])
    name, os, client, origin, pin = (_text(one, _OFFER) for one in row[5:10])
    return Offer(row[1], row[2], row[3], row[4], name, os, client, origin, pin, row[10])


def prove_offer(offer: bytes, secret: bytes, request: bytes) -> bytes:
    """By which a browser knows that an offer is the device's own."""
    return _proof(secret, request, b"offer", offer)


# --- what the browser brings ---------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BundleHead:
    """What may be read of a bundle without opening it."""

    account: AccountId
    account_name: str
    device: DeviceId
    device_name: str
    serial: int

    def fields(self) -> list[object]:
        account, device = self.account, self.device
        return [account, self.account_name.encode(), device, self.device_name.encode(), self.serial]


@dataclass(frozen=True, slots=True)
class Bundle:
    head: BundleHead
    sealed: bytes
    proof: bytes

    def encode(self) -> bytes:
        return encode([VERSION, *self.head.fields(), self.sealed, self.proof])


@dataclass(frozen=True, slots=True)
class Brought:
    """A bundle that was opened, and that holds: what makes the machine a device."""

    head: BundleHead
    keys: DeviceKeys
    certificate: Certificate
    token: str


def read_bundle(data: bytes) -> Bundle:
    if len(data) > MAX_BUNDLE:
        raise Malformed(_BUNDLE, f"it has more than {MAX_BUNDLE} bytes")
    row = fields(decode_versioned(data, VERSION, _BUNDLE), "ibbbbibb", _BUNDLE)
    check_length(row[1], SHORT, _BUNDLE)
    check_length(row[3], SHORT, _BUNDLE)
    check_length(row[7], PROOF_BYTES, _BUNDLE)
    if row[5] < 1:
        raise Malformed(_BUNDLE, "a field is out of range")
    names = _text(row[2], _BUNDLE), _text(row[4], _BUNDLE)
    head = BundleHead(AccountId(row[1]), names[0], DeviceId(row[3]), names[1], row[5])
    return Bundle(head, row[6], row[7])


@dataclass(frozen=True, slots=True)
class Contents:
    """What is sealed in a bundle."""

    keys: DeviceKeys
    certificate: bytes
    signature: bytes
    token: str

    def encode(self) -> bytes:
        keys = self.keys
        return encode(
            [
                keys.id_key,
                keys.cut_key,
                keys.hedge_key,
                keys.sealing_public,
                keys.account_public,
                self.certificate,
                self.signature,
                self.token.encode(),
            ]
        )


def make_bundle(offer: bytes, secret: bytes, head: BundleHead, contents: Contents) -> bytes:
    """As the browser makes it."""
    asked = read_offer(offer)
    public = X25519PublicKey.from_public_bytes(asked.enrolment_public)
    transcript = _transcript(offer, head)
    sealed = SUITE.encrypt(contents.encode(), public, info=_info(transcript))
    proof = _proof(secret, asked.request, b"bundle", transcript + sealed)
    return Bundle(head, sealed, proof).encode()


@dataclass(frozen=True, slots=True)
class EnrolmentKeys:
    """What a device keeps to itself until the bundle is there."""

    enrolment: X25519PrivateKey
    signing: Ed25519PrivateKey
    sealing: X25519PrivateKey


def open_bundle(data: bytes, offer: bytes, secret: bytes, keys: EnrolmentKeys) -> Brought:
    """What was brought, if it is for this request, made by whoever knows the secret, and holds in
    itself; `EnrolmentInvalid` says what does not."""
    try:
        return _opened(data, offer, secret, keys)
    except FormatError as problem:
        raise EnrolmentInvalid(str(problem).removesuffix(".")) from problem


def _opened(data: bytes, offer: bytes, secret: bytes, keys: EnrolmentKeys) -> Brought:
    bundle, request = read_bundle(data), read_offer(offer).request
    transcript = _transcript(offer, bundle.head)
    expected = _proof(secret, request, b"bundle", transcript + bundle.sealed)
    if not hmac.compare_digest(bundle.proof, expected):
        raise EnrolmentInvalid("it was not made for this request, or was changed on the way")
    try:
        plain = SUITE.decrypt(bundle.sealed, keys.enrolment, info=_info(transcript))
    except (InvalidTag, ValueError) as problem:
        raise EnrolmentInvalid("it is not sealed to this machine") from problem
    return _checked(bundle.head, plain, keys)


def _checked(head: BundleHead, plain: bytes, keys: EnrolmentKeys) -> Brought:
    """Nothing of it is believed that can be checked: whoever made it knew the secret, no more."""
    row = fields(decode(plain, _BUNDLE), "bbbbbbbb", _BUNDLE)
    for key in row[:5]:
        check_length(key, KEY_BYTES, _BUNDLE)
    device_keys = DeviceKeys(head.account, *row[:5])
    what = "this machine's certificate"
    check_signature(device_keys.account_public, SIGN_CERTIFICATE, row[5], row[6], what)
    certificate = read_certificate(row[5])
    expected = Certificate(
        head.account,
        head.device,
        head.serial,
        keys.signing.public_key().public_bytes_raw(),
        keys.sealing.public_key().public_bytes_raw(),
        certificate.not_before_ns,
    )
    if certificate != expected:
        raise EnrolmentInvalid("its certificate is for another device, or gives other powers")
    return Brought(head, device_keys, certificate, _text(row[7], _BUNDLE))


def _transcript(offer: bytes, head: BundleHead) -> bytes:
    return encode([hashlib.sha256(offer).digest(), *head.fields()])


def _info(transcript: bytes) -> bytes:
    return b"csb1/enrolment" + transcript


def _proof(secret: bytes, request: bytes, what: bytes, message: bytes) -> bytes:
    key = derive(secret, request, b"csb1/enrolment-" + what)
    return hmac.new(key, message, hashlib.sha256).digest()


def _text(data: object, what: str) -> str:
    try:
        return data.decode() if isinstance(data, bytes) else ""
    except UnicodeDecodeError as problem:
        raise Malformed(what, "a name is not text") from problem
