"""A person who agrees that a device is set up, as their browser does it; without one."""

from __future__ import annotations

import base64
import json
import re
import secrets
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qs

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from csbackup.client.config import Home
from csbackup.client.connection import open_transport, read_address
from csbackup.client.unlock import Secret, UnlockedAccount, unlock
from csbackup.format.enrolment import (
    BundleHead,
    Contents,
    EnrolmentKeys,
    Offer,
    make_bundle,
    prove_offer,
    read_code,
    read_offer,
    stretched,
)
from csbackup.format.ids import SHORT, DeviceId
from csbackup.format.keys import sign
from csbackup.format.snapshot import SIGN_CERTIFICATE, Certificate
from csbackup.protocol import messages
from support.processes import Client

_MOST_SECONDS = 60


def from_base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def to_base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


@dataclass(frozen=True)
class Asked:
    """What a browser knows of a device that asks."""

    document: bytes
    secret: bytes
    port: int = 0

    @property
    def offer(self) -> Offer:
        return read_offer(self.document)


def read_page(address: str) -> Asked:
    """What the address of the server's page says to it, behind the `#`."""
    said = parse_qs(address.partition("?")[2])
    offer, secret = (from_base64url(said[name][0]) for name in ("offer", "secret"))
    return Asked(offer, secret, int(said["port"][0]))


@dataclass
class Agreeing:
    """Somebody signed in, with their keys."""

    account: UnlockedAccount

    @classmethod
    def sign_in(cls, known: Client, name: str) -> Agreeing:
        """`known`: a device of theirs, by which the server is known."""
        transport = open_transport(Home(known.home), read_address(known.url), known.pin)
        return cls(unlock(transport, name, Secret(password=known.password)))

    def find(self, code: str) -> Asked:
        """By what was typed: the request, and the proof that it is the device's own."""
        typed = read_code(code)
        path = f"enrolments?handle={typed.handle}"
        transport = self.account.connection.transport
        found = transport.ask(messages.EnrolmentRequestList, "GET", path).requests
        for one in found:
            secret = stretched(typed.secret, one.request)
            if one.proof == prove_offer(one.offer, secret, one.request):
                return Asked(one.offer, secret)
        raise LookupError("no device has this code")

    def bundle(
        self, asked: Asked, *, name: str = "", device: bytes = b"", serial: int = 1
    ) -> bytes:
        """Certify, enrol, seal: what the page does once the password is right."""
        offer, keys = asked.offer, self.account.keys
        device = device or secrets.token_bytes(SHORT)
        head = BundleHead(
            self.account.id, self.account.account.name, DeviceId(device), name or offer.name, serial
        )
        certificate = Certificate(
            head.account,
            head.device,
            serial,
            offer.signing_public,
            offer.sealing_public,
            time.time_ns(),
        ).encode()
        signature = sign(keys.signing_private, SIGN_CERTIFICATE, certificate)
        token = self.account.connection.enrol(
            messages.DeviceEnrolment(
                device, head.device_name, offer.os, offer.client, certificate, signature, serial > 1
            )
        ).token
        contents = Contents(keys.device, certificate, signature, token)
        return make_bundle(asked.document, asked.secret, head, contents)

    def hand_over(self, asked: Asked, bundle: bytes) -> None:
        path = f"enrolments/{asked.offer.request.hex()}"
        approval = messages.EnrolmentApproval(bundle)
        self.account.connection.transport.ask(messages.Done, "POST", path, approval)


@dataclass
class SettingUp:
    """`csb setup` as it runs; whatever it says is in `lines`."""

    process: subprocess.Popen[str]
    lines: list[str]

    def await_line(self, pattern: str) -> str:
        """Read on until a line fits; the line's first group, or the line."""
        for line in self.lines:
            if found := re.search(pattern, line):
                return found[1] if found.groups() else found[0]
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)
            if found := re.search(pattern, line):
                return found[1] if found.groups() else found[0]
        raise AssertionError(f"csb setup ended without `{pattern}`:\n{''.join(self.lines)}")

    def code(self) -> str:
        return self.await_line(r"^    (\w{4}-\w{4}-\w{4})$")

    def address(self) -> str:
        return self.await_line(r"^    (http://127\.0\.0\.1:\d+/enter#\S+)$")

    def end(self) -> int:
        """Its exit code; all that it said is in `lines`."""
        assert self.process.stdout is not None
        self.lines += self.process.stdout.readlines()
        return self.process.wait(60)


@contextmanager
def setting_up(client: Client, *options: str, **env: str) -> Iterator[SettingUp]:
    """`csb setup` on a machine that knows its server by the download. It has a browser where
    BROWSER says so; none is opened."""
    server = {"url": client.url, "pin": client.pin}
    client.home.mkdir(parents=True, exist_ok=True)
    (client.home / "server.json").write_text(json.dumps(server))
    (client.home / "server.json").chmod(0o644)  # root wrote it, perhaps for another user
    # No program to be found: nothing is installed as a service on the machine that tests.
    usual = {"DISPLAY": "", "CSB_OPEN_SECONDS": "1", "PATH": "/nowhere"}
    process = client.start("setup", *options, **usual | env)
    watch = threading.Timer(_MOST_SECONDS, process.kill)  # who waits for a line hears its end
    watch.start()
    try:
        yield SettingUp(process, [])
    finally:
        watch.cancel()
        if process.poll() is None:
            process.kill()
        process.wait()
        assert process.stdout is not None
        process.stdout.close()


def offer_of(name: str = "laptop", now: int = 1) -> tuple[Offer, EnrolmentKeys]:
    """As a device asks, with keys of its own."""
    keys = EnrolmentKeys(
        X25519PrivateKey.generate(), Ed25519PrivateKey.generate(), X25519PrivateKey.generate()
    )
    offer = Offer(
        secrets.token_bytes(SHORT),
        keys.enrolment.public_key().public_bytes_raw(),
        keys.signing.public_key().public_bytes_raw(),
        keys.sealing.public_key().public_bytes_raw(),
        name,
        "Debian",
        "1.0",
        "https://nas.local:8443",
        "ab" * 32,
        now,
    )
    return offer, keys
