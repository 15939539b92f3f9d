"""What an admin asks."""

from __future__ import annotations

from csbackup.protocol import messages
from csbackup.server.api.calls import Call


def devices(call: Call) -> messages.DeviceList:
    return call.services.devices.all(call.now)


def accounts(call: Call) -> messages.AccountList:
    return call.services.overview.accounts()


def status(call: Call) -> messages.ServerStatus:
    return call.services.overview.status()
