"""A client updates itself from its server; what does not work goes back by itself, and is told.

The server, the start script and the services are the real ones. Only the bundles are small.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.processes import start_server
from support.rollout import House, furnish, until
from support.updating import FIRST, SPARE, STRANGER, broken_program, bundle, release


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with start_server(tmp_path / "data") as server:
        yield furnish(server, tmp_path)


def last_of(house: House) -> Any:
    return json.loads(house.device.call("update", "--json", code=None).stdout)["last"]


@pytest.mark.parametrize("supervised", [True, False], ids=["restarted", "on-its-own"])
def test_the_service_becomes_the_version_that_the_admin_gives_out(
    house: House, *, supervised: bool
) -> None:
    with house.device.serving(supervised=supervised):
        until(lambda: house.row()["version"] == "0.1.0")
        house.offer("0.2.0")
        until(lambda: house.row()["standing"] == "runs-it")

        until(lambda: not (house.device.folder / "trial").exists())
        assert house.device.current == "0.2.0"
        house.offer("0.3.0")
        until(lambda: house.row()["version"] == "0.3.0")
        until(lambda: house.device.kept == ["0.2.0", "0.3.0"])  # two stay

    assert house.device.call("version").stdout == "csb 0.3.0\n"
    assert not (house.device.folder / ".download").exists()


@pytest.mark.parametrize("supervised", [True, False], ids=["restarted", "on-its-own"])
def test_a_release_whose_service_dies_goes_back_by_itself(
    house: House, *, supervised: bool
) -> None:
    house.offer("0.2.0", content=bundle("0.2.0", runs=broken_program("0.2.0", "exit 3")))

    with house.device.serving(supervised=supervised):
        until(lambda: house.row()["standing"] == "went-back")
        shown = house.row()
        assert (shown["version"], shown["update"]["version"]) == ("0.1.0", "0.2.0")
        assert (shown["update"]["code"], shown["update"]["state"]) == ("died", "rolled-back")
        assert "ended again and again" in shown["update"]["reason"]
        until(lambda: house.device.kept == ["0.1.0"])

        house.offer("0.2.1")  # it mends what was broken
        until(lambda: house.row()["standing"] == "runs-it")
    assert house.device.current == "0.2.1"


@pytest.mark.parametrize("supervised", [True, False], ids=["restarted", "on-its-own"])
def test_a_release_whose_service_never_reaches_the_server_goes_back_by_itself(
    house: House, *, supervised: bool
) -> None:
    hangs = broken_program("0.2.0", "exec sleep 1000")
    house.offer("0.2.0", content=bundle("0.2.0", runs=hangs))

    with house.device.serving(supervised=supervised, CSB_TRIAL_SECONDS="4"):
        until(lambda: house.device.current == "0.2.0")
        until(lambda: (house.row()["update"] or {}).get("code") == "silent")
        assert house.row()["version"] == "0.1.0"


def test_a_release_that_cannot_start_at_all_is_never_started(house: House) -> None:
    house.offer(
        "0.2.0", content=bundle("0.2.0", runs="#!/bin/sh\necho 'no such thing' >&2; exit 1\n")
    )

    with house.device.serving():
        until(lambda: house.row()["standing"] == "failed")

    assert house.row()["update"]["code"] == "self-check-failed"
    assert "no such thing" in house.row()["update"]["reason"]
    assert house.device.current == "0.1.0"


def test_a_device_does_not_run_what_the_release_keys_did_not_sign(house: House) -> None:
    house.offer("0.2.0", signed_by=(STRANGER,))

    with house.device.serving():
        until(lambda: house.row()["standing"] == "failed")

    assert house.row()["update"]["code"] == "release-refused"
    assert (house.device.current, house.device.kept) == ("0.1.0", ["0.1.0"])


def test_an_older_release_is_not_taken_though_it_is_signed(house: House) -> None:
    house.offer("0.2.0")
    assert house.device.call("update", "--now").returncode == 0
    release("0.1.5").write(house.server.data / "releases")

    house.admin.set_rollout("0.1.5", "all")
    said = json.loads(house.device.call("update", "--json").stdout)

    assert (said["version"], said["wanted"]) == ("0.2.0", None)  # the server does not even ask


def test_keys_are_changed_by_both_old_ones_and_count_from_then_on(house: House) -> None:
    new = (SPARE, STRANGER)
    house.offer("0.2.0", content=bundle("0.2.0", pins=new), signed_by=(FIRST, SPARE), keys=new)
    house.device.call("update", "--now")
    house.offer("0.3.0", content=bundle("0.3.0", pins=new), signed_by=(STRANGER,))

    house.device.call("update", "--now")

    assert house.device.current == "0.3.0"


def test_by_hand_and_without_a_service_it_updates_at_once(house: House) -> None:
    house.offer("0.2.0")

    before = house.device.call("update", code=1)
    done = house.device.call("update", "--now")
    after = json.loads(house.device.call("update", "--json").stdout)

    assert "csb update --now" in before.stdout
    assert "Running   0.2.0" in done.stdout
    assert (after["version"], after["action"]) == ("0.2.0", "nothing")
    assert after["last"]["state"] == "ready"
    assert not (house.device.folder / "trial").exists()


def test_by_hand_what_cannot_reach_the_server_is_taken_back_at_once(house: House) -> None:
    mute = broken_program("0.2.0", "").replace(
        '[ "$1 $2" != "service run" ] || ', '[ "$1" != "update" ] || exit 1'
    )
    house.offer("0.2.0", content=bundle("0.2.0", runs=mute))

    failed = house.device.call("update", "--now", code=2)

    assert "[self-check-failed]" in failed.stderr
    assert (house.device.current, house.device.kept) == ("0.1.0", ["0.1.0"])
    assert last_of(house)["state"] == "rolled-back"


def test_a_clone_says_that_it_does_not_update_itself(house: House) -> None:
    house.offer("0.2.0")

    said = house.device.run("update", "--json").json
    refused = house.device.run("update", "--now")

    assert (said["kind"], said["wanted"]) == ("development", None)
    assert "Python's own means" in refused.out
    assert house.row()["standing"] == "by-hand"


def test_the_status_says_which_version_waits(house: House) -> None:
    house.offer("0.2.0")
    house.device.call("update", code=1)

    assert ", version 0.1.0; 0.2.0 waits: csb update" in house.device.call("status", code=1).stdout
    assert json.loads(house.device.call("version", "--json").stdout)["kind"] == "bundle"
