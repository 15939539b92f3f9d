"""How the client tells people how things stand: status, dry run, verbose, quiet, and the log."""

from __future__ import annotations

import base64
import json
import os
import shlex
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from support.processes import Client, start_server

WRONG = "a wrong password, typed by hand"


@pytest.fixture(scope="module")
def source(place: Path, laptop: Client) -> Path:
    """Chosen, with something of everything in it, and not yet backed up."""
    folder = place / "source"
    for name in ("docs/letter", "docs/old", "app/node_modules/x/index.js", "vm/disk.iso", "a.bak"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(5_000))
    laptop.run("add", str(folder))
    laptop.run("exclude", "*.bak")
    return folder


def state_of(home: Path) -> dict[str, bytes]:
    return {str(one): one.read_bytes() for one in sorted(home.rglob("*")) if one.is_file()}


# In the order in which a person does it: the module shares one device.


def test_a_dry_run_needs_no_server_and_writes_nothing(laptop: Client, source: Path) -> None:
    before = state_of(laptop.home)
    lonely = Client(laptop.home, laptop.url, laptop.pin, environment={"https_proxy": "x"})

    said = lonely.run("backup", "--dry-run")
    found = lonely.run("backup", "--dry-run", "--json").json

    assert state_of(laptop.home) == before
    assert "nothing is sent, nothing is written" in said.out
    assert (found["files"], found["bytes"]) == (4, 20_000)
    assert (found["files_changed"], found["bytes_changed"], found["removed"]) == (4, 20_000, 0)
    assert found["excluded"]["by_you"] == [{"pattern": "*.bak", "matches": 1}]
    assert {one["kind"] for one in found["junk"]} == {"packages of Node.js", "disc image"}


def test_status_says_that_nothing_is_backed_up_yet(laptop: Client, source: Path) -> None:
    said = laptop.run("status", code=1)

    assert "Needs attention" in said.out
    assert "No backup was made yet" in said.out
    assert said.err == ""


def test_a_verbose_backup_names_what_is_new_changed_and_gone(laptop: Client, source: Path) -> None:
    first = laptop.run("backup", "--verbose")
    (source / "docs/letter").write_text("another one")
    (source / "docs/old").unlink()
    (source / "docs/new\n").write_text("new")
    second = laptop.run("backup", "--verbose", "--json")

    assert f"+ {source}/docs/letter" in first.err.splitlines()
    named = [line for line in second.err.splitlines() if line[:2] in ("+ ", "M ", "- ", "m ")]
    assert [line for line in named if not line.startswith("m ")] == [
        f"M {source}/docs/letter", f"+ {source}/docs/new\\n", f"- {source}/docs/old",
    ]  # fmt: skip
    assert second.json["sequence"] == 2


def test_the_dry_run_then_says_what_changed(laptop: Client, source: Path) -> None:
    time.sleep(0.1)
    (source / "docs/letter").write_text("once more, and longer")
    (source / "docs/new\n").unlink()

    found = laptop.run("backup", "--dry-run", "--json").json
    done = laptop.backup()

    assert (found["files_new"], found["files_changed"], found["removed"]) == (0, 1, 1)
    assert (found["files"], found["bytes"]) == (done["files"], done["bytes"])
    assert found["bytes_changed"] == done["bytes_read"]


def test_what_the_dry_run_says_to_type_leaves_the_junk_out(laptop: Client, source: Path) -> None:
    found = laptop.run("backup", "--dry-run", "--json").json

    for junk in found["junk"]:
        program, *arguments = shlex.split(junk["exclude"])
        assert program == "csb"
        laptop.run(*arguments)
    after = laptop.run("backup", "--dry-run", "--json").json

    assert after["junk"] == []
    assert after["files"] == found["files"] - 2


def test_a_quiet_backup_without_problems_prints_nothing(laptop: Client, source: Path) -> None:
    assert laptop.run("backup", "--quiet").said == ""


def test_status_says_protected_since_when_and_what_is_next(laptop: Client, source: Path) -> None:
    said = laptop.run("status")
    facts = laptop.run("status", "--json").json

    assert "Protected" in said.out
    assert "4 snapshots" in said.out
    assert "no service backs up by itself: csb service install" in said.out
    assert len(said.out.splitlines()) <= 24
    assert (facts["protected"], facts["snapshots"]) == (True, 4)
    assert facts["last_snapshot"]["sequence"] == 4
    assert facts["service"] is None


def test_status_knows_the_service_that_runs(laptop: Client, source: Path) -> None:
    service = laptop.start("service", "run", "--every", "60")
    try:
        until = time.monotonic() + 20
        while time.monotonic() < until:
            facts = laptop.run("status", "--json").json
            if facts["service"] and facts["service"]["next_due"]:
                break
        second = laptop.run("service", "run", code=2)
    finally:
        service.send_signal(signal.SIGTERM)
        service.communicate(timeout=20)

    assert facts["service"]["process"] == service.pid
    assert facts["service"]["every_seconds"] == 3600
    assert "service-runs-already" in second.err
    assert laptop.run("status", "--json").json["service"] is None


def test_problems_are_told_by_class_with_advice_and_status_keeps_them(
    laptop: Client, source: Path, place: Path
) -> None:
    gone = place / "stick"
    gone.mkdir()
    laptop.run("add", str(gone))
    gone.rmdir()

    said = laptop.run("backup", "--quiet", code=1)
    status = laptop.run("status", code=1)
    facts = laptop.run("status", "--json", code=1).json

    assert said.out == ""
    for text in (said.err, status.out):
        assert "Chosen, but not there: 1 (root-missing)" in text
        assert "Is a disk or share not connected?" in text
    assert "Coverage: " in said.err
    assert facts["problem_classes"][0]["paths"] == [{"path": str(gone), "number": 1}]
    assert f"{gone} is not there" in facts["reasons"][0]
    laptop.run("remove", str(gone))


def test_a_verbose_restore_names_files_and_a_quiet_one_nothing(
    laptop: Client, source: Path, place: Path
) -> None:
    target = place / "back"

    first = laptop.run("restore", str(source / "docs"), "--to", str(target), "--verbose")
    again = laptop.run("restore", str(source / "docs"), "--to", str(target), "--verbose")
    quiet = laptop.run("restore", str(source / "docs"), "--to", str(target), "--quiet")

    assert f"+ {source}/docs/letter" in first.err.splitlines()
    assert f"= {source}/docs/letter" in again.err.splitlines()
    assert quiet.said == ""


# --- the log ---


def secrets_of(client: Client) -> dict[str, bytes]:
    """Every secret that this device has or has shown, in each way of writing it."""
    kept = json.loads((client.home / "device.json").read_text())
    keys = {name: kept[name] for name in ("signing_private", "sealing_private")}
    keys |= {name: kept["keys"][name] for name in ("id_key", "cut_key", "hedge_key")}
    found = {
        "password": client.password.encode(),
        "wrong password": WRONG.encode(),
        "recovery key": client.recovery_key.encode(),
        "recovery key, typed": client.recovery_key.replace("-", "").lower().encode(),
        "token": kept["token"].encode(),
        "a session": b"csbs_",
    }
    for name, text in keys.items():
        raw = base64.b64decode(text)
        assert len(raw) == 32
        found |= {
            f"{name}, raw": raw,
            f"{name}, hex": raw.hex().encode(),
            f"{name}, base64": base64.b64encode(raw).rstrip(b"="),
            f"{name}, base64url": base64.urlsafe_b64encode(raw).rstrip(b"="),
        }
    return found


def leaked(text: bytes, secrets: dict[str, bytes]) -> list[str]:
    lowered = text.lower()
    return [name for name, secret in secrets.items() if secret.lower() in lowered]


@pytest.fixture
def stranger(place: Path) -> Iterator[tuple[Client, str]]:
    """Another account, with all that can go wrong in its log, and its second recovery key."""
    with start_server(place / "other data") as server:
        client = Client(place / "stranger", server.url, server.pin)
        client.register("bob", device="desk")
        folder = place / "secret plans"
        folder.mkdir()
        (folder / "plan").write_text("x")
        client.run("add", str(folder))
        client.run("backup")
        client.run("restore", "--to", str(place / "there"))
        client.run("restore", "--to", str(place / "no"), code=2, CSB_PASSWORD=WRONG)
        client.run("restore", code=2, give=WRONG + "\n", CSB_PASSWORD="")
        client.run("restore", "--recovery-key", client.recovery_key + "7", code=2)
        client.run("password", WRONG, code=2)
        client.run("backup", f"--{client.recovery_key}", code=2)
        client.run("history", str(folder / "nothing"), code=2)
        new_key = client.run("recovery-kit", "--json").json["recovery_key"]
        server.stop()
        client.run("backup", "--verbose", code=2)
        yield client, new_key


def test_no_secret_is_ever_logged_nor_sent_along(stranger: tuple[Client, str], place: Path) -> None:
    client, new_recovery_key = stranger
    secrets = secrets_of(client) | {"new recovery key": new_recovery_key.encode()}

    client.run("log", "--to", str(place / "log.txt"))
    client.run("log", "--to", str(place / "hidden.txt"), "--hide-paths")

    log = b"".join(one.read_bytes() for one in (client.home / "logs").iterdir())
    sent = (place / "log.txt").read_bytes()
    hidden = (place / "hidden.txt").read_bytes()
    for text in (log, sent, hidden):
        assert leaked(text, secrets) == []
    for planted in secrets.values():  # the search itself finds whatever there would be
        assert leaked(log + planted + log, secrets) != []
    for told in (b"backed up: snapshot 1", b"restored: snapshot 1", b"failed code=wrong-password",
                 b"failed code=server-unreachable", b"no answer, trying again"):  # fmt: skip
        assert told in log
        assert told in hidden
    assert b'"protected": false' in sent
    assert b"secret plans" in sent
    assert b"secret plans" not in hidden
    assert (place / "log.txt").stat().st_mode & 0o777 == 0o600


def test_the_log_is_where_it_says_and_is_not_written_over(laptop: Client, place: Path) -> None:
    where = laptop.run("log").out.splitlines()[0]
    taken = place / "taken"
    taken.write_text("mine")

    refused = laptop.run("log", "--to", str(taken), code=2)

    assert Path(where).read_text().count("backed up: snapshot") >= 4
    assert "is there already" in refused.err
    assert taken.read_text() == "mine"


def test_a_backup_goes_on_without_its_log(laptop: Client, source: Path) -> None:
    logs: Any = laptop.home / "logs"
    logs.rename(laptop.home / "logs away")
    logs.write_text("a file where a folder should be")

    laptop.run("backup", "--quiet")

    assert logs.read_text() == "a file where a folder should be"


def test_a_machine_that_is_not_set_up_is_told_apart(tmp_path: Path) -> None:
    empty = Client(tmp_path / "nothing", "", "")

    refused = empty.run("status", "--json", code=2)

    assert refused.json["failure"]["code"] == "not-enrolled"
    assert not empty.home.exists()
