"""What was when: search, versions, changes, reports."""

from __future__ import annotations

import time
from collections.abc import Callable

from csbackup.format.ids import SHORT
from csbackup.protocol import messages
from csbackup.server.api.calls import Call
from csbackup.server.services.moments import Moment


def search(call: Call) -> messages.SearchPage:
    return call.services.search.page(
        device_of(call),
        call.query["name"],
        after=call.query["after"],
        limit=call.query["limit"],
        elapsed=_stopwatch(),
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
        elapsed=_stopwatch(),
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


def _stopwatch() -> Callable[[], float]:
    """Seconds from now on: a request that looks far answers with what it has."""
    began = time.monotonic()
    return lambda: time.monotonic() - began
