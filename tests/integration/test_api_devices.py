"""Devices, their certificates and how they do, through the API."""

from __future__ import annotations

import pytest

from csbackup.format.records import read_device_record
from support.api import Api, DeviceCaller, PersonCaller


def states(api: Api, person: PersonCaller) -> dict[str, str]:
    devices = api.get("devices", token=person.token).json()["devices"]
    return {device["name"]: device["state"] for device in devices}


def check_in(api: Api, device: DeviceCaller, **changes: object) -> object:
    message = {"version": "0.1.0", "os": "Linux", **changes}
    return api.post("checkin", token=device.token, json=message)


def test_an_enrolled_device_may_check_in(api: Api, anna: PersonCaller) -> None:
    laptop = anna.enrol(api)

    answer = check_in(api, laptop)

    assert answer.status_code == 200
    assert answer.json()["heads"] == [
        {"device": laptop.device.hex(), "sequence": 0, "snapshot": ""}
    ]
    assert states(api, anna) == {"laptop": "never"}


def test_a_device_that_says_so_is_running(api: Api, anna: PersonCaller) -> None:
    laptop = anna.enrol(api)

    check_in(api, laptop, state="running")

    assert states(api, anna) == {"laptop": "running"}


def test_a_snapshot_is_a_contact(api: Api, anna: PersonCaller) -> None:
    laptop = anna.enrol(api)

    laptop.back_up(api, {"a.txt": b"a"})

    (device,) = api.get("devices", token=anna.token).json()["devices"]
    assert device["last_contact"] >= device["last_snapshot"]


def test_the_same_enrolment_sent_again_gets_a_new_token(api: Api, anna: PersonCaller) -> None:
    laptop = DeviceCaller(anna, "laptop")
    message = laptop.enrolment()
    first = api.post("devices", token=anna.token, json=message).json()["token"]

    second = api.post("devices", token=anna.token, json=message)

    laptop.token = first
    assert check_in(api, laptop).status_code == 401
    laptop.token = second.json()["token"]
    assert check_in(api, laptop).status_code == 200


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"signature": "AAAA"}, 422),
        ({"certificate": "AAAA"}, 422),
        ({"device": "00" * 16}, 400),
        ({"account": b"x" * 16}, 400),
        ({"powers": (b"put", b"get")}, 400),
        ({"name": ""}, 400),
        ({"take_over": True}, 404),
    ],
)
def test_an_enrolment_must_hold(
    api: Api, anna: PersonCaller, change: dict[str, object], status: int
) -> None:
    message = DeviceCaller(anna, "laptop").enrolment(**change)

    answer = api.post("devices", token=anna.token, json=message)

    assert answer.status_code == status
    assert states(api, anna) == {}


def test_a_certificate_of_somebody_else_does_not_hold(api: Api, anna: PersonCaller) -> None:
    otto = PersonCaller("otto").register(api)
    message = DeviceCaller(anna, "laptop").enrolment(signed_by=otto)

    answer = api.post("devices", token=anna.token, json=message)

    assert answer.json()["code"] == "signature-invalid"


def test_a_device_name_is_unique_in_its_account_only(api: Api, anna: PersonCaller) -> None:
    otto = PersonCaller("otto").register(api)
    anna.enrol(api, "laptop")
    otto.enrol(api, "laptop")

    again = api.post("devices", token=anna.token, json=DeviceCaller(anna, "LAPTOP").enrolment())

    assert again.json()["code"] == "name-taken"


def take_over(api: Api, old: DeviceCaller, **changes: object) -> tuple[DeviceCaller, object]:
    new = DeviceCaller(old.owner, old.name, device=old.device, serial=2)
    message = new.enrolment(take_over=True, **changes)
    return new, api.post("devices", token=old.owner.token, json=message)


def test_taking_over_ends_the_old_token_and_keeps_the_device(api: Api, anna: PersonCaller) -> None:
    old = anna.enrol(api)

    new, answer = take_over(api, old)

    new.token = answer.json()["token"]
    assert check_in(api, old).status_code == 401
    assert check_in(api, new).status_code == 200
    path = f"devices/{old.device.hex()}/certificates"
    found = api.get(path, token=new.token).json()["certificates"]
    assert [one["serial"] for one in found] == [1, 2]
    assert found[0]["revoked"] is not None
    assert found[1]["revoked"] is None


def test_an_enrolled_device_is_taken_over_only_on_purpose(api: Api, anna: PersonCaller) -> None:
    old = anna.enrol(api)
    new = DeviceCaller(anna, "laptop", device=old.device, serial=2)
    skipping = DeviceCaller(anna, "laptop", device=old.device, serial=3)

    plain = api.post("devices", token=anna.token, json=new.enrolment())
    skipped = api.post("devices", token=anna.token, json=skipping.enrolment(take_over=True))

    assert [plain.status_code, skipped.status_code] == [409, 409]
    assert check_in(api, old).status_code == 200


def test_nobody_takes_over_a_device_of_somebody_else(api: Api, anna: PersonCaller) -> None:
    old = anna.enrol(api)
    otto = PersonCaller("otto").register(api)
    new = DeviceCaller(otto, "laptop", device=old.device, serial=2)

    answer = api.post("devices", token=otto.token, json=new.enrolment(take_over=True))

    assert answer.status_code == 409
    assert check_in(api, old).status_code == 200


def test_a_revoked_device_is_out_at_once_and_for_ever(api: Api, anna: PersonCaller) -> None:
    laptop = anna.enrol(api)

    answer = api.delete(f"devices/{laptop.device.hex()}", token=anna.token)

    assert answer.json() == {"done": True}
    assert check_in(api, laptop).status_code == 401
    assert states(api, anna) == {"laptop": "revoked"}
    assert take_over(api, laptop)[1].status_code == 409
    folder = api.server.config.folder / "records" / anna.account.hex()
    record = read_device_record((folder / f"device-{laptop.device.hex()}-00000001").read_bytes())
    assert record.revoked_ns > 0
    assert api.delete(f"devices/{laptop.device.hex()}", token=anna.token).status_code == 200


def test_a_backed_up_device_is_ok(api: Api, anna: PersonCaller) -> None:
    laptop = anna.enrol(api)

    laptop.back_up(api, {"a.txt": b"hello", "b.txt": b"world!"})

    (device,) = api.get("devices", token=anna.token).json()["devices"]
    assert (device["state"], device["snapshots"]) == ("ok", 1)
    assert (device["files"], device["bytes"]) == (2, 11)
    assert device["last_snapshot"] is not None
    assert device["last_file_backed_up"] is not None
