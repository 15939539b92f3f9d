"""Who asks, as the services know them."""

from __future__ import annotations

from dataclasses import dataclass

from csbackup.format.ids import AccountId, DeviceId


@dataclass(frozen=True, slots=True)
class DeviceCaller:
    """A device that has shown its token. The numbers are the catalog's own."""

    account_number: int
    account: AccountId
    device_number: int
    device: DeviceId
