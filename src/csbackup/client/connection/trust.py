"""Knowing the server again: the CA whose key the pin names is trusted, and whom it vouches for.

The server's CA speaks for this one server, so host names are not compared. It can also say under
which names a public certificate is good: a proxy shows that. See "Trust" in `docs/protocol.md`.
"""

from __future__ import annotations

import hashlib
import ssl

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from csbackup.client.connection.address import Address
from csbackup.client.platform.roots import load_public_roots
from csbackup.errors import PinMismatch, ServerIncompatible

CA_LIMIT_BYTES = 64 * 1024
_NO_CHECK_TIME = 0x200000  # X509_V_FLAG_NO_CHECK_TIME, for which `ssl` has no name


def read_ca(answer: bytes, address: Address) -> x509.Certificate:
    """The first certificate of what the server offers as its CA; any others are not looked at."""
    try:
        ca = x509.load_pem_x509_certificate(answer)
        pin_of(ca)
    except (ValueError, TypeError, UnsupportedAlgorithm, x509.InvalidVersion):
        why = "what it offers as its certificate cannot be read. Is it a backup server?"
        raise ServerIncompatible(str(address), why) from None
    return ca


def pin_of(ca: x509.Certificate) -> str:
    """SHA-256 of the public key, in hexadecimal."""
    key = ca.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(key).hexdigest()


def check_pin(ca: x509.Certificate, expected: str) -> None:
    found = pin_of(ca)
    if found != expected:
        raise PinMismatch(expected, found)


def trusting(ca: x509.Certificate, *, heed_time: bool = True) -> ssl.SSLContext:
    """TLS with whom this CA vouches for, and nobody else.

    `heed_time` is False on a machine whose clock cannot be right: to it no certificate is valid
    yet, and it would go without backups until somebody comes by.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    if not heed_time:
        context.verify_flags |= _NO_CHECK_TIME
    context.load_verify_locations(cadata=to_pem(ca).decode())
    return context


def trusting_public(*, heed_time: bool = True) -> ssl.SSLContext:
    """TLS as in a browser: with whom a public CA vouches for, by exactly the name that is asked.

    Only for names for which the server's own CA says that this is good, see `format.vouching`.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if not heed_time:
        context.verify_flags |= _NO_CHECK_TIME
    load_public_roots(context)
    return context


def trusting_nobody() -> ssl.SSLContext:
    """Encrypted, but with whomever answers: good for fetching the CA, which the pin then checks."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def to_pem(ca: x509.Certificate) -> bytes:
    return ca.public_bytes(Encoding.PEM)
