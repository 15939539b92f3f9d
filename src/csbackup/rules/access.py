"""Who may ask for what: every route names its callers, everybody else is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address

from csbackup.errors import AccountClosing, CsbError, Forbidden, NotSignedIn
from csbackup.format.ids import AccountId, DeviceId


class Who(Enum):
    """A kind of caller."""

    ANYONE = "anyone"
    PERSON = "person"
    DEVICE = "device"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody signed in. `number` is the catalog's number of the account."""

    number: int
    account: AccountId
    role: str
    session: bytes  # the hash of its token
    browser: bool = False

    @property
    def is_admin(self) -> bool:
        return self.role == "admin"


@dataclass(frozen=True, slots=True)
class DeviceCaller:
    """A device that showed a token which is not revoked. Numbers are the catalog's."""

    account_number: int
    account: AccountId
    device_number: int
    device: DeviceId
    closing: bool = False  # its account is going to be deleted


Caller = Person | DeviceCaller | None


def refusal(caller: Caller, admitted: frozenset[Who]) -> CsbError | None:
    """Why this caller may not use a route for `admitted`, or None when it may."""
    if Who.ANYONE in admitted:
        return None
    if caller is None:
        return NotSignedIn()
    if isinstance(caller, DeviceCaller) and caller.closing:
        return AccountClosing()
    if kinds_of(caller) & admitted:
        return None
    if admitted == {Who.ADMIN}:
        return Forbidden("Only an admin may do this.")
    if isinstance(caller, DeviceCaller):
        return Forbidden("A device's token does not allow this. Sign in.")
    return Forbidden("Only a device may do this.")


def kinds_of(caller: Person | DeviceCaller) -> frozenset[Who]:
    if isinstance(caller, DeviceCaller):
        return frozenset({Who.DEVICE})
    return frozenset({Who.PERSON, Who.ADMIN} if caller.is_admin else {Who.PERSON})


def may_see_device(caller: Person | DeviceCaller, *, owner: int, device: DeviceId) -> bool:
    """Whether a caller may read what lists a device's contents. `owner` is an account's number."""
    if isinstance(caller, DeviceCaller):
        return caller.device == device
    return caller.is_admin or caller.number == owner


def may_register(policy: str, address: str) -> bool:
    """Whether a caller at `address` may register without an invitation."""
    return policy == "open" or (policy == "local" and is_near(address))


def is_near(address: str) -> bool:
    """Whether an address is of this machine or of a private network."""
    found = read_ip(address)
    return found is not None and (found.is_loopback or found.is_link_local or found.is_private)


def is_loopback(address: str) -> bool:
    found = read_ip(address)
    return found is not None and found.is_loopback


def read_ip(address: str) -> IPv4Address | IPv6Address | None:
    """The address; one of IPv4 in the clothes of IPv6 is taken for what it is."""
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, IPv6Address) and found.ipv4_mapped is not None:
        return found.ipv4_mapped
    return found
