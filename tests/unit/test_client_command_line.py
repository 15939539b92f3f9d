"""The command line without a server: what it prints, refuses, remembers, and decides."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from csbackup.client.backup.context import BackupResult
from csbackup.client.cli.backup import exit_code
from csbackup.client.cli.output import age, iso, name_fields, printable, size
from csbackup.client.cli.program import COMMANDS
from csbackup.client.config import Home
from csbackup.client.keyring import EnrolledDevice, save_device
from csbackup.client.last_run import LastRun, load_last_run, save_last_run
from csbackup.client.problems import Problem, grouped
from csbackup.client.settings import load_settings
from csbackup.format.ids import AccountId, DeviceId
from csbackup.format.keys import account_keys
from support.processes import Result, clean_environment, run_program

HOUR = 3600 * 1_000_000_000
PIN = "ab" * 32


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "state")


def device() -> EnrolledDevice:
    account = AccountId(b"a" * 16)
    return EnrolledDevice(
        "http://127.0.0.1:9", "", "anna", "laptop", account, DeviceId(b"d" * 16), 1,
        account_keys(b"m" * 32, account).device, b"s" * 32, b"x" * 32, "csbd_t",
    )  # fmt: skip


def csb(home: Home, *arguments: str, folder: Path | None = None, **more: str) -> Result:
    env = clean_environment(CSB_HOME=str(home.path), COLUMNS="120", **more)
    return run_program("csb", *arguments, env=env, folder=folder)


# --- the program ---


def test_help_shows_every_command_and_an_example(home: Home) -> None:
    shown = csb(home, "--help")

    assert shown.code == 0
    assert "csb register https://nas.local:8443 --account anna" in shown.out
    for command in ("register", "login", "backup", "restore", "accept-server", "service"):
        assert command in shown.out


@pytest.mark.parametrize("command", [name for name in COMMANDS if name != "service"])
def test_every_command_explains_itself(home: Home, command: str) -> None:
    shown = csb(home, command, "--help")

    assert shown.code == 0
    assert shown.out.startswith(f"Usage: csb {command}")
    assert "--json" in shown.out


def test_help_imports_nothing_heavy() -> None:
    probe = (
        "import sys\nfrom csbackup.client.cli.program import program\n"
        "program.main(['--help'], standalone_mode=False)\n"
        "print([m for m in ('urllib3', 'cryptography', 'rich', 'zstandard') if m in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True, check=True)

    assert ran.stdout.splitlines()[-1] == "[]"


def test_the_version_is_told(home: Home) -> None:
    assert csb(home, "version").out.startswith("csb ")
    assert csb(home, "version", "--json").json["protocol"] == 1


@pytest.mark.parametrize(
    "arguments",
    [("backup",), ("status",), ("snapshots",), ("ls",), ("restore",), ("add", "/"),
     ("backup", "--dry-run"), ("accept-server",), ("password",), ("service", "run")],
)  # fmt: skip
def test_a_machine_that_is_not_set_up_says_how_to(home: Home, arguments: tuple[str, ...]) -> None:
    refused = csb(home, *arguments)

    assert refused.code == 2
    assert "not set up yet" in refused.err
    assert len(refused.err.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("register", "http://nas.local", "--account", "a"), "not encrypted"),
        (("register", "https://nas", "--account", "a", "--accept-pin", "12"), "not a pin"),
        (("register", "--account", "a"), "Say which server"),
        (("register", "https://127.0.0.1:9", "--account", "a"), "not trusted yet"),
        (("register", "https://127.0.0.1:9", "--account", "a", "--accept-pin", PIN), "No answer"),
        (("restore", "http://127.0.0.1:9"), "Say whose backups"),
        (("restore", "--nonsense"), "No such option"),
        (("nonsense",), "No such command"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    home: Home, arguments: tuple[str, ...], why: str
) -> None:
    refused = csb(home, *arguments)

    assert refused.code == 2
    assert why in refused.err
    assert "Traceback" not in refused.said
    assert refused.out == ""


def test_the_address_may_come_with_the_download(home: Home) -> None:
    home.write("server.json", json.dumps({"url": "https://127.0.0.1:9", "pin": PIN}).encode())

    assert "No answer from https://127.0.0.1:9" in csb(home, "register", "--account", "a").err


# --- choosing folders ---


def test_folders_are_added_and_removed(home: Home, tmp_path: Path) -> None:
    save_device(home, device())
    for name in ("docs/inner", "pictures"):
        (tmp_path / name).mkdir(parents=True)

    csb(home, "add", "docs/inner", "pictures/", folder=tmp_path).expect(0)
    added = csb(home, "add", str(tmp_path / "docs"), "--one-file-system", "--json").json
    removed = csb(home, "remove", "pictures", "--json", folder=tmp_path).json

    assert added["roots"] == [str(tmp_path / "pictures"), str(tmp_path / "docs")]
    assert added["one_file_system"] is True
    assert removed["roots"] == [str(tmp_path / "docs")]
    settings = load_settings(home)
    assert settings is not None
    assert settings.roots == (os.fsencode(tmp_path / "docs"),)


def test_who_adds_a_link_hears_that_it_is_one(home: Home, tmp_path: Path) -> None:
    save_device(home, device())
    (tmp_path / "real folder").mkdir()
    (tmp_path / "link").symlink_to("real folder")

    added = csb(home, "add", str(tmp_path / "link")).expect(0)

    assert f"csb add '{tmp_path}/real folder'" in added.err


def test_a_folder_inside_another_one_is_not_added_twice(home: Home, tmp_path: Path) -> None:
    save_device(home, device())
    (tmp_path / "docs/inner").mkdir(parents=True)

    added = csb(home, "add", "docs", "docs/inner", "--json", folder=tmp_path).json

    assert added["roots"] == [str(tmp_path / "docs")]


def test_a_path_that_does_not_exist_is_not_added(home: Home, tmp_path: Path) -> None:
    save_device(home, device())

    refused = csb(home, "add", str(tmp_path / "no\nwhere"))

    assert refused.code == 2
    assert "no\\nwhere does not exist" in refused.err
    assert load_settings(home) is None


def test_patterns_are_excluded_and_taken_back(home: Home) -> None:
    save_device(home, device())

    csb(home, "exclude", "*.iso", "/build/", "--no-defaults").expect(0)
    shown = csb(home, "exclude", "--remove", "*.iso", "--json").json
    refused = csb(home, "exclude", "--remove", "*.iso")

    assert (shown["exclusions"], shown["default_exclusions"]) == (["/build/"], False)
    assert (refused.code, "is not excluded" in refused.err) == (2, True)


@pytest.mark.parametrize("pattern", ["!", "[z-a]", "ends\\", "# a comment", " "])
def test_a_pattern_that_says_nothing_is_refused_at_once(home: Home, pattern: str) -> None:
    save_device(home, device())

    refused = csb(home, "exclude", "*.iso", pattern)

    assert (refused.code, "cannot be excluded" in refused.err) == (2, True)
    assert csb(home, "exclude", "--json").json["exclusions"] == []


def test_a_backup_of_nothing_says_what_to_do(home: Home) -> None:
    save_device(home, device())

    assert "csb add PATH" in csb(home, "backup").err


def test_a_server_that_is_away_is_said_and_remembered(home: Home, tmp_path: Path) -> None:
    save_device(home, device())
    csb(home, "add", str(tmp_path)).expect(0)

    refused = csb(home, "backup")
    status = csb(home, "status", "--json")

    assert (refused.code, status.code) == (2, 1)
    assert refused.err.startswith("csb: No answer from http://127.0.0.1:9")
    assert status.json["server_reachable"] is False
    assert "No answer" in status.json["failure"]


# --- how the last run ended ---


def test_the_last_run_is_kept_and_damage_to_it_is_nothing(home: Home) -> None:
    groups = grouped([Problem("read-error", b"/\xff", "no")])
    run = LastRun(2, 1, "why", b"i" * 32, 7, 5, 6, 0.5, 3, 1, (b"/r\xff",), groups, "code", 2)
    save_last_run(home, run)
    assert load_last_run(home) == run

    home.write("last-run.json", b"{")
    assert load_last_run(home) is None


# --- printing ---


def test_times_are_printed_in_utc_to_the_nanosecond() -> None:
    assert iso(0) == "1970-01-01T00:00:00Z"
    assert iso(1_700_000_000_120_000_000) == "2023-11-14T22:13:20.12Z"
    assert iso(-1) == "1969-12-31T23:59:59.999999999Z"
    assert iso(2**62)


def test_sizes_and_ages_are_for_people() -> None:
    assert [size(n) for n in (0, 999, 1000, 99_449, 100_000, 10**9)] == [
        "0 B", "999 B", "1.0 kB", "99.4 kB", "100 kB", "1.0 GB",
    ]  # fmt: skip
    assert [age(n) for n in (5, 60, 7200, 86400)] == [
        "just now", "1 minute ago", "2 hours ago", "1 day ago",
    ]  # fmt: skip


def test_names_cannot_write_to_the_terminal() -> None:
    assert printable(b"a\x1b[31m\nb\xff") == "a\\x1b[31m\\nb\\xff"
    assert name_fields("müll".encode()) == {"name": "müll"}
    assert name_fields(b"\xff") == {"name": "\ufffd", "name_hex": "ff"}


def test_only_problems_that_count_change_the_exit_code() -> None:
    def result(*problems: Problem) -> BackupResult:
        return BackupResult(b"i" * 32, 1, 0, 0, 0, 0, 0, 1.0, problems, 0.1)

    assert exit_code(result()) == 0
    assert exit_code(result(Problem("read-error", b"/x", "no", ignored=True))) == 0
    assert exit_code(result(Problem("read-error", b"/x", "no"))) == 1
