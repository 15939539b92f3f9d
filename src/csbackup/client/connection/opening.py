"""Opening a connection: is it the server we mean, and do we speak its language."""

from __future__ import annotations

import contextlib
import ssl
import time

import urllib3
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey

from csbackup.client.config import Home
from csbackup.client.connection.address import Address
from csbackup.client.connection.transport import Request, Transport
from csbackup.client.connection.trust import (
    CA_LIMIT_BYTES,
    check_pin,
    pin_of,
    read_ca,
    to_pem,
    trusting,
    trusting_nobody,
    trusting_public,
)
from csbackup.client.platform.clock import is_before_us
from csbackup.errors import (
    CertificateRefused,
    CsbError,
    PinMismatch,
    ServerIncompatible,
)
from csbackup.format.vouching import read_statement
from csbackup.protocol import messages, version

CA_FILE = "ca.crt"


def ask_pin(address: Address) -> str:
    """The pin of whoever answers there. Not to be trusted until a person compared it."""
    return pin_of(_fetch_ca(address))


def open_transport(home: Home, address: Address, pin: str) -> Transport:
    """Requests to the server whose CA has this pin; `PinMismatch` when another one answers."""
    if not address.secure:
        return Transport(address, None)
    ca = _kept_ca(home, address, pin)
    if ca is None:
        ca = _fetch_ca(address)
        check_pin(ca, pin)
        home.write(CA_FILE, to_pem(ca))
    now = time.time_ns()
    own = trusting(ca, heed_time=not is_before_us(now))
    return Transport(address, own, otherwise=lambda: _public_trust(address, ca, now))


def ask_server(transport: Transport, pin: str) -> messages.ServerInfo:
    """Who the server is. The first request of a connection: says clearly what does not fit."""
    try:
        info = transport.ask(messages.ServerInfo, "GET", "server")
    except CertificateRefused:
        # The handshake fails alike for every wrong certificate; the CA it offers tells why.
        _explain_wrong_ca(transport.address, pin)
        raise
    spoken = version.common_version(info.protocol_oldest, info.protocol_newest)
    if spoken is None:
        newer = "client" if info.protocol_oldest > version.NEWEST else "server"
        raise ServerIncompatible(
            str(transport.address),
            f"it speaks protocol {info.protocol_oldest} to {info.protocol_newest}, this client "
            f"{version.OLDEST} to {version.NEWEST}. Update the {newer}",
        )
    return info


def _kept_ca(home: Home, address: Address, pin: str) -> x509.Certificate | None:
    content = home.read(CA_FILE)
    if content is None:
        return None
    with contextlib.suppress(ServerIncompatible, PinMismatch, InvalidSignature, ValueError):
        ca = read_ca(content, address)
        check_pin(ca, pin)
        ca.verify_directly_issued_by(ca)  # the pin speaks for its key only, not for the rest
        return ca
    return None  # another server's, or damaged: fetched anew


def _fetch_ca(address: Address) -> x509.Certificate:
    transport = _to_whom_it_may_be(address)
    try:
        request = Request("GET", "/ca.crt", most_bytes=CA_LIMIT_BYTES)
        return read_ca(transport.send(request).content, address)
    finally:
        transport.close()


def _public_trust(address: Address, ca: x509.Certificate, now_ns: int) -> ssl.SSLContext | None:
    """How to trust a certificate of a public CA, where the server's own CA says that it is good.

    The statement comes from whoever answers there; that its signature is the CA's is what counts.
    """
    key = ca.public_key()
    if not isinstance(key, EllipticCurvePublicKey):
        return None
    with contextlib.suppress(CsbError):
        names = _fetch_names(address)
        statement = read_statement(names.statement, names.signature, key)
        if statement.vouches_for(address.host, now_ns):
            return trusting_public(heed_time=not is_before_us(now_ns))
    return None


def _fetch_names(address: Address) -> messages.PublicNames:
    transport = _to_whom_it_may_be(address)
    try:
        return transport.ask(messages.PublicNames, "GET", "public-names")
    finally:
        transport.close()


def _to_whom_it_may_be(address: Address) -> Transport:
    """Requests that tell nothing, to whoever answers."""
    # urllib3 warns that nobody is verified: the pin, or the CA's signature, does that right after.
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return Transport(address, trusting_nobody())


def _explain_wrong_ca(address: Address, pin: str) -> None:
    try:
        ca = _fetch_ca(address)
    except CsbError:
        return
    check_pin(ca, pin)
