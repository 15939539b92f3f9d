"""Talks to the server; the only place in the client that knows HTTP."""

from csbackup.client.connection.address import Address, read_address, read_pin, show_pin
from csbackup.client.connection.anyone import (
    ask_kdf,
    claim_enrolment,
    offer_enrolment,
    register,
    sign_in,
)
from csbackup.client.connection.device import Connection
from csbackup.client.connection.opening import ask_pin, ask_server, open_transport
from csbackup.client.connection.pace import Pace
from csbackup.client.connection.person import PersonConnection
from csbackup.client.connection.releases import ReleaseSource
from csbackup.client.connection.transport import Request, Streamed, Transport

__all__ = [
    "Address",
    "Connection",
    "Pace",
    "PersonConnection",
    "ReleaseSource",
    "Request",
    "Streamed",
    "Transport",
    "ask_kdf",
    "ask_pin",
    "ask_server",
    "claim_enrolment",
    "offer_enrolment",
    "open_transport",
    "read_address",
    "read_pin",
    "register",
    "show_pin",
    "sign_in",
]
