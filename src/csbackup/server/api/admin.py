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


def rollout(call: Call) -> messages.ReleaseOverview:
    return call.services.rollouts.overview(call.now)


def set_rollout(call: Call) -> messages.ReleaseOverview:
    call.services.rollouts.set(call.person, call.message(messages.Rollout), call.now)
    return call.services.rollouts.overview(call.now)
