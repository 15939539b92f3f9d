"""Under which names and addresses this machine is reached: what its certificate may say."""

from __future__ import annotations

import re
import socket
import sys
from collections.abc import Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path
from typing import TypeVar

Address = IPv4Address | IPv6Address
Kind = TypeVar("Kind")

_DNS_NAME = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*"
)
_PROBES = (
    (socket.AF_INET, ("192.0.2.1", 9)),
    (socket.AF_INET6, ("2001:db8::1", 9)),
)
LOOPBACK = ("127.0.0.0/8", "::1/128")
_ROUTES = Path("/proc/net/route")
_ROUTES_V6 = Path("/proc/net/ipv6_route")


@dataclass(frozen=True, slots=True)
class Names:
    """DNS names in lower case, and addresses; the first is the best for people."""

    dns: tuple[str, ...]
    addresses: tuple[Address, ...]


def names_of_this_machine(url_host: str = "") -> Names:
    """Asks the system only; nothing is sent."""
    host = socket.gethostname().lower()
    dns = [host, f"{host.partition('.')[0]}.local", url_host.lower(), "localhost"]
    addresses = [*_own_addresses(), *_resolved(host)]
    with suppress(ValueError):
        addresses.append(ip_address(url_host))
    loopback = [ip_address("127.0.0.1"), ip_address("::1")]
    return Names(tuple(_unique(filter(is_dns_name, dns))), tuple(_unique([*addresses, *loopback])))


def gateways() -> tuple[Address, ...]:
    """Through which addresses this machine reaches the rest of the world, as far as Linux says."""
    return tuple(_unique([*_gateways_v4(), *_gateways_v6()]))


def _gateways_v4() -> Iterator[Address]:
    for row in _rows(_ROUTES):
        with suppress(ValueError, IndexError):
            if row[1] == "00000000" and row[2] != "00000000":  # in the order of this machine
                yield IPv4Address(int(row[2], 16).to_bytes(4, sys.byteorder))


def _gateways_v6() -> Iterator[Address]:
    for row in _rows(_ROUTES_V6):
        with suppress(ValueError, IndexError):
            if int(row[1], 16) == 0 and int(row[4], 16) != 0:
                yield IPv6Address(int(row[4], 16))


def _rows(path: Path) -> list[list[str]]:
    with suppress(OSError):
        return [line.split() for line in path.read_text("ascii").splitlines()]
    return []


def is_dns_name(text: str) -> bool:
    """Whether a certificate may name it: no address, no underscore, no empty part."""
    with suppress(ValueError):
        ip_address(text)
        return False
    return _DNS_NAME.fullmatch(text) is not None


def _own_addresses() -> list[Address]:
    """The address this machine would send from; connecting a datagram socket sends nothing."""
    found: list[Address] = []
    for family, target in _PROBES:
        with suppress(OSError), closing(socket.socket(family, socket.SOCK_DGRAM)) as probe:
            probe.connect(target)
            found.append(ip_address(probe.getsockname()[0].partition("%")[0]))
    return found


def _resolved(host: str) -> list[Address]:
    with suppress(OSError, ValueError, UnicodeError):
        answers = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return [ip_address(str(answer[4][0]).partition("%")[0]) for answer in answers]
    return []


def _unique(values: Iterable[Kind]) -> list[Kind]:
    return list(dict.fromkeys(values))
