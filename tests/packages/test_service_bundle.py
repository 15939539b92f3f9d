"""What people install, run by a real systemd: from the bundle to a machine as it was before."""

from __future__ import annotations

import subprocess
import time
from pathlib import Path

import pytest

from support.booted import Booted, booted_machine, why_not
from support.file_systems import open_place
from support.packages import Packages, own_version
from support.processes import PASSWORD, Client, start_server

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())

PLACES = ("/opt", "/usr/local", "/etc", "/var/lib/csbackup", "/root/.local")
SECONDS = 120


def names(machine: Booted) -> set[str]:
    return set(machine.run("find", *PLACES, "-xdev").stdout.splitlines())


def lay_down(machine: Booted, bundle: Path) -> None:
    """As the installer does, without asking a server for it."""
    version = own_version()
    done = machine.run(
        "sh", "-ec",
        f"mkdir -p /opt/csb/versions; cp -a {bundle}/{version} /opt/csb/versions/;"
        f"cp {bundle}/{version}/start.sh /opt/csb/csb; chmod 755 /opt/csb/csb;"
        f"echo {version} > /opt/csb/current; chown -R 0:0 /opt/csb;"
        "ln -s /opt/csb/csb /usr/local/bin/csb; mkdir /srv/papers; echo 1 > /srv/papers/1",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr


def test_a_bundle_is_run_by_systemd_and_goes_without_a_trace(packages: Packages) -> None:
    with (
        open_place("csb-bundle-") as ground,
        start_server(ground / "data") as server,
        booted_machine(ground) as machine,
    ):
        Client(ground / "first", server.url, server.pin).register("ada", device="first")
        (ground / "bundle").mkdir()
        subprocess.run(["tar", "-xf", packages.tarball(), "-C", ground / "bundle"], check=True)
        before = names(machine)
        lay_down(machine, ground / "bundle")

        def csb(*arguments: str) -> str:
            done = machine.run("/usr/local/bin/csb", *arguments, CSB_PASSWORD=PASSWORD)
            assert done.returncode == 0, (done.stdout, done.stderr)
            return done.stdout

        csb("login", server.url, "--account", "ada", "--device", "box", "--accept-pin", server.pin)
        csb("add", "/srv/papers")
        csb("service", "install")
        ending = time.monotonic() + SECONDS
        while '"last_backup": null' in csb("service", "status", "--json"):
            assert time.monotonic() < ending, machine.journal()
            time.sleep(0.5)
        assert machine.property("NRestarts") == "0"

        csb("uninstall", "--purge", "--yes")

        assert names(machine) == before
