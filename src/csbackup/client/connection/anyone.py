"""What anyone may ask: how to stretch a password, to register, to sign in."""

from __future__ import annotations

from csbackup.client.connection.person import PersonConnection
from csbackup.client.connection.transport import Transport
from csbackup.errors import Refused, WrongPassword, WrongRecoveryKey
from csbackup.protocol import messages


def ask_kdf(transport: Transport, account: str) -> messages.KdfAnswer:
    return transport.ask(messages.KdfAnswer, "POST", "kdf", messages.KdfRequest(account))


def register(
    transport: Transport, registration: messages.Registration
) -> tuple[PersonConnection, messages.Account]:
    return _open(transport, transport.ask(messages.Session, "POST", "accounts", registration))


def sign_in(
    transport: Transport, request: messages.SignIn
) -> tuple[PersonConnection, messages.Account]:
    """`WrongPassword` or `WrongRecoveryKey` when the server does not accept the proof."""
    try:
        session = transport.ask(messages.Session, "POST", "sessions", request)
    except Refused as refusal:
        if refusal.problem != "sign-in-failed":
            raise
        raise (WrongPassword if request.auth is not None else WrongRecoveryKey) from refusal
    return _open(transport, session)


def _open(
    transport: Transport, session: messages.Session
) -> tuple[PersonConnection, messages.Account]:
    return PersonConnection(transport.with_token(session.token)), session.account


def offer_enrolment(transport: Transport, request: bytes, offer: messages.EnrolmentOffer) -> None:
    """Ask to be enrolled with a code; asking again with the same does no harm."""
    transport.ask(messages.EnrolmentKept, "PUT", f"enrolments/{request.hex()}", offer)


def claim_enrolment(transport: Transport, request: bytes, claim: bytes) -> bytes:
    """What was brought for this machine; empty while nobody agreed."""
    path = f"enrolments/{request.hex()}/claim"
    return transport.ask(
        messages.EnrolmentAnswer, "POST", path, messages.EnrolmentClaim(claim)
    ).bundle
