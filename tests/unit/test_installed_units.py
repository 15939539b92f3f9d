"""The units that systemd runs the service by."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from csbackup.client.installed.layout import changed_by_others, command_of, find_layout
from csbackup.client.installed.systemd import Systemd, Unit, read_unit
from csbackup.client.installed.unit import render_unit
from csbackup.client.platform.commands import Answer, run_command
from csbackup.client.platform.telling import tell_supervisor
from csbackup.errors import PathProblem

ODD = "a b%h$HOME é"
ODDER = f"{ODD} \"q' \\n"


def unit(*, for_root: bool = True, command: str = "/opt/csb/csb", state: str = "/var/lib/x") -> str:
    return render_unit(
        for_root=for_root, command=(command,), state=Path(state), device="device.json"
    )


@pytest.mark.parametrize("for_root", [True, False])
def test_a_unit_never_gives_up_and_waits_for_no_network(for_root: bool) -> None:
    lines = unit(for_root=for_root).splitlines()

    assert {"Restart=always", "StartLimitIntervalSec=0", "NoNewPrivileges=yes"} <= set(lines)
    assert "ExecStart=/opt/csb/csb service run" in lines
    assert "Environment=CSB_HOME=/var/lib/x" in lines
    assert "ConditionPathExists=/var/lib/x/device.json" in lines
    assert not [line for line in lines if "network-online" in line or "@" in line.split("#")[0][:1]]


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
@pytest.mark.parametrize("for_root", [True, False])
@pytest.mark.parametrize("odd", [False, True])
def test_systemd_finds_nothing_wrong_with_a_unit(tmp_path: Path, for_root: bool, odd: bool) -> None:
    program = tmp_path / (ODD if odd else "plain") / "csb"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    file = tmp_path / "csbackup.service"
    state = tmp_path / (ODDER if odd else "state")
    file.write_text(unit(for_root=for_root, command=str(program), state=str(state)))

    found = run_command(
        ("systemd-analyze", "verify", "--man=no", *(() if for_root else ("--user",)), str(file)),
        {"XDG_RUNTIME_DIR": str(tmp_path)},
    )

    ours = [line for line in found.error.splitlines() if "csbackup" in line]
    assert (found.code, ours) == (0, [])


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_the_unit_of_a_machine_is_narrower_than_one_that_asks_for_nothing(tmp_path: Path) -> None:
    """systemd's own score: 9.6 for a unit that leaves everything open."""
    file = tmp_path / "csbackup.service"
    file.write_text(unit(command="/bin/true"))

    told = run_command(
        ("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=60", str(file))
    )

    if "offline" in told.error:
        pytest.skip("this systemd scores running units only")
    assert told.fine, told.out.splitlines()[-1]


def test_a_path_that_no_unit_can_hold_is_refused() -> None:
    with pytest.raises(PathProblem, match="not printed"):
        unit(state="/var/lib/two\nlines")
    with pytest.raises(PathProblem, match="quotes"):
        unit(command=f"/opt/{ODDER}/csb")


def test_paths_follow_the_person_and_their_settings(tmp_path: Path) -> None:
    usual = find_layout({"HOME": "/home/anna"}, tmp_path, for_root=False)
    chosen = find_layout(
        {"HOME": "/home/anna", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "/d"},
        tmp_path,
        for_root=False,
    )
    root = find_layout({"HOME": "/root", "CSB_INSTALL_HOME": "/usr/csb"}, tmp_path, for_root=True)

    assert str(usual.unit) == "/home/anna/.config/systemd/user/csbackup.service"
    assert str(usual.start) == "/home/anna/.local/share/csb/csb"
    assert (str(chosen.units), str(chosen.install)) == ("/c/systemd/user", "/d/csb")
    assert (str(root.start), str(root.link)) == ("/usr/csb/csb", "/usr/local/bin/csb")
    assert str(root.wanted) == "/etc/systemd/system/multi-user.target.wants/csbackup.service"


def test_what_systemd_shows_is_understood() -> None:
    shown = (
        "MainPID=812\nNRestarts=3\nActiveState=active\nSubState=running\n"
        "ActiveEnterTimestamp=Thu 2026-11-26 18:07:50 UTC\n"
    )

    assert read_unit(shown) == Unit("active", 812, 3, 1795716470 * 10**9)
    assert read_unit("ActiveState=inactive\nMainPID=0\n") == Unit("inactive")
    assert read_unit("") == Unit()


def test_a_person_without_a_session_is_asked_through_their_own_folder(tmp_path: Path) -> None:
    asked: list[tuple[str, ...]] = []

    def run(command: object) -> Answer:
        asked.append(tuple(command))  # type: ignore[arg-type]
        return Answer(1, error="Failed to connect to bus: No medium found")

    layout = find_layout({"HOME": str(tmp_path)}, tmp_path, for_root=False)
    systemd = Systemd(layout, run, runtime=tmp_path)

    assert not systemd.answers()
    words = asked[0]
    assert words[-4:] == ("systemctl", "--user", "show", "--property=Version")
    if "XDG_RUNTIME_DIR" not in os.environ:
        assert words[:2] == ("env", f"XDG_RUNTIME_DIR={tmp_path}")
    assert systemd.look() == Unit()


def test_a_program_that_is_not_there_is_an_answer() -> None:
    assert run_command(("csb-there-is-none",)).code == 127
    assert run_command(("sh", "-c", "echo one >&2; echo two >&2; exit 3")).reason == "two"


def test_the_supervisor_is_told_where_there_is_one(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "ear"))
        ear.settimeout(5)

        tell_supervisor("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "ear")})

        assert ear.recv(100) == b"READY=1"
    tell_supervisor("READY=1", {"NOTIFY_SOCKET": str(tmp_path / "ear")})
    tell_supervisor("READY=1", {})


def test_a_unit_is_replaced_as_a_whole_and_wanted_once(tmp_path: Path) -> None:
    layout = find_layout({"HOME": str(tmp_path)}, tmp_path / "state", for_root=False)
    systemd = Systemd(layout)

    systemd.install("one")
    systemd.install("two")

    assert layout.unit.read_text() == "two"
    assert layout.wanted.resolve() == layout.unit
    assert systemd.is_installed() and systemd.is_enabled()
    assert len(list(layout.units.iterdir())) == 2
    assert subprocess.run(["stat", "-c", "%a", layout.unit], capture_output=True).stdout == b"644\n"


def test_the_start_script_says_where_an_installation_lies(tmp_path: Path) -> None:
    (tmp_path / "csb").write_text("#!/bin/sh\n")
    environment = {"HOME": "/home/anna", "CSB_INSTALL": str(tmp_path), "CSB_INSTALL_BIN": "/bin"}

    layout = find_layout(environment, tmp_path, for_root=False)

    assert layout.install == tmp_path and str(layout.link) == "/bin/csb"
    assert command_of(layout, environment) == (str(tmp_path / "csb"),)
    assert command_of(layout, {})[0] != str(tmp_path / "csb"), "another copy asks for itself"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root's files are root's")
def test_root_starts_nothing_that_others_may_change(tmp_path: Path) -> None:
    program = tmp_path / "folder/csb"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\n")
    safe = changed_by_others(program)
    program.parent.chmod(0o777)
    by_folder = changed_by_others(program)
    program.parent.chmod(0o755)
    os.chown(program, 54321, 54321)
    (tmp_path / "link").symlink_to(program)

    assert (safe, by_folder) == (None, program.parent)
    assert changed_by_others(program) == program
    assert changed_by_others(tmp_path / "link") is not None
