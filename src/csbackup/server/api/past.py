"""What was when: search, versions, changes, reports."""

from __future__ import annotations

import time
from collections.abc import Callable

from csbackup.format.ids import SHORT
from csbackup.protocol import messages
from csbackup.server.api.calls import Call
from csbackup.server.services.moments import Moment

_SECONDS = 1.0  # so long a request looks before it answers with what it has


def search(call: Call) -> messages.SearchPage:
    return call.services.search.page(
        device_of(call),
        call.query["name"],
        after=call.query["after"],
        limit=call.query["limit"],
        spent=_time_is_over(),
    )


def versions(call: Call) -> messages.VersionList:
    return call.services.versions.of_path(
        device_of(call),
        call.query["path"],
        before=call.query["before"],
        limit=call.query["limit"],
    )


def changes(call: Call) -> messages.ChangeList:
    return call.services.changes.in_folder(
        device_of(call),
        (call.query["from"], call.query["to"]),
        call.query["path"],
        offset=call.query["offset"],
        limit=call.query["limit"],
        spent=_time_is_over(),
    )


def report(call: Call) -> messages.ReportPage:
    return call.services.history.report(
        device_of(call),
        Moment(call.query["snapshot"]),
        offset=call.query["offset"],
        limit=call.query["limit"],
    )


def device_of(call: Call) -> int:
    """The catalog's number of the device that is asked about, if the caller may see it."""
    return call.services.devices.visible(call.known, call.id("device", SHORT))


def _time_is_over() -> Callable[[], bool]:
    end = time.monotonic() + _SECONDS
    return lambda: time.monotonic() >= end
