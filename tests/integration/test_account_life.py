"""An account's sessions, names, export, and its end, through the API."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from csbackup.format.records import (
    DeletionRecord,
    deletion_record_name,
    read_deletion_record,
    read_device_record,
)
from csbackup.server.app import clock, rebuild_folder
from csbackup.server.catalog.database import CATALOG
from support.api import Api, DeviceCaller, PersonCaller, api_on, b64
from support.orders import placed_order

DAY = 24 * 60 * 60 * 10**9
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"


def sign_in(api: Api, who: PersonCaller, **options: Any) -> str:
    message = {"account": who.name, "auth": b64(who.auth)}
    answer = api.post("sessions", json=message, **options)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["token"])


def sessions(api: Api, token: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("account/sessions", token=token).json()["sessions"]
    return found


# --- sessions ----------------------------------------------------------------------------------


def test_sessions_say_where_from_and_which_is_this_one(api: Api, anna: PersonCaller) -> None:
    sign_in(api, anna, address="192.168.0.9", headers={"User-Agent": FIREFOX})

    found = {one["program"]: one for one in sessions(api, anna.token)}

    assert (found["Firefox"]["system"], found["Firefox"]["address"]) == ("Linux", "192.168.0.9")
    assert [one["current"] for one in found.values()] == [program == "" for program in found]
    assert FIREFOX not in json.dumps(found)


def test_a_session_that_was_ended_is_over_at_once(api: Api, anna: PersonCaller) -> None:
    other = sign_in(api, anna, headers={"User-Agent": FIREFOX})
    (far,) = [one for one in sessions(api, anna.token) if one["program"] == "Firefox"]

    answer = api.delete(f"account/sessions/{far['session']}", token=anna.token)

    assert answer.status_code == 200
    assert api.get("account", token=other).status_code == 401
    assert len(sessions(api, anna.token)) == 1


def test_all_other_sessions_end_and_nobody_elses(
    api: Api, anna: PersonCaller, bert: PersonCaller
) -> None:
    others = [sign_in(api, anna) for _ in range(3)]

    api.delete("account/sessions", token=anna.token)

    assert {api.get("account", token=token).status_code for token in others} == {401}
    assert [one["current"] for one in sessions(api, anna.token)] == [True]
    assert api.get("account", token=bert.token).status_code == 200


def test_the_name_of_a_session_lets_nobody_in_and_ends_nobody_elses(
    api: Api, anna: PersonCaller, bert: PersonCaller
) -> None:
    (mine,) = sessions(api, anna.token)

    taken = api.delete(f"account/sessions/{mine['session']}", token=bert.token)

    assert taken.status_code == 404
    assert api.get("account", token=f"csbs_{mine['session']}").status_code == 401
    assert api.get("account", token=anna.token).status_code == 200


# --- names -------------------------------------------------------------------------------------


def rename(api: Api, who: PersonCaller, device: DeviceCaller, name: str) -> int:
    path = f"devices/{device.device.hex()}"
    return api.request("PATCH", path, token=who.token, json={"name": name}).status_code


def names(api: Api, who: PersonCaller) -> list[str]:
    devices = api.get("devices", token=who.token).json()["devices"]
    return [device["name"] for device in devices]


def test_a_new_name_of_a_device_outlives_the_catalog(tmp_path: Path) -> None:
    with api_on(tmp_path / "data") as api:
        anna = PersonCaller("anna").register(api)
        laptop = anna.enrol(api)
        laptop.back_up(api, {"a.txt": b"a"})

        assert rename(api, anna, laptop, "  Küche ") == 200
        assert names(api, anna) == ["Küche"]
    (tmp_path / "data" / CATALOG).unlink()
    rebuild_folder(tmp_path / "data")

    with api_on(tmp_path / "data") as api:
        anna.token = sign_in(api, anna)
        assert names(api, anna) == ["Küche"]
        assert laptop.back_up(api, {"b.txt": b"b"}).received > 0


@pytest.mark.parametrize(
    ("name", "status"),
    [("tablet", 409), ("TABLET", 409), ("", 400), ("a/b", 400), ("a\u202eb", 400), ("x" * 65, 400)],
)
def test_a_name_that_is_taken_or_cannot_be_changes_nothing(
    api: Api, anna: PersonCaller, name: str, status: int
) -> None:
    laptop, _ = anna.enrol(api, "laptop"), anna.enrol(api, "tablet")

    assert rename(api, anna, laptop, name) == status
    assert names(api, anna) == ["laptop", "tablet"]


def test_the_same_name_in_other_letters_is_no_conflict(api: Api, anna: PersonCaller) -> None:
    laptop = anna.enrol(api, "laptop")

    assert rename(api, anna, laptop, "Laptop") == 200


def test_a_renamed_device_that_is_told_its_token_anew_keeps_its_new_name(
    api: Api, anna: PersonCaller
) -> None:
    laptop = anna.enrol(api, "laptop")
    rename(api, anna, laptop, "desk")

    answer = api.post("devices", token=anna.token, json=laptop.enrolment())

    assert answer.status_code == 201
    folder = Path(api.server.config.folder) / "records" / anna.account.hex()
    (record,) = folder.glob("device-*")
    assert read_device_record(record.read_bytes()).name == "desk"


# --- the export --------------------------------------------------------------------------------


def test_the_export_has_what_is_known_and_nothing_that_lets_anybody_in(
    api: Api, anna: PersonCaller, bert: PersonCaller
) -> None:
    laptop = anna.enrol(api, "laptop")
    anna.enrol(api, "tablet")
    backups = [laptop.back_up(api, {"secret-name.txt": bytes([number])}) for number in range(3)]
    bert.enrol(api, "phone").back_up(api, {"b.txt": b"b"})

    answer = api.get("account/export", token=anna.token)

    found = answer.json()
    assert "attachment" in answer.headers["content-disposition"]
    assert found["account"]["name"] == "anna"
    assert len(found["sessions"]) == 1
    assert [device["name"] for device in found["devices"]] == ["laptop", "tablet"]
    first, second = found["devices"]
    assert [one["sequence"] for one in first["snapshots"]] == [1, 2, 3]
    assert [one["signed"] for one in first["snapshots"]] == [one.signed.hex() for one in backups]
    assert first["packs"]["packs"] == 6
    assert first["packs"]["bytes"] == first["stored_bytes"] == found["account"]["stored_bytes"]
    assert len(first["certificates"]) == 1
    assert second["snapshots"] == []
    for hidden in (anna.token, laptop.token, "phone", "secret-name", "wrap_password"):
        assert hidden not in answer.text


def test_the_export_has_the_restore_orders_without_what_they_carry(
    api: Api, anna: PersonCaller
) -> None:
    laptop = anna.enrol(api, "laptop")
    laptop.back_up(api, {"a.txt": b"a"})
    order = placed_order(api, anna, laptop)

    (found,) = api.get("account/export", token=anna.token).json()["orders"]

    assert (found["order_id"], found["state"]) == (order.id.hex(), "waiting")
    assert not {"document", "signature", "blocks"} & set(found)


def test_the_export_of_many_snapshots_leaves_none_out(api: Api, anna: PersonCaller) -> None:
    laptop = anna.enrol(api, "laptop")
    laptop.back_up(api, {"a.txt": b"a"})
    copy_snapshots(api, 1203)

    (device,) = api.get("account/export", token=anna.token).json()["devices"]

    assert [one["sequence"] for one in device["snapshots"]] == list(range(1, 1205))


def copy_snapshots(api: Api, count: int) -> None:
    """More rows like the only snapshot's, straight into the catalog."""
    with catalog(api) as connection:
        changed = {"number": "null", "snapshot": "randomblob(32)", "sequence": ":sequence"}
        values = ", ".join(changed.get(name, name) for name in columns(connection, "snapshots"))
        query = f"insert into snapshots select {values} from snapshots where sequence = 1"
        connection.executemany(query, [{"sequence": at} for at in range(2, count + 2)])
        connection.commit()


@contextmanager
def catalog(api: Api) -> Iterator[sqlite3.Connection]:
    """The catalog beside the server, which goes on."""
    with closing(sqlite3.connect(api.server.config.folder / CATALOG)) as connection:
        yield connection


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    return [row[1] for row in connection.execute(f"pragma table_info({table})")]


# --- the end -----------------------------------------------------------------------------------


def ask(api: Api, who: PersonCaller, **changes: Any) -> Any:
    message = {"name": who.name, "proof": b64(who.auth), **changes}
    return api.post("account/deletion", token=who.token, json=message)


def erase(api: Api, *, days: float) -> list[str]:
    return list(api.server.eraser.erase_due(clock() + int(days * DAY)))


def files_of(api: Api, who: PersonCaller) -> list[str]:
    data = api.server.config.folder
    return sorted(
        path.relative_to(data).parts[0] + "/" + path.name
        for path in data.rglob("*")
        if path.is_file() and who.account.hex() in path.parts
    )


def rows_of(api: Api, name: str) -> dict[str, int]:
    """How many rows each table has of an account, whatever tables there are."""
    with catalog(api) as connection:
        (account,) = connection.execute("select number from accounts where name = ?", (name,))
        return count_rows(connection, account[0])


def count_rows(connection: sqlite3.Connection, account: int) -> dict[str, int]:
    """Tables are found by their columns: a new one is looked into by itself."""
    tables = [row[0] for row in connection.execute("select name from sqlite_master where sql > ''")]
    devices = "select number from devices where account = :account"
    found = {}
    for table in tables:
        if table == "accounts":
            where = "number = :account"
        elif "account" in columns(connection, table):
            where = "account = :account"
        elif "device" in columns(connection, table):
            where = f"device in ({devices})"
        else:
            continue
        query = f"select count(*) from {table} where {where}"
        found[table] = connection.execute(query, {"account": account}).fetchone()[0]
    return found


def orphans(api: Api) -> dict[str, int]:
    """Rows whose device or pack is gone: of them no account can be told."""
    with catalog(api) as connection:
        found = {
            table: f"select count(*) from {table} where device not in (select number from devices)"
            for table in ("snapshots", "uploads", "packs", "certificates")
        }
        found["blocks"] = "select count(*) from blocks where pack not in (select number from packs)"
        return {table: connection.execute(query).fetchone()[0] for table, query in found.items()}


def test_deleting_says_before_what_goes(api: Api, anna: PersonCaller) -> None:
    laptop = anna.enrol(api, "laptop")
    laptop.back_up(api, {"a.txt": b"a"})

    plan = api.get("account/deletion", token=anna.token).json()

    stored = api.get("account", token=anna.token).json()["stored_bytes"]
    assert plan == {
        "due": None,
        "days": 7,
        "devices": 1,
        "snapshots": 1,
        "packs": 2,
        "stored_bytes": stored,
        "last_admin": False,
    }
    assert stored > 0


@pytest.mark.parametrize(
    ("change", "status"),
    [({"proof": b64(bytes(32))}, 401), ({"name": "bert"}, 400), ({"name": ""}, 400)],
)
def test_without_proof_and_the_typed_name_nothing_is_deleted(
    api: Api, anna: PersonCaller, change: dict[str, Any], status: int
) -> None:
    assert ask(api, anna, **change).status_code == status
    assert api.get("account", token=anna.token).json()["closing"] is None
    assert erase(api, days=100) == []


def test_the_last_admin_cannot_go_and_a_second_one_can(tmp_path: Path) -> None:
    with api_on(tmp_path / "data") as api:
        code = api.server.services.invitations.invite_first_admin(clock())
        root = PersonCaller("root").register(api, invitation=code)
        assert api.get("account/deletion", token=root.token).json()["last_admin"]
        assert ask(api, root).status_code == 409

        second = PersonCaller("second").register(api)
        api.server.services.accounts.make_admin("second")

        assert ask(api, root).status_code == 200
        assert ask(api, second).status_code == 409  # the other one is about to go


def test_an_account_that_waits_takes_nothing_in_and_ends_other_sessions(
    api: Api, anna: PersonCaller
) -> None:
    laptop = anna.enrol(api, "laptop")
    backup = laptop.back_up(api, {"a.txt": b"a"})
    other = sign_in(api, anna)

    answer = ask(api, anna)

    assert answer.json()["due"] is not None
    assert api.get("account", token=other).status_code == 401
    refused = api.post("uploads", token=laptop.token, json={"source": bytes(16).hex()})
    assert (refused.status_code, refused.json()["code"]) == (403, "account-closing")
    enrolled = api.post("devices", token=anna.token, json=DeviceCaller(anna, "new").enrolment())
    assert enrolled.json()["code"] == "account-closing"
    assert api.get(f"packs/{backup.nodes.id.hex()}", token=anna.token).status_code == 200


def test_a_deletion_is_taken_back_by_who_signs_in_and_devices_go_on(
    api: Api, anna: PersonCaller
) -> None:
    laptop = anna.enrol(api, "laptop")
    laptop.back_up(api, {"a.txt": b"a"})
    ask(api, anna, proof=b64(anna.recovery_auth))
    token = sign_in(api, anna)

    answer = api.delete("account/deletion", token=token)

    assert answer.json()["closing"] is None
    assert erase(api, days=100) == []
    assert laptop.back_up(api, {"b.txt": b"b"}).received > 0


def test_an_account_that_is_due_is_gone_everywhere_and_others_are_untouched(
    tmp_path: Path,
) -> None:
    with api_on(tmp_path / "data") as api:
        anna, bert = (PersonCaller(name).register(api) for name in ("anna", "bert"))
        bert_backup = bert.enrol(api, "phone").back_up(api, {"same.txt": b"same"})
        before = rows_of(api, "bert")
        kept = files_of(api, bert)
        laptop = anna.enrol(api, "laptop")
        for number in range(3):
            laptop.back_up(api, {f"{number}.txt": bytes([number])})
        placed_order(api, anna, laptop)
        with catalog(api) as connection:
            number = connection.execute("select number from accounts where name = 'anna'")
            (anna_number,) = number.fetchone()
        ask(api, anna)

        assert erase(api, days=6.9) == []
        assert len(files_of(api, anna)) > 5
        (line,) = erase(api, days=7.1)

        assert anna.account.hex() in line
        assert files_of(api, anna) == [f"records/{deletion_record_name(anna.account)}"]
        with catalog(api) as connection:
            left = count_rows(connection, anna_number)
            assert left == dict.fromkeys(left, 0)
        assert set(orphans(api).values()) == {0}
        assert rows_of(api, "bert") == before
        assert files_of(api, bert) == kept
        assert api.get("account", token=anna.token).status_code == 401
        assert api.post("checkin", token=laptop.token, json=CHECK_IN).status_code == 401
        read = api.get(f"packs/{bert_backup.nodes.id.hex()}", token=bert.token)
        assert read.status_code == 200
        assert erase(api, days=8) == []


CHECK_IN = {"version": "1", "os": "Linux"}


def test_the_name_is_free_again_and_the_account_does_not_come_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with api_on(data) as api:
        anna = PersonCaller("anna").register(api)
        anna.enrol(api).back_up(api, {"a.txt": b"a"})
        ask(api, anna)
        erase(api, days=8)
        again = api.post("accounts", json=anna.registration())
        new = PersonCaller("anna").register(api)

    assert again.status_code == 409  # the same id: it would be removed with the old one
    (data / CATALOG).unlink()
    report = rebuild_folder(data)
    assert (report.accounts, report.problems) == (1, ())
    with api_on(data) as api:
        assert api.get("account", token=sign_in(api, new)).json()["closing"] is None


def test_an_older_catalog_cannot_bring_a_deleted_account_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with api_on(data) as api:
        anna = PersonCaller("anna").register(api)
        anna.enrol(api).back_up(api, {"a.txt": b"a"})
    older = (data / CATALOG).read_bytes()
    with api_on(data) as api:
        anna.token = sign_in(api, anna)
        ask(api, anna)
        erase(api, days=8)
    for file in data.glob(f"{CATALOG}*"):
        file.unlink()
    (data / CATALOG).write_bytes(older)

    with api_on(data) as api:
        erase(api, days=0)

        message = {"account": "anna", "auth": b64(anna.auth)}
        assert api.post("sessions", json=message).status_code == 401
        assert files_of(api, anna) == [f"records/{deletion_record_name(anna.account)}"]


def test_a_deletion_asked_for_outlives_the_catalog_and_can_still_be_taken_back(
    tmp_path: Path,
) -> None:
    data = tmp_path / "data"
    with api_on(data) as api:
        anna = PersonCaller("anna").register(api)
        due = ask(api, anna).json()["due"]
    (data / CATALOG).unlink()
    rebuild_folder(data)

    with api_on(data) as api:
        anna.token = sign_in(api, anna)
        assert api.get("account", token=anna.token).json()["closing"] == due
        assert api.delete("account/deletion", token=anna.token).json()["closing"] is None
        assert erase(api, days=100) == []


@pytest.mark.parametrize("asked", [True, False])
def test_a_crash_between_record_and_catalog_is_put_right_at_the_next_start(
    tmp_path: Path, asked: bool
) -> None:
    data = tmp_path / "data"
    with api_on(data) as api:
        anna = PersonCaller("anna").register(api)
        if not asked:
            ask(api, anna)
    record = data / "records" / anna.account.hex() / deletion_record_name(anna.account)
    if asked:
        record.write_bytes(DeletionRecord(anna.account, 1, 2**62).encode())
    else:
        record.unlink()

    with api_on(data) as api:
        closing = api.get("account", token=sign_in(api, anna)).json()["closing"]

    assert closing == (2**62 if asked else None)


def test_what_an_erasing_left_behind_is_removed_later(tmp_path: Path) -> None:
    """An upload may have been on its way: its pack and its record come after the erasing."""
    with api_on(tmp_path / "data") as api:
        anna = PersonCaller("anna").register(api)
        ask(api, anna)
        erase(api, days=8)
        store = tmp_path / "data" / "packs" / anna.account.hex() / "ab"
        store.mkdir(parents=True)
        (store / ("ab" * 32)).write_bytes(b"late")
        folder = tmp_path / "data" / "records" / anna.account.hex()
        (folder / "snapshot-00-01").write_bytes(b"late")

        erase(api, days=8)

        (left,) = files_of(api, anna)
        assert read_deletion_record((folder / left.partition("/")[2]).read_bytes()).begun_ns > 0


def test_a_damaged_record_of_a_deletion_deletes_nothing(tmp_path: Path) -> None:
    with api_on(tmp_path / "data") as api:
        anna = PersonCaller("anna").register(api)
        anna.enrol(api).back_up(api, {"a.txt": b"a"})
        ask(api, anna)
        folder = tmp_path / "data" / "records" / anna.account.hex()
        (folder / deletion_record_name(anna.account)).write_bytes(b"\x85\x01")

        assert erase(api, days=100) == []
        assert len(files_of(api, anna)) > 3
