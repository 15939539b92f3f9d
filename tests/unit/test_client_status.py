"""Is this machine protected: decided from facts, and told in one screen."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from csbackup.client.browse.chain import Kept
from csbackup.client.cli.gathering import absent_roots, gather_facts
from csbackup.client.cli.service_state import LOCK, ServiceState, keep_state, running_service
from csbackup.client.cli.standing import Facts, ServerFacts, assess, describe
from csbackup.client.cli.status import status_lines
from csbackup.client.config import Home
from csbackup.client.files import LiveFiles
from csbackup.client.files.guard import NotAnswering
from csbackup.client.keyring import EnrolledDevice, save_device
from csbackup.client.last_run import LastRun
from csbackup.client.platform.locking import only_run
from csbackup.client.problems import Problem, grouped
from csbackup.format.ids import AccountId, DeviceId, SourceId
from csbackup.format.keys import account_keys
from csbackup.format.snapshot import Settings
from csbackup.rules.schedule import Reason
from support.sealed_world import SealedWorld

HOUR = 3600 * 1_000_000_000
NOW = 480_000 * HOUR
ROOT = b"/home/ada"


def device(url: str = "https://nas.local:8443") -> EnrolledDevice:
    account = AccountId(b"a" * 16)
    return EnrolledDevice(
        url, "ab" * 32, "ada", "laptop", account, DeviceId(b"d" * 16), 1,
        account_keys(b"m" * 32, account).device, b"s" * 32, b"x" * 32, "csbd_t",
    )  # fmt: skip


def kept(*, hours_ago: int = 1, partial: bool = False, sequence: int = 7) -> Kept:
    made = SealedWorld().snapshot(sequence=sequence)
    snapshot = replace(made.snapshot, partial=partial)
    return Kept(made.id, snapshot, NOW - hours_ago * HOUR)


def last_run(**changes: Any) -> LastRun:
    made = NOW - HOUR
    fresh = LastRun(made, made, sequence=7, files=12_345, coverage=1.0, first=NOW - 900 * HOUR)
    return replace(fresh, roots=(ROOT,), **changes)


def facts(*, roots: tuple[bytes, ...] = (ROOT,), **changes: Any) -> Facts:
    settings = Settings(SourceId(b"s" * 16), roots)
    usual: dict[str, Any] = {
        "last": last_run(),
        "server": ServerFacts(reached=True, snapshots=(kept(),), roots=(ROOT,)),
    }
    return Facts(device=device(), settings=settings, now_ns=NOW, **(usual | changes))


def reasons(**changes: Any) -> str:
    return " ".join(assess(facts(**changes)).reasons)


# --- what needs attention ---


def test_a_fresh_whole_backup_of_all_that_is_chosen_protects() -> None:
    assert reasons() == ""


def test_without_folders_or_snapshots_nothing_is_protected() -> None:
    assert "No folder is chosen" in reasons(roots=())
    assert "No backup was made" in reasons(server=ServerFacts(reached=True, snapshots=()))
    assert "No backup was made" in reasons(last=None, server=ServerFacts(failure="away"))


def test_an_old_or_unfinished_snapshot_needs_attention() -> None:
    old = ServerFacts(reached=True, snapshots=(kept(hours_ago=100),))
    unfinished = ServerFacts(reached=True, snapshots=(kept(partial=True),))

    assert "4 days ago" in reasons(server=old)
    assert "did not finish" in reasons(server=unfinished)


def test_a_run_that_failed_is_told_with_since_when() -> None:
    failed = last_run().failed(NOW - 2 * HOUR, "Why.", "code").failed(NOW, "Why.", "code")

    assert "did not finish (since " in reasons(last=failed)
    assert failed.failing_since == NOW - 2 * HOUR


def test_problems_need_attention_but_not_what_only_vanished() -> None:
    denied = grouped([Problem("permission-denied", b"/x", "no")])
    vanished = grouped([Problem("vanished", b"/x", "no")])

    assert "1 problem; 50.00% is covered" in reasons(
        last=last_run(groups=denied, problems=1, coverage=0.5)
    )
    assert reasons(last=last_run(groups=vanished, problems=1)) == ""


def test_folders_that_are_absent_or_in_no_snapshot_are_named() -> None:
    roots = (ROOT, b"/mnt/disk", b"/new")

    said = reasons(roots=roots, absent=((b"/mnt/disk", "not there"),))

    assert "/mnt/disk is not there" in said
    assert "/new is in no snapshot yet" in said
    assert "/mnt/disk is in no snapshot" not in said


def test_with_the_server_away_what_is_known_here_counts() -> None:
    away = ServerFacts(failure="No answer.")
    failed = last_run().failed(NOW - HOUR, "No answer.", "server-unreachable")

    found = assess(facts(last=failed, server=away))

    assert len(found.reasons) == 1
    assert "No answer. Not reached since " in found.reasons[0]
    assert found.facts.newest is not None
    assert found.facts.newest.sequence == 7
    assert found.facts.not_kept == ()


def test_json_has_the_same_facts() -> None:
    groups = grouped([Problem("read-error", b"/\xff", "no")])

    said = describe(assess(facts(last=last_run(groups=groups, problems=1))))

    assert said["last_snapshot"]["sequence"] == 7
    assert said["problem_classes"][0]["class"] == "read-error"
    assert said["problem_classes"][0]["paths"][0]["path_hex"] == b"/\xff".hex()
    assert "check the disk" in said["problem_classes"][0]["advice"]


# --- one screen ---


def test_the_worst_day_fits_a_screen_of_80_by_24() -> None:
    problems = [
        Problem(kind, f"/home/ada/{kind}/{at}".encode(), "It is like this.")
        for kind in ("permission-denied", "read-error", "root-missing", "vanished", "endless")
        for at in range(9)
    ]
    roots = tuple(f"/mnt/disk {at}".encode() for at in range(12))
    worst = facts(
        roots=roots,
        last=last_run(groups=grouped(problems), problems=45, coverage=0.5),
        server=ServerFacts(reached=True, failure="The server went back. " * 9, roots=(), orders=3),
        absent=tuple((root, "not there: is a disk not connected?") for root in roots),
        running=True,
        service=ServiceState(1, 3600, NOW + HOUR, 3),
    )

    lines = status_lines(assess(worst))

    assert len(lines) <= 24
    assert "Needs attention" in lines[0]
    assert "permission-denied" in " ".join(lines)


@pytest.mark.parametrize(
    ("service", "says"),
    [
        (None, "no service backs up by itself: csb service install"),
        (ServiceState(77, 3600, NOW + HOUR // 2), "in 30 minutes, by the service (every 1 hour)"),
        (ServiceState(77, 3600, NOW - HOUR), "now, by the service"),
        (ServiceState(77, 3600, NOW + HOUR, 2), "failed 2 times in a row"),
    ],
)
def test_what_comes_next_is_said(service: ServiceState | None, says: str) -> None:
    lines = status_lines(assess(facts(service=service)))

    assert any(line.startswith("Next") and says in line for line in lines)


def test_a_running_backup_is_said() -> None:
    assert "Now       a backup is running" in status_lines(assess(facts(running=True)))


def test_restore_orders_are_said_where_there_are_any() -> None:
    server = ServerFacts(reached=True, snapshots=(kept(),), roots=(ROOT,), orders=2)

    assert "Now       2 restore orders: csb orders" in status_lines(assess(facts(server=server)))
    assert not any(line.startswith("Now") for line in status_lines(assess(facts())))


# --- gathering ---


@pytest.mark.parametrize(
    ("service", "says"),
    [
        (
            ServiceState(7, 3600, NOW + HOUR, reasons=(Reason("quiet-hours", NOW + HOUR),)),
            "Waits     quiet hours until",
        ),
        (ServiceState(7, 3600, 0, reasons=(Reason("metered"),)), "Waits     the link is metered"),
        (ServiceState(7, 3600, 0, reasons=(Reason("metered"),)), "Next      not known, by the"),
        (
            ServiceState(7, 3600, NOW + HOUR, 2, (Reason("failed", NOW + HOUR),)),
            "Waits     the last try failed; again until",
        ),
        (ServiceState(7, 3600, NOW, continuous=True), "(every 1 hour, and after changes)"),
        (
            ServiceState(7, 3600, NOW, continuous=True, shortfall="there are too many folders"),
            "Changes   looked for every minute or two: there are too many folders",
        ),
    ],
)
def test_what_the_service_waits_for_is_said(service: ServiceState, says: str) -> None:
    lines = status_lines(assess(facts(service=service)))

    assert any(says in line for line in lines)


def test_a_pause_is_said_once() -> None:
    service = ServiceState(7, 3600, NOW + HOUR, reasons=(Reason("paused", NOW + HOUR),))

    lines = status_lines(assess(facts(service=service, paused_until=NOW + HOUR)))

    assert sum("aused" in line for line in lines) == 1
    assert describe(assess(facts(paused_until=NOW + HOUR)))["paused_until"] is not None


def test_a_service_is_known_only_while_it_runs(tmp_path: Path) -> None:
    home = Home(tmp_path)
    state = ServiceState(os.getpid(), 60.0, 5)
    keep_state(home, state)

    with only_run(tmp_path / LOCK):
        running = running_service(home)
    afterwards = running_service(home)

    assert running == state
    assert afterwards is None


class HangingDisk(LiveFiles):
    """Some roots do not answer."""

    def status(self, path: bytes) -> os.stat_result:
        if path.startswith(b"/hangs"):
            raise NotAnswering(0.1)
        return super().status(path)


def test_a_root_that_is_not_there_is_told_from_one_that_hangs(tmp_path: Path) -> None:
    there = os.fsencode(tmp_path)

    absent = dict(absent_roots((there, b"/no/such/root", b"/hangs"), HangingDisk()))

    assert there not in absent
    assert absent[b"/no/such/root"].startswith("not there")
    assert absent[b"/hangs"].startswith("not answering")


def test_a_server_that_never_answers_does_not_hold_status_up(tmp_path: Path) -> None:
    home = Home(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as silent:  # the kernel accepts, nobody answers
        save_device(home, device(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        begun = time.monotonic()

        found = gather_facts(home, answer_seconds=0.5)

        taken = time.monotonic() - begun
    assert "did not answer within 0.5 seconds" in found.server.failure
    assert not found.server.reached
    assert taken < 5
