"""What anyone may ask: what this server is, how it is, its CA."""

from __future__ import annotations

from csbackup.errors import Forbidden, NotFound
from csbackup.protocol import messages, version
from csbackup.rules.access import Person, is_loopback
from csbackup.server.api.calls import Call, Reply
from csbackup.server.services.install_script import install_script


def server_info(call: Call) -> messages.ServerInfo:
    face = call.services.face
    wheel = call.services.client.get()
    return messages.ServerInfo(
        name=face.name,
        version=face.version,
        protocol_oldest=version.OLDEST,
        protocol_newest=version.NEWEST,
        pin=face.pin,
        leaf_pin=call.leaf_pin,
        url=call.base_url,
        registration=face.registration,
        may_register=call.services.accounts.may_register(call.address),
        needs_admin=call.services.accounts.needs_admin(),
        client_wheel=f"/client/{wheel.name}",
        client_wheel_sha256=wheel.sha256,
    )


def health(call: Call) -> messages.Health:
    """Whether the catalog answers."""
    call.services.accounts.needs_admin()
    return messages.Health()


def metrics(call: Call) -> bytes:
    """For Prometheus; from this machine, or for an admin."""
    is_admin = isinstance(call.caller, Person) and call.caller.is_admin
    if not is_admin and not is_loopback(call.address):
        raise Forbidden("Metrics are read from the server itself, or by an admin.")
    status = call.services.overview.status()
    states = [device.state for device in call.services.devices.all(call.now).devices]
    lines = [
        f"csb_{name} {getattr(status, name)}"
        for name in ("accounts", "devices", "snapshots", "packs", "stored_bytes", "free_bytes")
    ]
    lines += [
        f'csb_devices_by_state{{state="{state}"}} {states.count(state)}'
        for state in sorted(set(states))
    ]
    return "\n".join([*lines, ""]).encode()


def ca_certificate(call: Call) -> bytes:
    return call.services.face.ca_pem


def public_names(call: Call) -> messages.PublicNames:
    return call.services.face.statement(call.now)


def client_wheel(call: Call) -> bytes:
    wheel = call.services.client.get()
    if call.path["wheel"] != wheel.name:
        raise NotFound(f"The client of this server is {wheel.name}.")
    return wheel.content


def client_installer(call: Call) -> Reply:
    face = call.services.face
    script = install_script(call.base_url, face.pin, call.ca_pem, call.services.client.get())
    return Reply(script.encode(), headers={"Cache-Control": "no-store"})
