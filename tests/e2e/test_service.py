"""The real service beside a real server: changes, pauses, hooks, limits, priorities."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from support.processes import Client, Server

TWO_MINUTES = 120


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "source"
    (folder / "papers").mkdir(parents=True)
    (folder / "papers/old").write_text("old")
    return folder


@pytest.fixture
def device(tmp_path: Path, server: Server, source: Path) -> Client:
    """A device of its own account, backed up once."""
    client = Client(tmp_path / "state", server.url, server.pin)
    client.register(re.sub(r"[^a-z0-9]", "", tmp_path.name), device="laptop")
    client.run("add", str(source))
    client.backup()
    return client


@contextmanager
def running(device: Client, *arguments: str, **env: str) -> Iterator[subprocess.Popen[str]]:
    service = device.start("service", "run", *arguments, **env)
    try:
        until(lambda: status(device)["service"] is not None)
        yield service
    finally:
        service.send_signal(signal.SIGTERM)
        said, _ = service.communicate(timeout=20)
        assert service.returncode == 0, said
        assert "Traceback" not in said


def until(holds: Callable[[], Any], seconds: float = 20) -> float:
    """How long it took."""
    begun = time.monotonic()
    while not holds():
        assert time.monotonic() - begun < seconds, "it did not come about in time"
        time.sleep(0.1)
    return time.monotonic() - begun


def status(device: Client) -> Any:
    return device.run("status", "--json", code=None).json


def snapshots(device: Client) -> int:
    return len(device.run("snapshots", "--json").json)


def is_kept(device: Client, path: Path) -> bool:
    return device.run("ls", str(path), code=None).code == 0


def logged(device: Client, text: str) -> bool:
    return text in (device.home / "logs/csb.log").read_text()


def waits(device: Client) -> list[str]:
    service = status(device)["service"]
    return [reason["code"] for reason in service["reasons"]] if service else []


# --- near-continuous ---


@pytest.mark.parametrize("watched", ["150000", "1"], ids=["watched", "no-watches-left"])
def test_a_change_is_restorable_within_two_minutes(
    device: Client, source: Path, tmp_path: Path, watched: str
) -> None:
    device.run("schedule", "set", "--continuous", "--every", "1d")
    with running(device, CSB_WATCH_FOLDERS=watched):
        until(lambda: "not-due" in waits(device))
        time.sleep(3)  # whatever it looks at first is over
        (source / "papers/new folder").mkdir()
        (source / "papers/new folder/letter").write_text("dear Ada")

        took = until(lambda: is_kept(device, source / "papers/new folder/letter"), TWO_MINUTES)
        device.run("restore", str(source / "papers/new folder"), "--to", str(tmp_path / "back"))
        shortfall = status(device)["service"]["shortfall"]

    assert took < TWO_MINUTES
    assert (tmp_path / "back/new folder/letter").read_text() == "dear Ada"
    assert ("more folders than may be watched" in shortfall) == (watched == "1")


def test_continuous_backups_make_no_snapshot_for_nothing(device: Client, source: Path) -> None:
    device.run("schedule", "set", "--continuous", "--every", "1d")
    device.run("exclude", "*.tmp")
    (source / "papers/noise.tmp").write_text("left out")
    device.backup()
    before = snapshots(device)
    with running(device):
        until(lambda: logged(device, "nothing changed; no snapshot was made"))
        (source / "papers/noise.tmp").write_text("left out, and other than before")
        with (source / "papers/old").open("a"):  # as if it were written
            time.sleep(3)

    assert snapshots(device) == before


# --- when, and when not ---


def test_a_pause_ends_a_backup_and_resume_goes_on_with_it(device: Client, source: Path) -> None:
    (source / "big").write_bytes(os.urandom(30_000_000))
    device.run("limits", "set", "--upload", "1M")
    with running(device, "--every", "0.05"):
        until(lambda: status(device)["running"])
        paused = device.run("pause", "2").out
        until(lambda: not status(device)["running"])
        says = device.run("status", code=None).out
        none_yet = is_kept(device, source / "big")
        by_hand_refused = device.run("pause", "0", code=2).err
        device.run("limits", "set", "--upload", "none")
        device.run("resume")
        until(lambda: is_kept(device, source / "big"), 40)

    assert "Paused until" in paused
    assert "Waits     paused until" in says
    assert not none_yet
    assert "Invalid value" in by_hand_refused


def test_a_backup_by_hand_runs_in_quiet_hours_and_the_service_does_not(
    device: Client, source: Path
) -> None:
    device.run("schedule", "set", "--quiet", "0:00-12:00", "--quiet", "12:00-23:59")
    with running(device, "--every", "0.05"):
        until(lambda: "quiet-hours" in waits(device))
        before = snapshots(device)
        by_hand = device.backup()["sequence"]
        device.run("schedule", "set", "--no-quiet")
        took = until(lambda: snapshots(device) > before + 1)

    assert by_hand == before + 1
    assert took < 20


def test_the_server_hears_of_a_pause(device: Client, server: Server) -> None:
    device.run("pause", "1")

    with running(device):
        until(lambda: logged(device, "told the server: paused"), 30)


def test_a_server_that_is_away_is_tried_again_and_the_reason_is_told(
    device: Client, tmp_path: Path
) -> None:
    gone = Client(device.home, "https://127.0.0.1:9", device.pin)
    keys = (device.home / "device.json").read_text()
    (device.home / "device.json").write_text(keys.replace(device.url, gone.url))
    (device.home / "last-run.json").unlink()
    with running(device):
        until(lambda: "failed" in waits(device), 60)
        service = status(device)["service"]

    assert service["failures"] == 1
    assert service["next_due"] is not None


# --- how hard it works ---


def test_the_service_backs_up_with_low_priority(device: Client, source: Path) -> None:
    (source / "big").write_bytes(os.urandom(20_000_000))
    device.run("limits", "set", "--upload", "1M")
    with running(device, "--every", "0.05") as service:
        until(lambda: status(device)["running"])
        time.sleep(1)
        threads = {
            int(path.name): _niceness(path) for path in Path(f"/proc/{service.pid}/task").iterdir()
        }
        disk = subprocess.run(
            ("ionice", "-p", str(service.pid)), capture_output=True, text=True, check=False
        ).stdout
        device.run("pause")
        until(lambda: not status(device)["running"])

    assert threads[service.pid] == 15
    assert 0 in threads.values(), "restore orders are heard of with the usual priority"
    assert sum(nice == 15 for nice in threads.values()) > 3, "the threads of a run inherit it"
    assert disk.strip() == "best-effort: prio 7"


def _niceness(task: Path) -> int:
    return int((task / "stat").read_text().rpartition(")")[2].split()[16])


def test_a_limit_holds_during_a_run_and_may_change_in_it(device: Client, source: Path) -> None:
    (source / "big").write_bytes(os.urandom(8_000_000))
    device.run("limits", "set", "--upload", "1M")

    begun = time.monotonic()
    device.backup()
    took = time.monotonic() - begun
    (source / "big").write_bytes(os.urandom(20_000_000))
    slow = device.start("backup")
    time.sleep(3)
    device.run("limits", "set", "--upload", "none")
    began_fast = time.monotonic()
    slow.communicate(timeout=60)

    assert took > 7.5
    assert time.monotonic() - began_fast < 14, "with the limit it takes 17 seconds more"


# --- hooks ---


def test_hooks_run_around_a_backup_and_know_how_it_ended(
    device: Client, source: Path, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    device.run("hooks", "set-before", f'echo "$CSB_HOOK [$CSB_PASSWORD]" > {source}/dump')
    device.run("hooks", "set-after", f'echo "$CSB_HOOK $CSB_OUTCOME $CSB_SEQUENCE" > {told}')

    made = device.backup()

    assert (source / "dump").read_text() == "before []\n"
    assert is_kept(device, source / "dump")
    assert told.read_text() == f"after kept {made['sequence']}\n"


def test_a_failing_hook_is_a_problem_of_the_snapshot(device: Client) -> None:
    device.run("hooks", "set-before", "echo the database is down; exit 3")

    made = device.backup(code=1)

    assert made["problem_counts"] == {"hook-failed": 1}
    assert made["problems"][0]["message"] == "The command before the backup ended with 3."
    assert logged(device, "the database is down")


def test_a_hook_that_must_succeed_stands_against_the_backup(device: Client, tmp_path: Path) -> None:
    told = tmp_path / "told"
    before = snapshots(device)
    device.run("hooks", "set-before", "exit 3", "--must-succeed")
    device.run("hooks", "set-after", f"echo $CSB_OUTCOME > {told}")

    refused = device.run("backup", code=2)

    assert "hook-failed" in refused.err
    assert (snapshots(device), told.read_text()) == (before, "failed\n")


def test_a_hook_that_hangs_is_ended_with_all_it_started(device: Client) -> None:
    device.run("hooks", "set-before", "sleep 4321 & sleep 4321", "--timeout", "1")

    made = device.backup(code=1)

    assert "took longer than 1 seconds" in made["problems"][0]["message"]
    found = subprocess.run(("pgrep", "-f", "sleep 4321"), capture_output=True, check=False)
    assert found.stdout == b""


def test_commands_that_others_could_write_are_refused(device: Client, tmp_path: Path) -> None:
    device.run("hooks", "set-before", f"touch {tmp_path}/ran")
    (device.home / "hooks.json").chmod(0o666)

    refused = device.run("backup", code=2)

    assert "hooks-unsafe" in refused.err
    assert not (tmp_path / "ran").exists()
