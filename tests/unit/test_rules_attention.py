"""How a device is doing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csbackup.rules.attention import SECOND, DeviceFacts, judge_device

HOUR = 3600 * SECOND
NOW = 1_000_000 * HOUR
FINE = DeviceFacts(
    created=NOW - 100 * HOUR,
    revoked=None,
    last_contact=NOW - HOUR,
    last_snapshot=NOW - 2 * HOUR,
    says_running=False,
    problems=0,
    coverage=1.0,
)


@pytest.mark.parametrize(
    ("change", "state", "reason"),
    [
        ({}, "ok", "Backed up 2 hours ago."),
        ({"last_snapshot": NOW - 26 * HOUR}, "ok", "Backed up 1 day ago."),
        ({"last_snapshot": NOW - 27 * HOUR}, "overdue", "The last backup arrived 1 day ago."),
        ({"last_snapshot": None}, "never", "Enrolled 4 days ago, no backup yet."),
        ({"problems": 1}, "problems", "One problem in the last backup."),
        ({"problems": 3}, "problems", "3 problems in the last backup."),
        (
            {"problems": 3, "coverage": 0.99999},
            "problems",
            "3 problems; 99.9 % of what was chosen is backed up.",
        ),
        ({"says_running": True, "last_contact": NOW}, "running", "A backup is running."),
        (
            {"says_paused": True, "last_contact": NOW},
            "paused",
            "Paused by its person. Backed up 2 hours ago.",
        ),
        ({"says_paused": True, "last_contact": NOW - HOUR}, "ok", "Backed up 2 hours ago."),
        (
            {"says_paused": True, "last_contact": NOW, "last_snapshot": NOW - 27 * HOUR},
            "overdue",
            "The last backup arrived 1 day ago.",
        ),
        ({"says_running": True, "last_contact": NOW - HOUR}, "ok", "Backed up 2 hours ago."),
        ({"says_running": True, "last_contact": None}, "ok", "Backed up 2 hours ago."),
        ({"revoked": NOW, "last_snapshot": None}, "revoked", "Revoked just now."),
        ({"last_snapshot": NOW + HOUR}, "ok", "Backed up just now."),
    ],
)
def test_the_most_urgent_state_is_told_with_its_reason(
    change: dict[str, object], state: str, reason: str
) -> None:
    facts = replace(FINE, **change)  # type: ignore[arg-type]

    found = judge_device(facts, now=NOW, overdue_after_seconds=26 * 3600)

    assert (found.state, found.reason) == (state, reason)


def test_a_device_with_problems_is_overdue_first() -> None:
    facts = replace(FINE, problems=9, last_snapshot=NOW - 100 * HOUR)

    found = judge_device(facts, now=NOW, overdue_after_seconds=26 * 3600)

    assert found.state == "overdue"
