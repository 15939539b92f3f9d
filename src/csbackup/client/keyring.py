"""What an enrolled device keeps: enough to add to its backup, not enough to open it.

It lies in `device.json` in the state folder, readable by its person only. There is no password in
it, no master secret and no private sealing key of the account.
"""

from __future__ import annotations

from dataclasses import dataclass

from csbackup.client.config import Home
from csbackup.errors import NotEnrolled, PathProblem, RequestError
from csbackup.format.ids import AccountId, DeviceId
from csbackup.format.keys import DeviceKeys
from csbackup.protocol.adapter import Blob, Hex, parse, render

FILE = "device.json"


@dataclass(frozen=True, slots=True)
class EnrolledDevice:
    """A device with its keys. The private keys are raw: Ed25519 to sign, X25519 to receive."""

    url: str
    pin: str
    account_name: str
    device_name: str
    account: AccountId
    device: DeviceId
    serial: int
    keys: DeviceKeys
    signing_private: bytes
    sealing_private: bytes
    token: str


@dataclass(frozen=True, slots=True)
class _Keys:
    account: Hex
    id_key: Blob
    cut_key: Blob
    hedge_key: Blob
    sealing_public: Blob
    account_public: Blob


@dataclass(frozen=True, slots=True)
class _File:
    version: int
    url: str
    pin: str
    account_name: str
    device_name: str
    account: Hex
    device: Hex
    serial: int
    keys: _Keys
    signing_private: Blob
    sealing_private: Blob
    token: str


_VERSION = 2
_FREE = "url"  # a server that moved: the pin tells whether it is the same
_UNCHECKED = 1  # files of this version carry no checksum


def load_device(home: Home) -> EnrolledDevice:
    """The device that was enrolled here; `NotEnrolled` before that."""
    try:
        found = home.read_json(FILE, free=_FREE)
        if found is None:
            raise NotEnrolled
        file = parse(_File, found.value, "It")
        if not found.checked and file.version != _UNCHECKED:
            raise ValueError("It lacks its checksum.")
    except (ValueError, RequestError) as problem:
        raise PathProblem(
            f"{home.path / FILE} is damaged: {problem} "
            "Run `csb login URL --account NAME --take-over DEVICE` to set this machine up again."
        ) from problem
    return _from_file(file)


def save_device(home: Home, device: EnrolledDevice) -> None:
    """Keep an enrolled device; the one before is forgotten."""
    home.write_json(FILE, render(_to_file(device)), free=_FREE)


def is_enrolled(home: Home) -> bool:
    return home.read(FILE) is not None


def _from_file(file: _File) -> EnrolledDevice:
    keys = file.keys
    return EnrolledDevice(
        url=file.url,
        pin=file.pin,
        account_name=file.account_name,
        device_name=file.device_name,
        account=AccountId(file.account),
        device=DeviceId(file.device),
        serial=file.serial,
        keys=DeviceKeys(
            account=AccountId(keys.account),
            id_key=keys.id_key,
            cut_key=keys.cut_key,
            hedge_key=keys.hedge_key,
            sealing_public=keys.sealing_public,
            account_public=keys.account_public,
        ),
        signing_private=file.signing_private,
        sealing_private=file.sealing_private,
        token=file.token,
    )


def _to_file(device: EnrolledDevice) -> _File:
    keys = device.keys
    return _File(
        version=_VERSION,
        url=device.url,
        pin=device.pin,
        account_name=device.account_name,
        device_name=device.device_name,
        account=device.account,
        device=device.device,
        serial=device.serial,
        keys=_Keys(
            account=keys.account,
            id_key=keys.id_key,
            cut_key=keys.cut_key,
            hedge_key=keys.hedge_key,
            sealing_public=keys.sealing_public,
            account_public=keys.account_public,
        ),
        signing_private=device.signing_private,
        sealing_private=device.sealing_private,
        token=device.token,
    )
