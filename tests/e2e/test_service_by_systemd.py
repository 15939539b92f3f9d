"""The service as systemd runs it: a real systemd, in namespaces, with our units as they are."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.booted import Booted, booted_machine, why_not
from support.file_systems import file_system, open_place
from support.installed import write_install
from support.processes import PASSWORD, Client, Server, start_server
from support.users import python_for_everybody

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

STATE = "/var/lib/csbackup"
PERSON_STATE = "/home/tests/.local/state/csbackup"
SOON = 60.0
TREE = ("/etc", "/opt", "/usr/local", "/var/lib/csbackup", "/root/.local", "/home")


@dataclass
class Device:
    """`csb` as it is installed on a machine that systemd runs."""

    machine: Booted
    server: Server
    person: bool = False
    before: frozenset[str] = frozenset()  # what was there before csb

    def run(self, *arguments: str, code: int | None = 0, **env: str) -> Any:
        """Its answer to `--json`, else what it said."""
        csb = "/home/tests/.local/bin/csb" if self.person else "/usr/local/bin/csb"
        done = self.machine.run(csb, *arguments, person=self.person, CSB_PASSWORD=PASSWORD, **env)
        assert code in (None, done.returncode), (done.returncode, done.stdout, done.stderr)
        if "--json" in arguments:
            return json.loads(done.stdout)
        return done.stdout + done.stderr

    def login(self, name: str) -> None:
        server = self.server
        self.run("login", server.url, "--account", "ada", "--device", name,
                 "--accept-pin", server.pin)  # fmt: skip

    def shell(self, script: str) -> str:
        done = self.machine.run("sh", "-ec", script)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def systemctl(self, *words: str) -> subprocess.CompletedProcess[str]:
        if not self.person:
            return self.machine.run("systemctl", *words)
        return self.machine.run(
            "systemctl", "--user", *words, person=True, XDG_RUNTIME_DIR="/run/user/54321"
        )

    def shown(self, name: str) -> str:
        return self.systemctl("show", "csbackup", f"--property={name}", "--value").stdout.strip()


def wait_for(what: Callable[[], object], seconds: float = SOON) -> None:
    ending = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < ending, "it did not come to pass"
        time.sleep(0.2)


@pytest.fixture(scope="module")
def ground() -> Iterator[Path]:
    """A folder that the machine has in common with us, and that everybody there may enter."""
    with open_place("csb-service-") as folder:
        yield folder


@pytest.fixture(scope="module")
def server(ground: Path) -> Iterator[Server]:
    with start_server(ground / "data") as running:
        Client(ground / "first", running.url, running.pin).register("ada", device="first")
        yield running


@pytest.fixture
def machine(ground: Path) -> Iterator[Booted]:
    with booted_machine(ground) as booted:
        yield booted


@pytest.fixture(scope="module")
def releases(ground: Path) -> Iterator[Path]:
    """Installed clients to copy to a machine: root's, and a person's."""
    tools = ground / "tools"
    tools.mkdir()
    with python_for_everybody(tools) as python:
        write_install(ground / "opt/csb", ground / "root-bin", python, state=STATE)
        write_install(ground / "home/csb", ground / "home-bin", python)
        yield ground


@pytest.fixture
def device(machine: Booted, server: Server, releases: Path) -> Device:
    """Root's, set up, with a folder chosen."""
    return set_up(Device(machine, server, before=files(machine)), releases)


def set_up(device: Device, releases: Path) -> Device:
    device.shell(
        f"cp -a {releases}/opt/csb /opt/csb && ln -s /opt/csb/csb /usr/local/bin/csb;"
        "mkdir /srv/papers && echo one > /srv/papers/one"
    )
    device.login(f"machine-{time.monotonic_ns()}")
    device.run("add", "/srv/papers")
    return device


@pytest.fixture
def persons(machine: Booted, server: Server, releases: Path) -> Device:
    """An ordinary person's, set up."""
    device = Device(machine, server, person=True, before=files(machine))
    device.shell(
        f"""
        mkdir -p /home/tests/.local/share /home/tests/.local/bin
        cp -a {releases}/home/csb /home/tests/.local/share/csb
        ln -s /home/tests/.local/share/csb/csb /home/tests/.local/bin/csb
        mkdir /home/tests/papers && echo one > /home/tests/papers/one
        chown -R -h 54321:54321 /home/tests
        """
    )
    device.login(f"person-{time.monotonic_ns()}")
    device.run("add", "/home/tests/papers")
    return device


def files(machine: Booted) -> frozenset[str]:
    """Every name there is where programs are installed and keep state, with kind and mode."""
    found = machine.run("find", *TREE, "-xdev", "-printf", "%y %m %p %l\\n").stdout.splitlines()
    return frozenset(found)


def manager(machine: Booted) -> Path:
    """What is there once the person's own systemd runs."""
    return Path(f"/proc/{machine.process}/root/run/user/54321/systemd/private")


def backed_up(device: Device) -> bool:
    return device.run("service", "status", "--json", code=None)["last_backup"] is not None


def test_the_service_of_a_machine_is_installed_runs_and_backs_up(device: Device) -> None:
    assert device.run("service", "status", "--json", code=2)["installed"] is False

    answer = device.run("service", "install", "--json")

    assert answer["running"] and answer["command"] == "/opt/csb/csb service run"
    assert device.shown("ActiveState") == "active"
    assert device.systemctl("is-enabled", "csbackup").stdout.strip() == "enabled"
    wait_for(lambda: backed_up(device))
    status = device.run("service", "status", "--json")
    assert status["process"] == int(device.shown("MainPID"))
    assert status["since"] and status["next_backup"] and not status["last_failure"]
    assert "Starts    by systemd" in device.run("service", "status")


def test_the_service_has_no_more_of_root_than_it_needs(device: Device) -> None:
    device.run("service", "install")
    process = device.shown("MainPID")

    told = dict(
        line.split(":\t") for line in device.shell(f"cat /proc/{process}/status").splitlines()
    )

    cap_sys_module, cap_net_admin, cap_sys_ptrace, cap_sys_rawio = 16, 12, 19, 17
    has = int(told["CapBnd"].strip(), 16)
    for capability in (cap_sys_module, cap_net_admin, cap_sys_ptrace, cap_sys_rawio):
        assert not has >> capability & 1
    assert told["NoNewPrivs"].strip() == "1"
    assert told["Seccomp"].strip() == "2"
    assert device.shell(f"cat /proc/{process}/oom_score_adj").strip() == "500"
    assert int(device.shell(f"ps -o ni= -p {process}")) >= 10


def test_the_service_comes_back_however_often_it_dies(device: Device) -> None:
    device.run("service", "install")
    device.shell(
        "mkdir -p /etc/systemd/system/csbackup.service.d;"
        "printf '[Service]\\nRestartSec=0.1\\n' > /etc/systemd/system/csbackup.service.d/a.conf;"
        "systemctl daemon-reload"
    )

    for number in range(8):  # systemd's own limit would be 5 within 10 seconds
        process = device.shown("MainPID")
        device.shell(f"kill -9 {process}")
        wait_for(lambda gone=process: device.shown("MainPID") not in (gone, "0"))  # type: ignore[misc]
        wait_for(lambda: device.shown("ActiveState") == "active")
        assert int(device.shown("NRestarts")) == number + 1

    assert "started anew 8 times" in device.run("service", "status", code=None)


def test_a_server_that_is_away_does_not_end_the_service(
    machine: Booted, ground: Path, releases: Path
) -> None:
    with start_server(ground / "data-away") as server:
        Client(ground / "second", server.url, server.pin).register("ada", device="first")
        device = set_up(Device(machine, server), releases)

    device.run("service", "install")
    wait_for(lambda: device.run("service", "status", "--json", code=None)["last_failure"])

    status = device.run("service", "status", "--json", code=1)
    assert status["running"] and status["last_failure"]["code"] == "server-unreachable"
    assert device.shown("NRestarts") == "0"
    assert "[server-unreachable]" in device.run("service", "status", code=1)


def test_stopping_ends_a_backup_within_seconds(device: Device) -> None:
    device.shell("head -c 1500000000 /dev/urandom > /srv/papers/big")
    device.run("service", "install")
    wait_for(lambda: device.shell("ls -A /var/lib/csbackup").count("journal.db"))
    time.sleep(1)

    begun = time.monotonic()
    device.run("service", "stop")
    took = time.monotonic() - begun

    assert took < 30, "systemd would have to kill it after 90 seconds"
    assert device.shown("Result") == "success"
    assert device.shown("ActiveState") == "inactive"
    assert device.run("service", "status", "--json", code=1)["running"] is False
    device.run("service", "start")
    assert device.shown("ActiveState") == "active"


def run_within(device: Device, script: str) -> None:
    """Run something in a unit that is ours but for what it runs."""
    unit = device.run("service", "install", "--print")
    unit = unit.replace("ExecStart=/opt/csb/csb service run", f'ExecStart=sh -ec "{script}"')
    unit = unit.replace("Type=notify", "Type=oneshot").replace("Restart=always", "Restart=no")
    unit = unit.replace("[Service]", f'[Service]\nEnvironment="CSB_PASSWORD={PASSWORD}"')
    file = "/run/systemd/system/within.service"
    device.machine.run("sh", "-c", f'printf %s "$UNIT" > {file}', UNIT=unit)
    started = device.machine.run("systemctl", "start", "within")
    assert started.returncode == 0, device.machine.journal()


def test_within_the_unit_everything_can_be_read_and_given_back(device: Device) -> None:
    device.shell(
        """
        cd /srv/papers
        mknod null c 1 3; mkfifo pipe; echo x > theirs; chown 54321:54321 theirs; chmod 400 theirs
        echo x > setuid; chmod 6755 setuid
        echo x > capable; setcap cap_net_raw+ep capable
        setfattr -n trusted.csb -v secret one
        """
    )

    run_within(device, "/opt/csb/csb backup && /opt/csb/csb restore /srv/papers --to /srv/back")

    listing = "cd {}; stat -c '%n %a %u %g %F %t %T' *; getcap capable; getfattr -m - -d -- one"
    assert device.shell(listing.format("/srv/papers")) == device.shell(
        listing.format("/srv/back/papers")
    )


def test_within_the_unit_a_btrfs_can_hold_still(server: Server, releases: Path) -> None:
    with file_system(releases, "btrfs") as disk, booted_machine(releases) as machine:
        (disk / "data").mkdir()
        (disk / "data/file").write_text("content")
        mounted = subprocess.check_output(["findmnt", "-no", "SOURCE", disk], text=True).strip()
        numbers = Path(mounted).stat().st_rdev
        device = set_up(Device(machine, server), releases)
        device.shell(
            f"[ -e {mounted} ] || mknod {mounted} b {os.major(numbers)} {os.minor(numbers)}"
        )
        device.run("add", str(disk / "data"))

        run_within(device, "/opt/csb/csb backup --json > /srv/told.json")

        told = json.loads(device.shell("cat /srv/told.json"))
        froms = {one["path"]: one["read_from"] for one in told["stills"]}
        assert froms[str(disk / "data")] == "btrfs" and told["problems"] == []
        device.run("uninstall", "--purge", "--yes")
        assert [path.name for path in disk.iterdir()] == ["data"]


def test_a_machine_is_as_before_after_csb_is_gone(device: Device) -> None:
    device.run("service", "install")
    wait_for(lambda: backed_up(device))
    device.shell("mkdir -p /etc/systemd/system/csbackup.service.d;"
                 "echo > /etc/systemd/system/csbackup.service.d/override.conf")  # fmt: skip
    shown = device.run("uninstall", "--purge", "--dry-run", "--json")

    answer = device.run("uninstall", "--purge", "--yes", "--json")

    assert answer["problems"] == [] and answer["not_empty"] == []
    assert [one["path"] for one in shown["going"]] == answer["removed"]
    assert files(device.machine) == device.before
    assert device.systemctl("is-active", "csbackup").stdout.strip() == "inactive"
    assert device.systemctl("cat", "csbackup").returncode != 0


def test_what_is_to_stay_stays_and_another_installation_goes_on(
    device: Device, releases: Path
) -> None:
    device.run("service", "install")
    wait_for(lambda: backed_up(device))

    device.run("uninstall", "--keep-state", "--yes")

    assert device.shell("ls -d /opt/csb /usr/local/bin/csb 2>/dev/null || true") == ""
    device.shell(
        f"cp -a {releases}/opt/csb /opt/csb && ln -s /opt/csb/csb /usr/local/bin/csb;"
        "echo two > /srv/papers/two"
    )
    assert device.run("backup", "--json")["sequence"] == 2


def test_a_device_can_be_ended_on_the_server_when_csb_goes(device: Device) -> None:
    name = next(
        line.split()[1]
        for line in device.run("status", code=None).splitlines()
        if line.startswith("Device")
    )

    device.run("uninstall", "--purge", "--revoke", "--yes")

    listed = json.loads(device.server.admin("devices", "--json").out)
    assert [one["state"] for one in listed if one["device"] == name] == ["revoked"]


def test_a_persons_service_needs_their_session_or_lingering(persons: Device) -> None:
    answer = persons.run("service", "install", "--json", code=1)
    assert answer["running"] is False and answer["for"] == "person"
    assert "loginctl enable-linger tests" in persons.run("service", "install", code=1)
    assert "[no-service-manager]" in persons.run("service", "start", code=2)

    persons.shell("loginctl enable-linger tests")

    wait_for(lambda: persons.shown("ActiveState") == "active")
    wait_for(lambda: backed_up(persons))
    status = persons.run("service", "status", "--json")
    assert status["running"] and status["since"]
    assert persons.run("service", "install", "--json")["without_session"] is True


def test_a_persons_home_is_as_before_after_csb_is_gone(persons: Device) -> None:
    persons.shell("loginctl enable-linger tests")
    wait_for(lambda: manager(persons.machine).exists())
    persons.run("service", "install")
    wait_for(lambda: backed_up(persons))

    persons.run("uninstall", "--purge", "--yes")

    made = {line.replace("d 755 /home/tests/papers ", "") for line in files(persons.machine)}
    rest = made - persons.before
    assert sorted(path.split()[2] for path in rest if path) == ["/home/tests/papers/one"]
    assert persons.shown("ActiveState") == "inactive"
