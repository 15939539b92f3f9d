"""From the server's page to an installed client, on a machine that has nothing of ours."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from csbackup.format.releases import read_manifest
from support.processes import Server, start_server
from support.released import Machine, cutting_proxy, make_release, with_tools
from support.restoring import NOBODY, ROOT, open_place

HERE = {"x86_64": "linux-amd64", "aarch64": "linux-arm64", "armv7l": "linux-armv7"}
TARGET = HERE.get(platform.machine(), "none")
TOOLS = (
    "sh", "cat", "uname", "id", "mkdir", "rm", "df", "tail", "head", "awk", "sort", "sync", "mv",
    "ln", "chmod", "tar", "gzip", "grep", "readlink", "dirname", "sleep", "cp", "sha256sum", "env",
)  # fmt: skip

pytestmark = pytest.mark.skipif(TARGET == "none", reason="no client is made for this machine")


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    with open_place() as folder:
        yield folder


@pytest.fixture(scope="module")
def server(place: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    release = make_release(tmp_path_factory.mktemp("made"), gzipped=True, weight=300_000)
    with start_server(tmp_path_factory.mktemp("data") / "data") as running:
        running.admin("releases", "add", str(release))
        yield running


@pytest.fixture
def machine(place: Path, request: pytest.FixtureRequest) -> Iterator[Machine]:
    made = Machine(place / re.sub(r"\W", "-", request.node.name)[:60])
    yield made
    shutil.rmtree(made.home, ignore_errors=True)


def begin(server: Server) -> Any:
    answer = httpx.post(f"{server.url}/api/v1/downloads", json={}, verify=False)
    assert answer.status_code == 201, answer.text
    return answer.json()


def fetch(server: Server, path: str) -> bytes:
    answer = httpx.get(f"{server.url}{path}", verify=False)
    assert answer.status_code == 200, answer.text
    return answer.content


def script_of(server: Server, machine: Machine, **changed: str) -> str:
    """The installer in a file on that machine, with something in it changed; how it is run."""
    text = fetch(server, f"/i/{begin(server)['code']}").decode()
    for old, new in changed.items():
        assert old in text
        text = text.replace(old, new)
    return give(machine, "install.sh", text.encode())


def give(machine: Machine, name: str, content: bytes) -> str:
    path = machine.home.parent / f"{machine.home.name}-{name}"
    path.write_bytes(content)
    path.chmod(0o644)
    return str(path)


def parcel(server: Server, ending: str) -> tuple[Any, Any]:
    download = begin(server)
    found = next(
        one for one in download["files"] if one["target"] == TARGET and one["name"].endswith(ending)
    )
    return download, found


# --- it works -------------------------------------------------------------------------------------


def test_one_line_installs_the_client_for_an_ordinary_person(
    server: Server, machine: Machine
) -> None:
    download = begin(server)

    said = machine.shell(download["command"]).out

    assert "Installing csb 1.4.0" in said
    assert machine.shell(f"{machine.csb} version").out.startswith("csb ")
    assert (machine.installed / "current").read_text() == "1.4.0\n"
    remembered = json.loads((machine.state / "server.json").read_text())
    assert remembered == {"url": server.url, "pin": server.pin, "code": download["code"]}
    assert (machine.state / "server.json").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (machine.installed / "versions").iterdir()) == ["1.4.0"]


def test_what_was_installed_can_enrol_without_the_address_or_pin(
    server: Server, machine: Machine
) -> None:
    machine.shell(begin(server)["command"])

    machine.shell(
        f"CSB_PASSWORD='correct horse battery staple' {machine.csb} register --account lina"
    )

    assert "lina" in server.admin("devices").out


def test_a_run_file_carries_everything(server: Server, machine: Machine) -> None:
    download, found = parcel(server, ".run")
    content = fetch(server, found["path"])
    run = give(machine, "csb.run", content)

    machine.shell(f"sh {run}")

    assert len(content) == found["size"]
    assert machine.shell(f"{machine.csb} version").out.startswith("csb ")
    assert json.loads((machine.state / "server.json").read_text())["code"] == download["code"]


def test_a_tar_file_holds_the_signed_file_unchanged(server: Server, machine: Machine) -> None:
    _, found = parcel(server, ".tar")
    archive = give(machine, "csb.tar", fetch(server, found["path"]))

    machine.shell(f"tar -xf {archive} && sh csb-1.4.0/install.sh")

    assert machine.shell(f"{machine.csb} version").out.startswith("csb ")
    signed = fetch(server, f"/releases/1.4.0/csb-1.4.0-{TARGET}.tar.xz")
    with tarfile.open(archive) as opened:
        inside = opened.extractfile(f"csb-1.4.0/csb-1.4.0-{TARGET}.tar.xz")
        manifest = opened.extractfile("csb-1.4.0/manifest.json")
        assert inside is not None
        assert manifest is not None
        assert inside.read() == signed
        assert read_manifest(manifest.read()).files[TARGET].sha256 == found["sha256"]


def test_installing_again_changes_nothing_and_a_newer_release_updates(
    server: Server, machine: Machine, tmp_path: Path
) -> None:
    machine.shell(begin(server)["command"])
    again = machine.shell(begin(server)["command"]).out
    newer = make_release(tmp_path, "1.10.0")
    server.admin("releases", "add", str(newer))
    try:
        updated = machine.shell(begin(server)["command"]).out
        server.admin("releases", "remove", "1.10.0")
        back = machine.shell(begin(server)["command"]).out
    finally:
        server.admin("releases", "remove", "1.10.0", code=None)

    assert "is in" in again
    assert "Installing csb 1.10.0" in updated
    assert "newer than 1.4.0. It stays" in back
    assert (machine.installed / "current").read_text() == "1.10.0\n"
    assert machine.shell(f"{machine.csb} version").out.startswith("csb ")


@pytest.mark.skipif(not ROOT, reason="only root can look like root")
def test_root_installs_for_the_whole_machine(server: Server, tmp_path: Path) -> None:
    script = tmp_path / "install.sh"
    script.write_bytes(fetch(server, f"/i/{begin(server)['code']}"))
    hidden = (
        "mount -t tmpfs none /opt; mount -t tmpfs none /usr/local/bin; mount -t tmpfs none /var/lib"
    )
    looks = (
        "readlink /usr/local/bin/csb; /usr/local/bin/csb version; cat /var/lib/csbackup/server.json"
    )

    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", f"{hidden}; sh {script}; {looks}"],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert "\n/opt/csb/csb\ncsb " in done.stdout
    assert server.pin in done.stdout


# --- what a machine may lack ----------------------------------------------------------------------


@pytest.mark.parametrize(
    "more",
    [("curl", "xz"), ("wget", "xz"), ("curl",)],
    ids=["curl and xz", "wget and xz", "curl without xz"],
)
def test_few_tools_are_enough(server: Server, machine: Machine, more: tuple[str, ...]) -> None:
    path = with_tools(machine.home.parent / f"{machine.home.name}-tools", (*TOOLS, *more))
    script = script_of(server, machine)

    machine.path = path
    machine.shell(f"sh {script}")

    assert machine.shell(f"{machine.csb} version").out.startswith("csb ")


@pytest.mark.skipif(not Path("/bin/busybox").exists(), reason="busybox is not there")
def test_the_tools_of_busybox_are_enough(server: Server, machine: Machine) -> None:
    busy = tuple(one for one in TOOLS if one not in ("sh", "env")) + ("xz", "ash")
    path = with_tools(
        machine.home.parent / f"{machine.home.name}-tools", ("env", "curl"), busybox=busy
    )
    script = script_of(server, machine)

    machine.path = path
    machine.shell(f"/bin/busybox ash {script}")

    assert machine.shell(f"{machine.csb} version").out.startswith("csb ")


def test_without_curl_and_wget_it_says_so(server: Server, machine: Machine) -> None:
    path = with_tools(machine.home.parent / f"{machine.home.name}-tools", (*TOOLS, "xz"))
    script = script_of(server, machine)

    machine.path = path
    said = machine.shell(f"sh {script}", code=2).err

    assert "curl or wget is needed" in said
    assert machine.has_nothing_installed()


def test_a_run_file_for_another_machine_says_so(server: Server, machine: Machine) -> None:
    other = next(one for one in HERE.values() if one != TARGET)
    download = begin(server)
    found = next(
        one for one in download["files"] if one["target"] == other and one["name"].endswith(".run")
    )
    run = give(machine, "other.run", fetch(server, found["path"]))

    said = machine.shell(f"sh {run}", code=2).err

    assert "this is not the client for Linux on" in said
    assert machine.has_nothing_installed()


# --- what can go wrong ----------------------------------------------------------------------------


def test_another_file_than_the_signed_one_is_not_installed(
    server: Server, machine: Machine
) -> None:
    with httpx.Client(verify=False) as client:
        files = client.get(f"{server.url}/api/v1/releases").json()["files"]
    hashes = {one["sha256"]: "0" * 64 for one in files}
    script = script_of(server, machine, **hashes)

    said = machine.shell(f"sh {script}", code=2).err

    assert "is not the file that this script was made for" in said
    assert machine.has_nothing_installed()


def test_a_damaged_run_file_is_not_installed(server: Server, machine: Machine) -> None:
    content = bytearray(fetch(server, parcel(server, ".run")[1]["path"]))
    content[-1000] ^= 1
    cut = give(machine, "cut.run", bytes(content[:-1000]))
    changed = give(machine, "changed.run", bytes(content))

    for run in (cut, changed):
        said = machine.shell(f"sh {run}", code=2).err
        assert "is not the file that this script was made for" in said
        assert machine.has_nothing_installed()


def test_a_download_that_breaks_off_for_good_ends_clearly(server: Server, machine: Machine) -> None:
    with cutting_proxy(server.port, 60_000) as port:
        script = script_of(
            server, machine, **{f"url='{server.url}'": f"url='https://127.0.0.1:{port}'"}
        )
        said = machine.shell(f"sh {script}", code=2).err

    assert "could not be fetched whole" in said
    assert machine.has_nothing_installed()


def test_a_download_that_breaks_off_goes_on_where_it_stopped(
    server: Server, machine: Machine
) -> None:
    with cutting_proxy(server.port, 150_000) as port:
        script = script_of(
            server, machine, **{f"url='{server.url}'": f"url='https://127.0.0.1:{port}'"}
        )
        machine.shell(f"sh {script}")

    assert machine.shell(f"{machine.csb} version").out.startswith("csb ")


def test_a_man_in_the_middle_is_found_at_both_steps(
    server: Server, machine: Machine, tmp_path: Path
) -> None:
    download = begin(server)
    with start_server(tmp_path / "other") as other:
        command = download["command"].replace(server.url, other.url)
        first = machine.shell(command, code=None)
        script = script_of(server, machine, **{f"url='{server.url}'": f"url='{other.url}'"})
        second = machine.shell(f"sh {script}", code=2).err

    assert "pinnedpubkey" in first.err or "(90)" in first.err
    assert "Somebody may stand in between" in second
    assert machine.has_nothing_installed()


def test_a_code_that_is_over_says_so_and_ends_with_2(server: Server, machine: Machine) -> None:
    download = begin(server)
    command = download["command"].replace(download["code"], "abcdefghjkmn")

    said = machine.shell(command, code=2).err

    assert "this download is over" in said
    assert machine.has_nothing_installed()


@pytest.mark.skipif(not ROOT, reason="only root can make a small disk")
@pytest.mark.parametrize("told", [True, False], ids=["told before", "found out"])
def test_without_space_nothing_is_installed(
    server: Server, machine: Machine, *, told: bool
) -> None:
    script = Path(script_of(server, machine))
    if not told:
        lie = "set -eu\ndf() { echo 1 2 3 99999999; }\n"
        script.write_text(script.read_text().replace("set -eu\n", lie, 1))
    small = ("mount", "-t", "tmpfs", "-o", f"size=500k,mode=755,uid={NOBODY}", "none")
    subprocess.run([*small, machine.home], check=True)
    try:
        said = machine.shell(f"sh {script}", code=2).err
        left = machine.has_nothing_installed()
    finally:
        subprocess.run(["umount", machine.home], check=True)

    assert "Nothing was installed" in said
    assert "space" in said
    assert left


def test_a_client_that_does_not_start_here_is_not_installed(
    server: Server, machine: Machine, tmp_path: Path
) -> None:
    broken = make_release(
        tmp_path, "1.5.0", program="#!/bin/sh\necho Illegal instruction >&2; exit 132\n"
    )
    machine.shell(begin(server)["command"])
    server.admin("releases", "add", str(broken))
    try:
        said = machine.shell(begin(server)["command"], code=2).err
    finally:
        server.admin("releases", "remove", "1.5.0")

    assert "does not start on this machine" in said
    assert "Illegal instruction" in said
    assert (machine.installed / "current").read_text() == "1.4.0\n"
    assert sorted(path.name for path in (machine.installed / "versions").iterdir()) == ["1.4.0"]
