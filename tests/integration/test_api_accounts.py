"""Accounts and sessions, through the API."""

from __future__ import annotations

from pathlib import Path

import pytest

from csbackup.format.records import read_account_record
from csbackup.server.app import clock
from support.api import Api, PersonCaller, api_on, b64

PUBLIC_ADDRESS = "8.8.8.8"


def sign_in(api: Api, person: PersonCaller, **options: object) -> object:
    message = {"account": person.name, "auth": b64(person.auth)}
    return api.post("sessions", json=message, **options)


def records_of(api: Api, person: PersonCaller) -> list[Path]:
    folder = api.server.config.folder / "records" / person.account.hex()
    return sorted(folder.iterdir())


def test_who_registers_is_signed_in(api: Api) -> None:
    anna = PersonCaller("Anna")

    answer = api.post("accounts", json=anna.registration())

    assert answer.status_code == 201
    session = answer.json()
    assert session["account"]["name"] == "Anna"
    assert session["account"]["role"] == "user"
    assert api.get("account", token=session["token"]).json() == session["account"]


def test_a_name_is_taken_in_every_spelling(api: Api, anna: PersonCaller) -> None:
    answer = api.post("accounts", json=PersonCaller(" ANNA ").registration())

    assert answer.status_code == 409
    assert answer.json()["code"] == "name-taken"


def test_an_account_has_its_record_before_it_is_acknowledged(api: Api, anna: PersonCaller) -> None:
    (record,) = records_of(api, anna)

    found = read_account_record(record.read_bytes())

    assert record.name == "account-00000001"
    assert (found.name, found.account, found.kdf) == ("anna", anna.account, anna.kdf)


def test_the_server_keeps_no_proof(api: Api, anna: PersonCaller) -> None:
    folder = api.server.config.folder
    sign_in(api, anna)

    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())

    assert anna.auth not in content
    assert anna.recovery_auth not in content
    assert anna.token.encode() not in content


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"name": ""}, "name"),
        ({"name": "a/b"}, "name"),
        ({"name": "x" * 65}, "64"),
        ({"name": "a\u202eb"}, "name"),
        ({"account_id": "00"}, "account_id"),
        ({"auth": ""}, "auth"),
        ({"wrap_password": "AAAA"}, "wrap_password"),
        ({"account_public": "AAAA"}, "account_public"),
        ({"kdf": ""}, "kdf"),
        ({"kdf": b64(b"\x02\x00\x00\x04\x00" + b"\x00\x00\x00\x01\x01" + bytes(16))}, "kdf"),
    ],
)
def test_a_registration_that_could_not_work_is_refused(
    api: Api, change: dict[str, str], part: str
) -> None:
    answer = api.post("accounts", json=PersonCaller("anna").registration(**change))

    assert answer.status_code == 400
    assert part in answer.json()["detail"]


@pytest.mark.parametrize(
    ("policy", "address", "status"),
    [
        ("local", "127.0.0.1", 201),
        ("local", "192.168.3.4", 201),
        ("local", "fd12:3456:789a::77", 201),
        ("local", "::ffff:10.0.0.1", 201),
        ("local", "::ffff:8.8.8.8", 403),
        ("local", PUBLIC_ADDRESS, 403),
        ("open", PUBLIC_ADDRESS, 201),
        ("invite", "127.0.0.1", 403),
        ("closed", "127.0.0.1", 403),
    ],
)
def test_the_policy_says_who_may_register(
    tmp_path: Path, policy: str, address: str, status: int
) -> None:
    with api_on(tmp_path / "data", registration=policy) as api:
        told = api.get("server", address=address).json()["may_register"]
        answer = api.post("accounts", json=PersonCaller("anna").registration(), address=address)

        assert answer.status_code == status
        assert told is (status == 201)


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"])
def test_what_an_unknown_proxy_passes_on_is_not_near(api: Api, header: str) -> None:
    passed_on = {header: "192.168.1.2"}

    told = api.get("server", headers=passed_on).json()["may_register"]
    answer = api.post("accounts", json=PersonCaller("anna").registration(), headers=passed_on)
    metrics = api.get("/metrics", headers=passed_on)

    assert told is False
    assert [answer.status_code, metrics.status_code] == [403, 403]


@pytest.mark.parametrize(
    ("peer", "said", "near"),
    [
        ("172.30.0.2", "192.168.1.20", True),
        ("172.30.0.2", PUBLIC_ADDRESS, False),
        ("172.30.0.2", f"192.168.1.20, {PUBLIC_ADDRESS}", False),
        ("172.30.0.2", "", False),
        ("172.30.0.2", "127.0.0.1", True),  # from the machine of the proxy
        ("127.0.0.1", "192.168.1.20", False),  # no proxy that is named
        ("192.168.1.20", "", True),
        (PUBLIC_ADDRESS, "192.168.1.20", False),
    ],
)
def test_a_named_proxy_says_who_calls_and_nobody_else_does(
    tmp_path: Path, peer: str, said: str, near: bool
) -> None:
    headers = {"X-Forwarded-For": said} if said else {}

    with api_on(tmp_path / "data", trusted_proxies=("172.30.0.2",)) as api:
        told = api.get("server", address=peer, headers=headers).json()["may_register"]

    assert told is near


def test_what_forwards_without_a_word_is_noticed_by_its_port(tmp_path: Path) -> None:
    with api_on(tmp_path / "data", url="https://backup.example.org") as api:
        info = api.get("server", address="127.0.0.1").json()
        answer = api.post("accounts", json=PersonCaller("anna").registration())
        metrics = api.get("/metrics")

    assert info["may_register"] is False
    assert [answer.status_code, metrics.status_code] == [403, 403]
    assert "cannot be told from where" in answer.json()["detail"]


def test_the_one_time_link_makes_the_first_admin_from_anywhere(tmp_path: Path) -> None:
    with api_on(tmp_path / "data", registration="closed") as api:
        code = api.server.services.invitations.invite_first_admin(clock())
        before = api.get("server").json()["needs_admin"]

        first = PersonCaller("root").registration(invitation=code)
        answer = api.post("accounts", json=first, address=PUBLIC_ADDRESS)
        again = api.post("accounts", json=PersonCaller("two").registration(invitation=code))

        assert before is True
        assert answer.status_code == 201
        assert answer.json()["account"]["role"] == "admin"
        assert again.json()["code"] == "code-expired"
        assert api.get("server").json()["needs_admin"] is False
        assert api.server.services.invitations.invite_first_admin(clock()) is None


def test_a_link_ends_after_an_hour_and_is_for_its_name_only(api: Api) -> None:
    old = api.server.services.invitations.invite_admin("root", clock() - 3601 * 10**9)
    named = api.server.services.invitations.invite_admin("root", clock())

    late = api.post("accounts", json=PersonCaller("root").registration(invitation=old))
    other = api.post("accounts", json=PersonCaller("eve").registration(invitation=named))
    right = api.post("accounts", json=PersonCaller("ROOT").registration(invitation=named))

    assert [late.status_code, other.status_code, right.status_code] == [403, 403, 201]


def test_an_unknown_account_gets_a_stable_answer_that_looks_like_any_other(
    api: Api, anna: PersonCaller
) -> None:
    known = api.post("kdf", json={"account": "Anna"}).json()
    unknown = [api.post("kdf", json={"account": name}).json() for name in ("otto", "OTTO ")]
    other = api.post("kdf", json={"account": "eve"}).json()

    assert known == {"account_id": anna.account.hex(), "kdf": b64(anna.kdf), "epoch": 1}
    assert unknown[0] == unknown[1]
    assert unknown[0] != other
    assert len(unknown[0]["kdf"]) == len(known["kdf"])


def test_both_proofs_sign_in_and_wrong_ones_do_not(api: Api, anna: PersonCaller) -> None:
    by_password = sign_in(api, anna)
    by_key = api.post(
        "sessions", json={"account": "anna", "recovery_auth": b64(anna.recovery_auth)}
    )
    wrong = api.post("sessions", json={"account": "anna", "auth": b64(anna.recovery_auth)})
    unknown = api.post("sessions", json={"account": "otto", "auth": b64(anna.auth)})
    both = api.post("sessions", json={"account": "anna"})

    assert [by_password.status_code, by_key.status_code] == [201, 201]
    assert wrong.status_code == unknown.status_code == 401
    assert wrong.json() == unknown.json()
    assert both.status_code == 400


def test_wrong_proofs_are_limited_but_never_for_other_addresses(
    api: Api, anna: PersonCaller
) -> None:
    wrong = {"account": "anna", "auth": b64(bytes(32))}
    tries = [api.post("sessions", json=wrong) for _ in range(11)]

    right_here = sign_in(api, anna)
    right_elsewhere = sign_in(api, anna, address="192.168.0.9")

    assert [answer.status_code for answer in tries] == [401] * 10 + [429]
    assert right_here.status_code == 429
    assert 1 <= int(right_here.headers["retry-after"]) <= 60
    assert right_elsewhere.status_code == 201


def test_right_proofs_are_not_limited(api: Api, anna: PersonCaller) -> None:
    answers = {sign_in(api, anna).status_code for _ in range(15)}

    assert answers == {201}


def test_registrations_of_one_address_are_limited(tmp_path: Path) -> None:
    with api_on(tmp_path / "data", registrations_per_hour=2) as api:
        answers = [
            api.post("accounts", json=PersonCaller(f"p{number}").registration()).status_code
            for number in range(3)
        ]

        assert answers == [201, 201, 429]


def test_a_browser_gets_a_cookie_and_no_token(api: Api, anna: PersonCaller) -> None:
    answer = sign_in(api, anna, headers={"X-CSB": "web"})

    cookie = answer.headers["set-cookie"]
    assert answer.json()["token"] == ""
    assert cookie.startswith("__Host-csb=csbs_")
    for part in ("HttpOnly", "Secure", "SameSite=strict", "Path=/"):
        assert part in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({"X-CSB": "web"}, 200),
        ({"X-CSB": "web", "Sec-Fetch-Site": "same-origin"}, 200),
        ({"X-CSB": "web", "Sec-Fetch-Site": "cross-site"}, 403),
        ({"X-CSB": "web", "Sec-Fetch-Site": "same-site"}, 403),
        ({"X-CSB": "web", "Origin": "https://backup.test"}, 200),
        ({"X-CSB": "web", "Origin": "https://evil.test"}, 403),
    ],
)
def test_a_cookie_alone_changes_nothing(
    api: Api, anna: PersonCaller, headers: dict[str, str], status: int
) -> None:
    cookie = sign_in(api, anna, headers={"X-CSB": "web"}).headers["set-cookie"].partition(";")[0]

    reading = api.get("account", headers={"Cookie": cookie})
    changing = api.delete("sessions/current", headers={"Cookie": cookie, **headers})

    assert reading.status_code == 200
    assert changing.status_code == status


def test_signing_out_ends_the_session(api: Api, anna: PersonCaller) -> None:
    before = api.get("account", token=anna.token).status_code
    api.delete("sessions/current", token=anna.token)

    after = api.get("account", token=anna.token)

    assert before == 200
    assert after.status_code == 401
    assert after.headers["www-authenticate"] == "Bearer"


def password_change(person: PersonCaller, **changes: object) -> dict[str, object]:
    return {
        "proof": b64(person.auth),
        "kdf": b64(b"\x02\x00\x01\x00\x00\x00\x00\x00\x03\x04" + b"n" * 16),
        "auth": b64(b"new" + bytes(29)),
        "wrap_password": b64(b"w" * 92),
        "epoch": 2,
        **changes,
    }


def test_a_new_password_ends_all_other_sessions_and_the_old_password(
    api: Api, anna: PersonCaller
) -> None:
    other = sign_in(api, anna).json()["token"]

    answer = api.put("account/password", token=anna.token, json=password_change(anna))

    assert answer.status_code == 200
    assert answer.json()["epoch"] == 2
    assert api.get("account", token=anna.token).status_code == 200
    assert api.get("account", token=other).status_code == 401
    assert sign_in(api, anna).status_code == 401
    anna.auth = b"new" + bytes(29)
    assert sign_in(api, anna).status_code == 201


def test_a_new_password_leaves_no_record_that_the_old_one_opens(
    api: Api, anna: PersonCaller
) -> None:
    api.put("account/password", token=anna.token, json=password_change(anna))

    (record,) = records_of(api, anna)

    found = read_account_record(record.read_bytes())
    assert record.name == "account-00000002"
    assert (found.epoch, found.wrap_password) == (2, b"w" * 92)


@pytest.mark.parametrize(
    ("change", "status"),
    [({"proof": b64(bytes(32))}, 401), ({"epoch": 1}, 409), ({"epoch": 3}, 409)],
)
def test_a_password_change_needs_a_proof_and_the_next_epoch(
    api: Api, anna: PersonCaller, change: dict[str, object], status: int
) -> None:
    answer = api.put("account/password", token=anna.token, json=password_change(anna, **change))

    assert answer.status_code == status
    assert api.get("account", token=anna.token).json()["epoch"] == 1
    assert sign_in(api, anna).status_code == 201


def test_the_recovery_key_proves_a_password_change_and_can_be_replaced(
    api: Api, anna: PersonCaller
) -> None:
    by_key = password_change(anna, proof=b64(anna.recovery_auth))
    changed = api.put("account/password", token=anna.token, json=by_key)
    new_key = {
        "proof": b64(b"new" + bytes(29)),
        "recovery_auth": b64(b"k" * 32),
        "wrap_recovery": b64(b"r" * 92),
    }

    answer = api.put("account/recovery", token=anna.token, json=new_key)

    old = api.post("sessions", json={"account": "anna", "recovery_auth": b64(anna.recovery_auth)})
    new = api.post("sessions", json={"account": "anna", "recovery_auth": b64(b"k" * 32)})
    assert changed.status_code == 200
    assert answer.json()["wrap_recovery"] == b64(b"r" * 92)
    assert [old.status_code, new.status_code] == [401, 201]
