"""The commands that say when and how a device backs up: schedule, limits, pause, hooks."""

from __future__ import annotations

from pathlib import Path

import pytest

from csbackup.client.config import Home
from csbackup.client.hooks import Hooks, load_hooks
from csbackup.client.keyring import EnrolledDevice, save_device
from csbackup.client.pausing import load_pause
from csbackup.client.settings import load_limits, load_schedule
from csbackup.format.ids import AccountId, DeviceId
from csbackup.format.keys import account_keys
from support.processes import Result, clean_environment, run_program


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "state")


@pytest.fixture
def enrolled(home: Home) -> Home:
    account = AccountId(b"a" * 16)
    device = EnrolledDevice(
        "http://127.0.0.1:9", "", "anna", "laptop", account, DeviceId(b"d" * 16), 1,
        account_keys(b"m" * 32, account).device, b"s" * 32, b"x" * 32, "csbd_t",
    )  # fmt: skip
    save_device(home, device)
    return home


def csb(home: Home, *arguments: str) -> Result:
    env = clean_environment(CSB_HOME=str(home.path), COLUMNS="120")
    return run_program("csb", *arguments, env=env)


def test_a_schedule_is_set_in_parts_and_shown(enrolled: Home) -> None:
    home = enrolled
    csb(home, "schedule", "set", "--every", "4h", "--continuous").expect(0)
    csb(home, "schedule", "set", "--quiet", "22:00-7:00", "--quiet", "mon-fri 9:00-12:30").expect(0)
    csb(home, "schedule", "set", "--battery-above", "50", "--on-metered").expect(0)

    shown = csb(home, "schedule").expect(0).out
    facts = csb(home, "schedule", "show", "--json").json

    assert "older than 4 hours, and soon after each change" in shown
    assert "22:00-7:00; mon-fri 9:00-12:30" in shown
    assert facts == {
        "every_minutes": 240.0,
        "continuous": True,
        "quiet_hours": ["22:00-7:00", "mon-fri 9:00-12:30"],
        "on_battery": True,
        "battery_percent": 50,
        "on_metered": True,
    }
    assert csb(home, "schedule", "set", "--no-quiet", "--json").json["quiet_hours"] == []
    assert load_schedule(home).every_minutes == 240


@pytest.mark.parametrize(
    "arguments",
    [
        ("schedule", "set"),
        ("schedule", "set", "--every", "soon"),
        ("schedule", "set", "--every", "0"),
        ("schedule", "set", "--quiet", "0:00-24:00"),
        ("schedule", "set", "--quiet", "at night"),
        ("schedule", "set", "--quiet", "1:00-2:00", "--no-quiet"),
        ("limits", "set"),
        ("limits", "set", "--upload", "fast"),
        ("limits", "set", "--upload", "1"),
        ("limits", "set", "--upload-at", "8:00-9:00"),
        ("limits", "set", "--upload-at", "8:00-9:00=quick"),
        ("limits", "set", "--upload-at", "8:00-9:00=1M", "--no-upload-at"),
        ("pause", "0"),
        ("pause", "100000"),
        ("hooks", "set-before", " "),
    ],
)
def test_what_makes_no_sense_changes_nothing(enrolled: Home, arguments: tuple[str, ...]) -> None:
    refused = csb(enrolled, *arguments)

    assert refused.code == 2
    assert "not-enrolled" not in refused.err
    assert [path.name for path in enrolled.path.glob("*.json")] == ["device.json"]


def test_limits_are_set_in_parts_and_shown(enrolled: Home) -> None:
    home = enrolled
    csb(home, "limits", "set", "--upload", "2M", "--download", "500kB/s").expect(0)
    csb(
        home, "limits", "set", "--upload-at", "mon-fri 8:00-18:00=100k", "--upload-at",
        "0:00-6:00=none", "--full-priority",
    ).expect(0)  # fmt: skip

    shown = csb(home, "limits").expect(0).out
    facts = csb(home, "limits", "show", "--json").json

    assert "100 kB/s at mon-fri 8:00-18:00" in shown
    assert facts == {
        "upload": 2_000_000,
        "upload_windows": [
            {"window": "mon-fri 8:00-18:00", "bytes_per_second": 100_000},
            {"window": "0:00-6:00", "bytes_per_second": None},
        ],
        "download": 500_000,
        "low_priority": False,
    }
    csb(home, "limits", "set", "--upload", "none", "--no-upload-at").expect(0)
    assert (load_limits(home).upload, load_limits(home).upload_windows) == (None, ())


def test_setting_anything_needs_a_machine_that_is_set_up(home: Home) -> None:
    for arguments in (
        ("pause",), ("resume",), ("hooks", "set-before", "x"), ("hooks", "clear"),
        ("schedule", "set", "--every", "2h"), ("limits", "set", "--upload", "1M"),
    ):  # fmt: skip
        refused = csb(home, *arguments)
        assert (refused.code, "not-enrolled" in refused.err) == (2, True)

    assert load_pause(home) is None
    assert load_hooks(home) == Hooks()
    assert csb(home, "hooks", "--json").json["before"] == ""
