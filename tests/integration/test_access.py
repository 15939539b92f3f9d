"""Who may do what: every route, asked about Anna's things by everybody, equals the table here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from csbackup.client.connection import read_address
from csbackup.client.enrolling.asking import Asking, ask_by_browser
from csbackup.format import packing
from csbackup.format.enrolment import Bundle, BundleHead
from csbackup.format.ids import DeviceId
from csbackup.protocol import messages
from csbackup.protocol.adapter import render
from csbackup.server.api.table import ROUTES
from csbackup.server.app import clock
from support.api import Api, Backup, DeviceCaller, PersonCaller, api_on, b64
from support.device_settings import AT_FIRST, DAILY, SettingsDevice, SettingsPerson
from support.orders import SignedOrder, Wish, draft_of, next_order, placed_order
from support.released import make_release

# Anna owns `laptop` (which backed up, and has an upload open) and `tablet`. Bert owns `phone` and
# `lost`, which is revoked. Root is an admin. Anna asks last: what she does may end her device.
CALLERS = ("anyone", "bert", "laptop", "tablet", "phone", "lost", "admin", "anna")

OPEN = (200, 200, 200, 200, 200, 200, 200, 200)
OWN = (401, 200, 403, 403, 403, 401, 200, 200)  # persons, each about themselves
LISTINGS = (401, 404, 200, 404, 404, 401, 200, 200)  # of Anna's laptop
DEVICES = (401, 403, 200, 200, 200, 401, 403, 403)
SETTINGS = (401, 404, 403, 403, 403, 401, 200, 200)  # of Anna's laptop
ORDERED = (401, 403, 200, 404, 404, 401, 403, 403)  # within an order to Anna's laptop
ADMINS = (401, 403, 403, 403, 403, 401, 200, 403)

TABLE: dict[str, tuple[int, ...]] = {
    "health": OPEN,
    "metrics": OPEN,  # asked from this machine
    "openapi": OPEN,
    "ca": OPEN,
    "public_names": OPEN,
    "client_installer": OPEN,
    "client_wheel": OPEN,
    "server": OPEN,
    "offer": OPEN,
    "begin_download": (201,) * 8,  # asked from near, where anyone may register
    "download_state": OPEN,  # to whoever has the code
    "install": OPEN,
    "parcel": OPEN,  # to whoever has the code
    "release_file": OPEN,
    "kdf": OPEN,
    "register": (201,) * 8,
    "sign_in": (401,) * 8,  # with a wrong proof: it is answered, whoever asks
    "sign_out": OWN,
    "account": OWN,
    "change_password": (401, 401, 403, 403, 403, 401, 401, 401),  # a wrong proof, if let in
    "change_recovery": (401, 401, 403, 403, 403, 401, 401, 401),
    "sessions": OWN,
    "end_session": (401, 404, 403, 403, 403, 401, 404, 200),  # Anna's own
    "end_other_sessions": OWN,
    "export": OWN,
    "deletion": OWN,
    "ask_deletion": (401, 401, 403, 403, 403, 401, 401, 401),  # a wrong proof, if let in
    "take_back_deletion": OWN,
    "devices": OWN,
    "enrol": (401, 422, 403, 403, 403, 401, 422, 201),  # Anna's certificate
    "rename_device": (401, 404, 403, 403, 403, 401, 404, 200),
    "revoke": (401, 404, 403, 403, 403, 401, 404, 200),
    "certificates": LISTINGS,
    "snapshots": LISTINGS,
    "listing": LISTINGS,
    "search": LISTINGS,
    "versions": LISTINGS,
    "changes": LISTINGS,
    "report": LISTINGS,
    "check_in": DEVICES,
    "open_upload": (401, 403, 201, 201, 201, 401, 403, 403),
    "have": (401, 403, 200, 404, 404, 401, 403, 403),
    "put_pack": (401, 403, 422, 404, 404, 401, 403, 403),  # not a pack, if let in
    "read_back": (401, 403, 200, 404, 404, 401, 403, 403),
    "commit": (401, 403, 422, 422, 422, 401, 403, 403),  # signed by nobody, if let in
    "nodes": (401, 200, 200, 200, 200, 401, 200, 200),  # what they hold: see below
    "locate": (401, 200, 403, 403, 403, 401, 200, 200),  # what they hold: see below
    "get_pack": (401, 404, 403, 403, 403, 401, 404, 200),
    "prepare_order": (401, 404, 403, 403, 403, 401, 404, 200),
    "order": (401, 422, 403, 403, 403, 401, 422, 201),  # Anna's signature
    "orders": OWN,  # what they hold: see below
    "withdraw_order": (401, 404, 403, 403, 403, 401, 404, 200),
    "device_orders": DEVICES,  # what they hold: see below
    "device_order": ORDERED,
    "report_order": ORDERED,
    "locate_ordered": ORDERED,
    "get_ordered": (401, 403, 206, 404, 404, 401, 403, 403),
    "settings": SETTINGS,
    "edit_settings": SETTINGS,
    "preview_settings": SETTINGS,
    "settings_history": SETTINGS,
    "see_settings": (401, 404, 403, 403, 403, 401, 403, 200),  # the owner's alone
    "refuse_settings": (401, 404, 403, 403, 403, 401, 403, 404),  # there is no such change
    "permit_settings": (401, 403, 403, 403, 403, 401, 200, 403),
    "templates": OWN,  # what they hold: see below
    "add_template": (401, 201, 403, 403, 403, 401, 201, 201),
    "change_template": (401, 404, 403, 403, 403, 401, 404, 200),  # Anna's own
    "delete_template": (401, 404, 403, 403, 403, 401, 404, 200),
    "assign_template": (401, 404, 403, 403, 403, 401, 404, 200),
    "device_settings": DEVICES,  # what they hold: see below
    "report_settings": DEVICES,
    "ask_enrolment": OPEN,  # a device that nobody knows yet; the same again
    "claim_enrolment": (404,) * 8,  # with another claim than its own: it is answered
    "enrolment_requests": OWN,
    "approve_enrolment": (401, 400, 403, 403, 403, 401, 400, 200),  # a bundle of Anna's account
    "admin_devices": ADMINS,
    "admin_accounts": ADMINS,
    "admin_status": ADMINS,
    "rollout": ADMINS,
    "set_rollout": ADMINS,
}
NOTHING = b"\x80"  # an empty CBOR array


@dataclass(frozen=True)
class World:
    api: Api
    tokens: dict[str, str]
    anna: PersonCaller
    laptop: DeviceCaller
    backup: Backup
    upload: str
    pack: packing.Pack  # of the open upload
    order: SignedOrder  # from Anna, to her laptop
    asking: Asking  # a device that waits for a code
    template: str  # Anna's

    def session(self) -> str:
        """The name of Anna's session."""
        found = self.api.get("account/sessions", token=self.anna.token).json()["sessions"]
        return str(found[0]["session"])

    def ask(self, caller: str, name: str) -> Any:
        method, path, options = REQUESTS[name](self)
        return self.api.request(method, path, token=self.tokens[caller], **options)


@pytest.fixture
def world(tmp_path: Path) -> Any:
    with api_on(tmp_path / "data") as api:
        anna, bert = (PersonCaller(name).register(api) for name in ("anna", "bert"))
        code = api.server.services.invitations.invite_first_admin(clock())
        root = PersonCaller("root").register(api, invitation=code)
        laptop, tablet = anna.enrol(api, "laptop"), anna.enrol(api, "tablet")
        phone, lost = bert.enrol(api, "phone"), bert.enrol(api, "lost")
        backup = laptop.back_up(api, {"a.txt": b"hello"})
        upload = laptop.open_upload(api)
        owner = packing.PackOwner(anna.account, laptop.device, upload)
        pack, _ = laptop.seal(owner, {"b.txt": b"new"})
        assert pack is not None
        laptop.put_pack(api, upload, pack)
        api.delete(f"devices/{lost.device.hex()}", token=bert.token)
        callers = dict(
            zip(CALLERS[1:], (bert, laptop, tablet, phone, lost, root, anna), strict=True)
        )
        tokens = {"anyone": "", **{name: caller.token for name, caller in callers.items()}}
        order = placed_order(api, anna, laptop)
        address = read_address("https://nas.local:8443")
        asking = ask_by_browser(address, "", "new", clock())
        path = f"enrolments/{asking.offer.request.hex()}"
        assert api.put(path, json=render(asking.message())).status_code == 200
        SettingsDevice(api, laptop).tell()
        template = api.post("templates", token=anna.token, json=_TEMPLATE).json()["template"]
        yield World(api, tokens, anna, laptop, backup, upload.hex(), pack, order, asking, template)


_TEMPLATE: dict[str, Any] = {"name": "Mine", "revision": 0, "change": {}, "person_may": []}

Request = tuple[str, str, dict[str, Any]]


def _get(path: str) -> Callable[[World], Request]:
    return lambda world: ("GET", path, {})


def _of_laptop(method: str, rest: str = "") -> Callable[[World], Request]:
    return lambda world: (method, f"devices/{world.laptop.device.hex()}{rest}", {})


def _post(path: str, message: dict[str, Any]) -> Callable[[World], Request]:
    return lambda world: ("POST", path, {"json": message})


def _put_pack(world: World) -> Request:
    path = f"uploads/{world.upload}/packs/{bytes(32).hex()}"
    return "PUT", path, {"content": b"not a pack"}


def _have(world: World) -> Request:
    return "POST", f"uploads/{world.upload}/have?kind=chunks&width=8", {"content": bytes(8)}


def _commit(world: World) -> Request:
    message = {"snapshot": b64(world.backup.signed[:-1] + b"x"), "signature": b64(bytes(64))}
    return "POST", f"uploads/{world.upload}/commit", {"json": message}


def _chunks(world: World) -> Request:
    assert world.backup.blocks is not None
    return "POST", "locate", {"content": world.backup.blocks.footer.items[0].chunks}


def _pack(world: World) -> Request:
    return "GET", f"packs/{world.backup.nodes.id.hex()}", {}


def _draft(world: World) -> Request:
    wish = Wish(world.laptop.device, world.laptop.device, 1, (b"/data",))
    return "POST", "orders/prepare", {"json": render(draft_of(wish))}


def _order(world: World) -> Request:
    order = next_order(world.api, world.anna, world.laptop)
    message = {"order": b64(order.document), "signature": b64(order.signature)}
    return "POST", "orders", {"json": message}


def _of_order(method: str, rest: str = "", **options: Any) -> Callable[[World], Request]:
    return lambda world: (method, f"device/orders/{world.order.id.hex()}{rest}", options)


def _ordered_chunks(world: World) -> Request:
    _, _, options = _chunks(world)
    return "POST", f"device/orders/{world.order.id.hex()}/locate", options


def _ordered_block(world: World) -> Request:
    assert world.backup.blocks is not None
    item = world.backup.blocks.footer.items[0]
    pack = world.backup.blocks.id.hex()
    headers = {"Range": f"bytes={item.offset}-{item.offset + item.length - 1}"}
    path = f"device/orders/{world.order.id.hex()}/packs/{pack}"
    return "GET", path, {"headers": headers}


def _settings(method: str, rest: str, **message: Any) -> Callable[[World], Request]:
    path = f"/settings{rest}"
    return lambda world: (
        method,
        f"devices/{world.laptop.device.hex()}{path}",
        {"json": message},
    )


def _of_template(method: str, rest: str = "", **message: Any) -> Callable[[World], Request]:
    options = {"json": message} if message else {}
    return lambda world: (method, f"templates/{world.template}{rest}", options)


def _settings_report(world: World) -> Request:
    report = messages.SettingsReport(0, "told", AT_FIRST, b"\x01" * 32)
    return "POST", "device/settings", {"json": render(report)}


def _wheel(world: World) -> Request:
    return "GET", f"/client/{world.api.server.services.client.get().name}", {}


def _with_code(path: str) -> Callable[[World], Request]:
    """To something of a download; the release is there for whoever asks."""

    def ask(world: World) -> Request:
        server = world.api.server
        if server.services.releases.newest() is None:
            make_release(server.config.release_folders[0], targets=("linux-amd64",))
        code, _ = server.services.download_codes.mint(None, clock())
        return "GET", path.format(code=code), {}

    return ask


def _offered(world: World) -> Request:
    path = f"enrolments/{world.asking.offer.request.hex()}"
    return "PUT", path, {"json": render(world.asking.message())}


def _claimed(world: World) -> Request:
    path = f"enrolments/{world.asking.offer.request.hex()}/claim"
    return "POST", path, {"json": {"claim": b64(bytes(32))}}


def _approved(world: World) -> Request:
    """The server cannot open what is sealed in it, so it need not hold."""
    head = BundleHead(world.anna.account, "anna", DeviceId(bytes(16)), "new", 1)
    bundle = Bundle(head, b"sealed", bytes(32)).encode()
    path = f"enrolments/{world.asking.offer.request.hex()}"
    return "POST", path, {"json": {"bundle": b64(bundle)}}


_NEW_PASSWORD = {
    "proof": b64(bytes(32)),
    "kdf": b64(PersonCaller("x").kdf),
    "auth": b64(bytes(32)),
    "wrap_password": b64(bytes(92)),
    "epoch": 2,
}
_NEW_KEY = {
    "proof": b64(bytes(32)),
    "recovery_auth": b64(bytes(32)),
    "wrap_recovery": b64(bytes(92)),
}

REQUESTS: dict[str, Callable[[World], Request]] = {
    "health": _get("/healthz"),
    "metrics": _get("/metrics"),
    "openapi": _get("/api/openapi.json"),
    "ca": _get("/ca.crt"),
    "public_names": _get("public-names"),
    "client_installer": _get("/client/install.sh"),
    "client_wheel": _wheel,
    "server": _get("server"),
    "offer": _get("releases"),
    "begin_download": _post("downloads", {}),
    "download_state": _with_code("downloads/{code}"),
    "install": _with_code("/i/{code}"),
    "parcel": _with_code("/d/{code}/csb-1.4.0-linux-amd64.run"),
    "release_file": _with_code("/releases/1.4.0/manifest.json"),
    "kdf": _post("kdf", {"account": "anna"}),
    "register": lambda world: (
        "POST",
        "accounts",
        {"json": PersonCaller(f"new-{bytes(world.anna.auth[:2]).hex()}-{clock()}").registration()},
    ),
    "sign_in": _post("sessions", {"account": "anna", "auth": b64(bytes(32))}),
    "sign_out": lambda world: ("DELETE", "sessions/current", {}),
    "account": _get("account"),
    "change_password": lambda world: ("PUT", "account/password", {"json": _NEW_PASSWORD}),
    "change_recovery": lambda world: ("PUT", "account/recovery", {"json": _NEW_KEY}),
    "sessions": _get("account/sessions"),
    "end_session": lambda world: ("DELETE", f"account/sessions/{world.session()}", {}),
    "end_other_sessions": lambda world: ("DELETE", "account/sessions", {}),
    "export": _get("account/export"),
    "deletion": _get("account/deletion"),
    "ask_deletion": _post("account/deletion", {"name": "anna", "proof": b64(bytes(32))}),
    "take_back_deletion": lambda world: ("DELETE", "account/deletion", {}),
    "devices": _get("devices"),
    "enrol": lambda world: (
        "POST",
        "devices",
        {"json": DeviceCaller(world.anna, "new").enrolment()},
    ),
    "rename_device": lambda world: (
        "PATCH",
        f"devices/{world.laptop.device.hex()}",
        {"json": {"name": "notebook"}},
    ),
    "ask_enrolment": _offered,
    "claim_enrolment": _claimed,
    "enrolment_requests": _get("enrolments"),
    "approve_enrolment": _approved,
    "revoke": _of_laptop("DELETE"),
    "certificates": _of_laptop("GET", "/certificates"),
    "snapshots": _of_laptop("GET", "/snapshots"),
    "listing": _of_laptop("GET", "/listing"),
    "search": _of_laptop("GET", "/search?name=a"),
    "versions": _of_laptop("GET", "/versions?path=L2RhdGE"),
    "changes": _of_laptop("GET", "/changes?from=1&to=1"),
    "report": _of_laptop("GET", "/report"),
    "check_in": _post("checkin", {"version": "1", "os": "Linux"}),
    "open_upload": _post("uploads", {"source": bytes(16).hex()}),
    "have": _have,
    "put_pack": _put_pack,
    "read_back": lambda world: ("GET", f"uploads/{world.upload}/packs/{world.pack.id.hex()}", {}),
    "commit": _commit,
    "nodes": lambda world: ("POST", "nodes", {"content": world.backup.roots}),
    "locate": _chunks,
    "get_pack": _pack,
    "prepare_order": _draft,
    "order": _order,
    "orders": _get("orders"),
    "withdraw_order": lambda world: ("DELETE", f"orders/{world.order.id.hex()}", {}),
    "device_orders": _get("device/orders"),
    "device_order": _of_order("GET"),
    "report_order": _of_order("POST", json={"state": "running"}),
    "locate_ordered": _ordered_chunks,
    "get_ordered": _ordered_block,
    "settings": _of_laptop("GET", "/settings"),
    "edit_settings": _settings("PUT", "", revision=1, change={}),
    "preview_settings": _settings("POST", "/preview", revision=1, change={}),
    "settings_history": _of_laptop("GET", "/settings/history"),
    "see_settings": _settings("POST", "/seen", revision=1),
    "refuse_settings": _settings("POST", "/refuse", revision=1),
    "permit_settings": _settings("PUT", "/permission", person_may=["folders"]),
    "templates": _get("templates"),
    "add_template": _post("templates", _TEMPLATE),
    "change_template": _of_template("PUT", **{**_TEMPLATE, "revision": 1}),
    "delete_template": _of_template("DELETE"),
    "assign_template": _of_template("PUT", "/devices", devices=[]),
    "device_settings": _get("device/settings"),
    "report_settings": _settings_report,
    "admin_devices": _get("admin/devices"),
    "admin_accounts": _get("admin/accounts"),
    "admin_status": _get("admin/status"),
    "rollout": _get("admin/rollout"),
    "set_rollout": lambda world: (
        "PUT",
        "admin/rollout",
        {"json": {"version": None, "stage": "off"}},
    ),
}


def test_the_table_names_every_route() -> None:
    assert set(TABLE) == {route.name for route in ROUTES} == set(REQUESTS)
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)


@pytest.mark.parametrize("name", list(TABLE))
def test_everybody_gets_what_the_table_says(world: World, name: str) -> None:
    answers = {caller: world.ask(caller, name) for caller in CALLERS}

    found = {caller: answer.status_code for caller, answer in answers.items()}
    assert found == dict(zip(CALLERS, TABLE[name], strict=True))


def test_trees_of_another_account_are_not_here(world: World) -> None:
    answers = {caller: world.ask(caller, "nodes").content for caller in CALLERS}

    assert {caller for caller, content in answers.items() if world.backup.roots in content} == {
        "laptop",
        "tablet",
        "anna",
    }
    assert answers["bert"] == answers["phone"] == answers["admin"] == NOTHING


def test_blocks_of_another_account_are_not_here(world: World) -> None:
    assert world.backup.blocks is not None
    pack = world.backup.blocks.id

    answers = {caller: world.ask(caller, "locate").content for caller in CALLERS}

    assert {caller for caller, content in answers.items() if pack in content} == {"anna"}
    assert answers["bert"] == answers["admin"] == NOTHING


def test_orders_are_seen_by_their_account_and_their_device_alone(world: World) -> None:
    seen = {
        name: {caller for caller in CALLERS if world.order.id.hex() in world.ask(caller, name).text}
        for name in ("orders", "device_orders")
    }

    assert seen == {"orders": {"anna"}, "device_orders": {"laptop"}}


def test_what_waits_for_a_device_is_seen_by_that_device_alone(world: World) -> None:
    laptop = world.laptop.device.hex()
    SettingsPerson(world.api, world.anna.token, laptop).edit(DAILY)

    found = {caller: world.ask(caller, "device_settings") for caller in CALLERS}

    waiting = {name for name, one in found.items() if one.json().get("waiting")}
    assert waiting == {"laptop"}


def test_templates_are_seen_by_who_made_them(world: World) -> None:
    seen = {caller for caller in CALLERS if world.template in world.ask(caller, "templates").text}

    assert seen == {"anna"}


def test_everybody_sees_only_their_own_devices(world: World) -> None:
    found = {}
    for caller in ("anna", "bert", "admin"):
        devices = world.ask(caller, "devices").json()["devices"]
        found[caller] = sorted(device["name"] for device in devices)

    assert found == {"anna": ["laptop", "tablet"], "bert": ["lost", "phone"], "admin": []}


def test_the_metrics_are_for_this_machine_and_for_admins(world: World) -> None:
    far = {
        caller: world.api.get("/metrics", token=world.tokens[caller], address="192.168.1.9")
        for caller in CALLERS
    }

    assert {caller for caller, answer in far.items() if answer.status_code == 200} == {"admin"}
    assert {answer.status_code for answer in far.values()} == {200, 403}
