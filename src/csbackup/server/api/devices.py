"""Devices, their snapshots and listings."""

from __future__ import annotations

from csbackup.errors import RequestError
from csbackup.format.ids import SHORT
from csbackup.protocol import messages
from csbackup.server.api.calls import Call
from csbackup.server.api.past import device_of
from csbackup.server.services.moments import Moment
from csbackup.server.services.sorting import Order


def own_devices(call: Call) -> messages.DeviceList:
    return call.services.devices.of_account(call.person.number, call.now)


def enrol(call: Call) -> messages.DeviceToken:
    request = call.message(messages.DeviceEnrolment)
    token = call.services.enrolments.enrol(call.person, request, call.now)
    call.services.download_codes.use(request.download, call.now)
    return token


def rename(call: Call) -> messages.Done:
    device, request = call.id("device", SHORT), call.message(messages.DeviceChange)
    call.services.enrolments.rename(call.person, device, request)
    return messages.Done()


def revoke(call: Call) -> messages.Done:
    call.services.enrolments.revoke(call.person, call.id("device", SHORT), call.now)
    return messages.Done()


def certificates(call: Call) -> messages.CertificateList:
    return call.services.devices.certificates(call.known, call.id("device", SHORT))


def snapshots(call: Call) -> messages.SnapshotList:
    return call.services.history.snapshots(device_of(call))


def listing(call: Call) -> messages.Listing:
    sequence, at_ns = call.query["snapshot"], call.query["at"]
    if sequence is not None and at_ns is not None:
        raise RequestError("Give one of `snapshot` and `at`, not both.")
    return call.services.history.listing(
        device_of(call),
        Moment(sequence, at_ns),
        call.query["path"],
        offset=call.query["offset"],
        limit=call.query["limit"],
        order=Order(
            call.query["sort"], bool(call.query["descending"]), bool(call.query["folders_first"])
        ),
    )


def check_in(call: Call) -> messages.CheckInAnswer:
    return call.services.devices.check_in(call.device, call.message(messages.CheckIn), call.now)
