"""What this machine asks for, and what it keeps to itself until that comes: in memory only."""

from __future__ import annotations

import base64
import hashlib
import secrets
from dataclasses import dataclass
from urllib.parse import urlencode

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from csbackup import __version__
from csbackup.client.connection import Address
from csbackup.client.platform.description import describe_os
from csbackup.errors import EnrolmentExpired, EnrolmentInvalid
from csbackup.format.enrolment import (
    CODE_BYTES,
    KEY_BYTES,
    LIFE_NS,
    Brought,
    Code,
    EnrolmentKeys,
    Offer,
    handle_of,
    open_bundle,
    prove_offer,
    stretched,
)
from csbackup.format.ids import SHORT
from csbackup.protocol import messages
from csbackup.rules.naming import folded, is_name

PAGE = "/#/enrol"


@dataclass(frozen=True, slots=True)
class Asking:
    """One wish to be enrolled. `code`: what a person types; empty where the browser is here."""

    offer: Offer
    secret: bytes
    keys: EnrolmentKeys
    claim: bytes
    code: str = ""
    account: str = ""  # whose device it may become; anybody's when empty
    download: str = ""  # the code of the download that brought this client

    @property
    def document(self) -> bytes:
        return self.offer.encode()

    @property
    def proof(self) -> bytes:
        return prove_offer(self.document, self.secret, self.offer.request)

    @property
    def expires_ns(self) -> int:
        return self.offer.created_ns + LIFE_NS

    def message(self) -> messages.EnrolmentOffer:
        claim = hashlib.sha256(self.claim).digest()
        return messages.EnrolmentOffer(self.document, self.proof, claim, self.download)

    def page(self, port: int) -> str:
        """Where the person's browser goes; what follows the `#` is never sent."""
        offer, secret = _text(self.document), _text(self.secret)
        told = {"offer": offer, "secret": secret, "port": port, "download": self.download}
        return f"{self.offer.origin}{PAGE}?{urlencode(told)}"

    def take(self, bundle: bytes, now_ns: int) -> Brought:
        """What the browser brought; `EnrolmentInvalid` and `EnrolmentExpired` say what is wrong."""
        if not self.offer.created_ns <= now_ns < self.expires_ns:
            raise EnrolmentExpired
        brought = open_bundle(bundle, self.document, self.secret, self.keys)
        head = brought.head
        if not (is_name(head.account_name) and is_name(head.device_name)):
            raise EnrolmentInvalid("it names what nobody may be called")
        if self.account and folded(self.account) != folded(head.account_name):
            raise EnrolmentInvalid(f"it is of account {head.account_name}, not {self.account}")
        return brought


def ask_by_browser(address: Address, pin: str, name: str, now_ns: int) -> Asking:
    """For a browser on this machine, which is told the secret past the server."""
    keys, offer = _draw(address, pin, name, now_ns)
    return Asking(offer, secrets.token_bytes(KEY_BYTES), keys, b"")


def ask_by_code(address: Address, pin: str, name: str, now_ns: int) -> Asking:
    """For a person elsewhere, who reads a code here and types it there."""
    keys, offer = _draw(address, pin, name, now_ns)
    code = Code(handle_of(offer.request), secrets.token_bytes(CODE_BYTES))
    secret = stretched(code.secret, offer.request)
    return Asking(offer, secret, keys, secrets.token_bytes(KEY_BYTES), code.shown())


def _draw(address: Address, pin: str, name: str, now_ns: int) -> tuple[EnrolmentKeys, Offer]:
    keys = EnrolmentKeys(
        X25519PrivateKey.generate(), Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    )
    offer = Offer(
        request=secrets.token_bytes(SHORT),
        enrolment_public=keys.enrolment.public_key().public_bytes_raw(),
        signing_public=keys.signing.public_key().public_bytes_raw(),
        sealing_public=keys.sealing.public_key().public_bytes_raw(),
        name=name,
        os=describe_os(),
        client=__version__,
        origin=str(address),
        pin=pin,
        created_ns=now_ns,
    )
    return keys, offer


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
