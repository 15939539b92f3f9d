"""From which address a request comes, when something may stand between its caller and us."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

from csbackup.rules.access import read_ip

Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class Way:
    """What may stand before a server. Nothing is believed that is not named here.

    `proxies`: whose word about a caller counts. `veils`: addresses behind which anybody may be.
    """

    proxies: tuple[Network, ...] = ()
    veils: tuple[Network, ...] = ()


def calling_address(
    peer: str, forwarded: Iterable[str], *, passed_on: bool = False, way: Way
) -> str:
    """The caller's address, or a text that is none: nothing that is for near callers is open to it.

    `forwarded` are the lines of `X-Forwarded-For`. A trusted proxy adds the address that it saw
    behind those that were there, which anybody can write: so they are read from behind, as far as
    proxies that are trusted go. Who is no such proxy and passes a request on, or a proxy that does
    not say for whom, leaves the caller unknown.
    """
    hops = [hop for line in forwarded for hop in line.split(",")]
    trusted = is_within(peer, way.proxies)
    if hops if not trusted else not hops:
        return _unknown(peer)
    if passed_on and not trusted:
        return _unknown(peer)
    caller = peer
    while hops and is_within(caller, way.proxies):
        caller = _without_port(hops.pop().strip())
    if read_ip(caller) is None or is_within(caller, way.veils):
        return _unknown(peer)
    return caller


def is_within(address: str, networks: Iterable[Network]) -> bool:
    found = read_ip(address)
    return found is not None and any(
        found.version == network.version and found in network for network in networks
    )


def _without_port(hop: str) -> str:
    """Some proxies write `192.0.2.1:50000`, or `[2001:db8::1]:50000`."""
    if read_ip(hop) is not None:
        return hop
    host, _, port = hop.rpartition(":")
    return (host if port.isdigit() else hop).strip("[]")


def _unknown(peer: str) -> str:
    return f"passed on by {peer}"
