"""Where a server is: its address as people type it, and its pin."""

from __future__ import annotations

import ipaddress
import string
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from csbackup.errors import ClientError, TrustError

PIN_LETTERS = 64
_PORTS = {"https": 443, "http": 80}


class AddressInvalid(ClientError):
    code = "address-invalid"


class PinInvalid(TrustError):
    code = "pin-invalid"


@dataclass(frozen=True, slots=True)
class Address:
    """A server's address. Plain HTTP is for this machine only."""

    secure: bool
    host: str
    port: int
    prefix: str  # the path before /api/v1, behind a proxy; mostly empty

    def __str__(self) -> str:
        scheme = "https" if self.secure else "http"
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == _PORTS[scheme] else f":{self.port}"
        return f"{scheme}://{host}{port}{self.prefix}"


def read_address(text: str) -> Address:
    """The address that a person typed; without a scheme it is https."""
    whole = text.strip() if "://" in text else f"https://{text.strip()}"
    try:
        parts = urlsplit(whole)
        port = parts.port
    except ValueError:
        raise _invalid(text) from None
    if parts.scheme not in _PORTS or not parts.hostname or _has_surplus(parts):
        raise _invalid(text)
    secure = parts.scheme == "https"
    if not secure and not _is_loopback(parts.hostname):
        raise AddressInvalid(
            f"{text} is not encrypted, and plain http is for this machine only. Use https."
        )
    prefix = parts.path.rstrip("/")
    return Address(secure, parts.hostname, port or _PORTS[parts.scheme], prefix)


def read_pin(text: str) -> str:
    """A pin as it is compared: lower-case hexadecimal without colons and spaces."""
    pin = "".join(text.split()).replace(":", "").lower()
    if len(pin) != PIN_LETTERS or not set(pin) <= set(string.hexdigits):
        raise PinInvalid(
            "That is not a pin: a pin has 64 hexadecimal digits. `csb-server pin` prints it."
        )
    return pin


def show_pin(pin: str) -> str:
    """A pin for people to compare: groups of four."""
    return " ".join(pin[at : at + 4] for at in range(0, len(pin), 4))


def _has_surplus(parts: SplitResult) -> bool:
    return bool(parts.query or parts.fragment or parts.username or parts.password)


def _invalid(text: str) -> AddressInvalid:
    return AddressInvalid(
        f"{text} is not the address of a server. It looks like https://nas.local:8443."
    )


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
