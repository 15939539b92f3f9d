"""Every JSON route answers anything with what `openapi.json` says: no fault, no unknown status."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from csbackup.server.api.description import describe
from csbackup.server.api.routes import ANYONE, Raw
from csbackup.server.api.table import ROUTES
from csbackup.server.app import clock
from support.api import BASE, Api, PersonCaller, api_on
from support.device_settings import SettingsDevice
from support.orders import placed_order
from support.released import make_release

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BINARY = {route.name for route in ROUTES if isinstance(route.body, Raw)}  # property tests have them
SCHEMA = schemathesis.openapi.from_dict(describe(ROUTES))
OPERATIONS = {
    operation.definition.raw["operationId"]: operation
    for operation in (result.ok() for result in SCHEMA.get_all_operations())
    if operation.definition.raw["operationId"] not in BINARY
}
FEW = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
NO_LIMITS = {"registrations_per_hour": 1_000_000, "sign_in_failures_per_minute": 1_000_000}


@dataclass
class World:
    """A server with an admin whose device backed up, and the ids that are there."""

    api: Api
    root: PersonCaller
    device_token: str
    ids: dict[str, str]

    def token_for(self, operation: Any) -> str:
        """A token that the description says is enough, or none when none is needed."""
        schemes = {name for one in operation.definition.raw["security"] for name in one}
        if not schemes:
            return ""
        if "session" not in schemes:
            return self.device_token
        started = self.api.server.services.sessions.start(1, clock(), browser=False)
        return started.token

    def send(self, case: Any, token: str) -> httpx.Response:
        request = requests.Request(**case.as_transport_kwargs(base_url=BASE)).prepare()
        path = str(request.url).removeprefix(BASE)
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in ("authorization", "cookie")
        }
        content = request.body if request.body is not None else b""
        return self.api.request(
            str(request.method), path, token=token, headers=headers, content=content
        )


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with api_on(tmp_path_factory.mktemp("api") / "data", **NO_LIMITS) as api:
        code = api.server.services.invitations.invite_first_admin(clock())
        root = PersonCaller("root").register(api, invitation=code)
        laptop = root.enrol(api)
        backup = laptop.back_up(api, {"a.txt": b"hello"})
        SettingsDevice(api, laptop).tell()
        draft = {"name": "Office", "revision": 0, "change": {}, "person_may": []}
        office = api.post("templates", token=root.token, json=draft).json()
        make_release(api.server.config.release_folders[0], targets=("linux-amd64",))
        ids = {
            "device": laptop.device.hex(),
            "upload": laptop.open_upload(api).hex(),
            "pack": backup.nodes.id.hex(),
            "order": placed_order(api, root, laptop).id.hex(),
            "session": bytes(16).hex(),
            "request": bytes(16).hex(),
            "template": office["template"],
            "wheel": api.server.services.client.get().name,
            "code": api.server.services.download_codes.mint(None, clock())[0],
            "version": "1.4.0",
            "name": "csb-1.4.0-linux-amd64.tar.xz",
        }
        yield World(api, root, laptop.token, ids)


def cases() -> Iterator[Any]:
    """Every operation, rightly and wrongly asked; some cannot be asked wrongly."""
    shapeless = {route.name for route in ROUTES if route.who == ANYONE and route.body is None}
    for name in OPERATIONS:
        if name not in ("revoke", "delete_template"):  # they would end what others ask about
            yield pytest.param(name, GenerationMode.POSITIVE, id=f"{name}-rightly")
            if name not in shapeless:
                yield pytest.param(name, GenerationMode.NEGATIVE, id=f"{name}-wrongly")


@pytest.mark.parametrize(("name", "mode"), list(cases()))
def test_anything_is_answered_as_described(world: World, name: str, mode: Any) -> None:
    operation = OPERATIONS[name]

    @FEW
    @given(case=operation.as_strategy(mode))
    def answer(case: Any) -> None:
        known = {key: world.ids[key] for key in case.path_parameters or {} if key in world.ids}
        if mode is GenerationMode.POSITIVE:
            case.path_parameters = known  # where something is; the negative ones make up others
        response = world.send(case, world.token_for(operation))
        case.validate_response(response, checks=CHECKS)

    answer()


@pytest.mark.parametrize("name", list(OPERATIONS))
def test_who_shows_nothing_is_let_in_only_where_the_description_says(
    world: World, name: str
) -> None:
    operation = OPERATIONS[name]
    method, path = operation.method.upper(), operation.path.format(**world.ids)

    answers = [world.api.request(method, path, token=token) for token in ("", "csbs_x", "csbd_x")]

    declared = operation.definition.raw["security"]
    refused = [answer.status_code == 401 for answer in answers]
    assert refused == [bool(declared)] * 3


@pytest.mark.parametrize("path", sorted({route.path for route in ROUTES}))
def test_other_methods_are_told_which_there_are(world: World, path: str) -> None:
    there = {route.method for route in ROUTES if route.path == path}

    answer = world.api.request("OPTIONS", path.format(**world.ids))

    assert answer.status_code == 405
    assert set(answer.headers["allow"].split(", ")) - {"HEAD"} == there
