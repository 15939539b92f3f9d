"""Devices that wait to be enrolled with a code."""

from __future__ import annotations

from csbackup.format.ids import SHORT
from csbackup.protocol import messages
from csbackup.server.api.calls import Call


def ask(call: Call) -> messages.EnrolmentKept:
    told = call.message(messages.EnrolmentOffer)
    return call.services.enrolment_requests.ask(_request(call), told, call.address, call.now)


def claim(call: Call) -> messages.EnrolmentAnswer:
    told = call.message(messages.EnrolmentClaim)
    return call.services.enrolment_requests.claim(_request(call), told.claim, call.now)


def waiting(call: Call) -> messages.EnrolmentRequestList:
    handle = call.query["handle"] or ""
    return call.services.enrolment_requests.waiting(call.person, handle, call.now)


def approve(call: Call) -> messages.Done:
    bundle = call.message(messages.EnrolmentApproval).bundle
    call.services.enrolment_requests.approve(call.person, _request(call), bundle, call.now)
    return messages.Done()


def _request(call: Call) -> bytes:
    return call.id("request", SHORT)
