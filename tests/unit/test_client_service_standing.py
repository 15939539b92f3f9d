"""What `csb service status` says."""

from __future__ import annotations

import pytest

from csbackup.client.cli.service_standing import ServiceStanding, describe, standing_lines
from csbackup.client.cli.service_state import ServiceState
from csbackup.client.installed.systemd import Unit
from csbackup.client.last_run import LastRun

SECOND = 10**9
NOW = 1_800_000_000 * SECOND
RUNNING = ServiceState(77, 3600, NOW + 1800 * SECOND)
GOOD = LastRun(ended=NOW - 60 * SECOND, succeeded=NOW - 60 * SECOND)
BAD = GOOD.failed(NOW - SECOND, "The server\ndoes not answer.", "server-unreachable")


def standing(
    *,
    installed: bool = True,
    told: ServiceState | None = RUNNING,
    last: LastRun | None = GOOD,
    unit: Unit = Unit("active", 77, 0, NOW - 3600 * SECOND),  # noqa: B008  it is frozen
) -> ServiceStanding:
    return ServiceStanding(installed, installed, unit, told, last, "/etc/systemd/system/x.service")


@pytest.mark.parametrize(
    ("seen", "code"),
    [
        (standing(), 0),
        (standing(installed=False), 0),  # started by cron, or by hand
        (standing(last=None), 0),
        (standing(last=BAD), 1),
        (standing(told=None), 1),
        (standing(told=None, installed=False), 2),
    ],
)
def test_the_exit_code_says_whether_it_backs_up(seen: ServiceStanding, code: int) -> None:
    assert seen.code == code


def test_one_screen_says_it_all() -> None:
    lines = standing_lines(standing(last=BAD, unit=Unit("active", 77, 3, NOW)), NOW)

    assert len(lines) <= 10
    text = "\n".join(lines)
    for word in ("process 77", "3 times", "in 30 minutes", "1 minute ago", "[server-unreachable]"):
        assert word in text
    assert "server\\ndoes" in text, "what a server says stays on its line"


def test_what_is_not_there_is_said_with_what_to_do() -> None:
    lines = standing_lines(standing(installed=False, told=None, last=None), NOW)

    assert lines == [
        "Service   does not run",
        "Starts    by nobody but you: csb service install",
    ]


def test_scripts_are_told_the_same() -> None:
    told = describe(standing(last=BAD))

    assert told["running"] is True and told["process"] == 77
    assert told["next_backup"] == "2027-01-15T08:30:00Z"
    assert told["last_failure"]["code"] == "server-unreachable"
    assert describe(standing(told=None, last=None))["last_failure"] is None
