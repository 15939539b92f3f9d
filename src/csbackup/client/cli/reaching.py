"""Reaching the server: from a typed address, or as the device that is enrolled here."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass

from csbackup.client.cli.asking import ask_secret, confirm_pin, on_a_terminal
from csbackup.client.config import Home, find_home
from csbackup.client.connection import (
    Address,
    Connection,
    Pace,
    Transport,
    ask_pin,
    ask_server,
    open_transport,
    read_address,
    read_pin,
    show_pin,
)
from csbackup.client.keyring import EnrolledDevice, load_device
from csbackup.client.platform.clock import LocalZone
from csbackup.client.service.memory import HomeMemory
from csbackup.client.unlock import UnlockedAccount, unlock
from csbackup.errors import ClientError, NotEnrolled, PathProblem, TrustError
from csbackup.rules.limits import rates_at

INSTALLED_FILE = "server.json"


class PinNeeded(TrustError):
    code = "pin-needed"

    def __init__(self, url: str) -> None:
        super().__init__(
            f"{url} is not trusted yet. Give its pin with --accept-pin (`csb-server pin` prints "
            "it), or run this on a terminal to compare it."
        )


class AddressNeeded(ClientError):
    code = "address-needed"

    def __init__(self) -> None:
        super().__init__("Say which server: https://its-name:8443.")


@dataclass(frozen=True, slots=True)
class Reached:
    """A server we trust."""

    home: Home
    transport: Transport
    pin: str


def own_home() -> Home:
    return find_home(os.environ)


def reach(home: Home, url: str, accept_pin: str) -> Reached:
    """The server at an address that a person typed, or that the download left here."""
    installed_url, installed_pin = _installed(home)
    address = read_address(url or installed_url or _fail(AddressNeeded()))
    pin = ""
    if address.secure:
        pin = read_pin(accept_pin) if accept_pin else ""
        if not pin and installed_url and read_address(installed_url) == address:
            pin = read_pin(installed_pin)
        pin = pin or _known_pin(home, address) or _compare_pin(home, address)
    return _open(home, address, pin)


def reach_again(home: Home) -> Reached:
    """The server of the device that is enrolled here, for whoever has no token."""
    device = load_device(home)
    return _open(home, read_address(device.url), device.pin)


def reach_own(home: Home) -> tuple[EnrolledDevice, Connection]:
    """The server of the device that is enrolled here, with its token."""
    device = load_device(home)
    reached = _open(home, read_address(device.url), device.pin)
    return device, Connection(reached.transport.with_token(device.token), device.device)


def unlock_own(home: Home, recovery_key: str) -> tuple[EnrolledDevice, UnlockedAccount]:
    """The account of the device that is enrolled here; asks for its password."""
    device = load_device(home)
    reached = _open(home, read_address(device.url), device.pin)
    secret = ask_secret(recovery_key, device.account_name)
    return device, unlock(reached.transport, device.account_name, secret, device.account)


def _open(home: Home, address: Address, pin: str) -> Reached:
    transport = open_transport(home, address, pin).paced(_pace(home))
    ask_server(transport, pin)
    return Reached(home, transport, pin)


def _pace(home: Home) -> Pace:
    """As the limits of this device are, also when they change meanwhile."""
    memory, zone = HomeMemory(home), LocalZone()
    return Pace(lambda: rates_at(memory.limits(), time.time_ns(), zone))


def _installed(home: Home) -> tuple[str, str]:
    """Address and pin that came with the download."""
    content = home.read(INSTALLED_FILE)
    if content is None:
        return "", ""
    try:
        found = json.loads(content)
        return str(found["url"]), str(found["pin"])
    except (ValueError, KeyError, TypeError):
        raise ClientError(
            f"{home.path / INSTALLED_FILE} is damaged. Remove it, and name the server yourself."
        ) from None


def installed_code(home: Home) -> str:
    """The code of the download that brought this client here, if it had one."""
    content = home.read(INSTALLED_FILE)
    try:
        found = json.loads(content or b"{}").get("code", "")
    except (ValueError, AttributeError):
        return ""
    return found if isinstance(found, str) else ""


def device_if_whole(home: Home) -> EnrolledDevice | None:
    """The device that is enrolled here; None without one, and where its file is damaged: setting
    the machine up again is how to mend that."""
    try:
        return load_device(home)
    except (NotEnrolled, PathProblem):
        return None


def _known_pin(home: Home, address: Address) -> str:
    device = device_if_whole(home)
    return device.pin if device and read_address(device.url) == address else ""


def _compare_pin(home: Home, address: Address) -> str:
    """The pin there: the one that this machine trusts already, as a server that moved shows it, or
    one that a person compares. Who only claims it fails when the connection is opened."""
    device = device_if_whole(home)
    if device is None and not on_a_terminal():
        raise PinNeeded(str(address))
    pin = ask_pin(address)
    if device is not None and pin == device.pin:
        return pin
    if not on_a_terminal():
        raise PinNeeded(str(address))
    if not confirm_pin(str(address), show_pin(pin)):
        raise PinNeeded(str(address))
    return pin


def _fail(failure: Exception) -> str:
    raise failure
