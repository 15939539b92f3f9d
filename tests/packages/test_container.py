"""The server as a container: what the image holds, how it is confined, that it does its work."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.containers import IMAGE, VERSION, Container, Engine, need_engine
from support.packages import Packages
from support.ports import free_port
from support.processes import Client

LARGEST_BYTES = 70_000_000
IDLE_BYTES = 60 * 2**20
USER = 10001


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    folder = tmp_path_factory.mktemp("containers")
    need_engine(folder)
    with Engine(folder) as engine:
        yield engine


@pytest.fixture(scope="module")
def runtime(packages: Packages) -> Path:
    return packages.server() / "runtime"


@pytest.fixture(scope="module")
def image(engine: Engine, runtime: Path) -> str:
    engine.build_image("--for", "amd64", "--runtime", f"amd64={runtime}")
    return f"{IMAGE}:{VERSION}"


@pytest.fixture(scope="module")
def container(engine: Engine, image: str) -> Iterator[Container]:
    running = engine.start(volume="shared", port=free_port())
    yield running
    running.remove()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "deep").mkdir(parents=True)
    (folder / "a.txt").write_text("a")
    (folder / "deep" / "large").write_bytes(os.urandom(5_000_000))
    return folder


def test_the_image_is_small_and_has_no_shell(engine: Engine, image: str) -> None:
    shell = engine.once("-c", "true", options=("--entrypoint", "/bin/sh"), code=None)

    assert engine.layers_bytes() <= LARGEST_BYTES
    assert shell.code == 127


def test_the_image_says_how_it_is_to_be_run(engine: Engine, image: str) -> None:
    found = json.loads(engine.podman("image", "inspect", image).out)[0]
    config = found["Config"]

    assert config["User"] == f"{USER}:{USER}"
    assert config["Volumes"] == {"/data": {}}
    assert config["Entrypoint"] == ["/usr/bin/csb-server"]
    assert config["Cmd"] == ["serve"]
    assert config["StopSignal"] == "SIGTERM"
    assert config["ExposedPorts"] == {"8443/tcp": {}}
    assert found["Healthcheck"]["Test"] == ["CMD", "/usr/bin/csb-server", "health"]


def test_it_runs_as_nobody_in_particular_and_may_do_nothing(container: Container) -> None:
    status = container.status()

    assert status["Uid"].split() == [str(USER)] * 4
    assert int(status["CapEff"], 16) == int(status["CapBnd"], 16) == 0
    assert status["NoNewPrivs"] == "1"
    assert container.configuration()["HostConfig"]["ReadonlyRootfs"] is True


def test_it_idles_in_little_memory(container: Container) -> None:
    with socket.create_connection(("127.0.0.1", container.port)):
        time.sleep(1)

    assert container.resident_bytes() <= IDLE_BYTES


def test_an_admin_asks_the_server_from_outside(container: Container) -> None:
    created = container.execute("csb-server", "admin", "create", "root")
    status = json.loads(container.execute("csb-server", "status", "--json").out)
    refused = container.execute("csb-server", "rebuild", code=None)
    healthy = container.execute("csb-server", "health")

    assert healthy.out == "The server works.\n"
    assert re.search(r"https://\S+/#/setup\?code=\S+", created.out)
    assert status["running"] is True
    assert refused.code == 2
    assert "in use" in refused.err
    assert container.pin() in container.log()


def test_a_device_backs_up_to_it_and_restores(
    container: Container, files: Path, tmp_path: Path
) -> None:
    laptop = Client(tmp_path / "laptop", container.url, container.pin())

    laptop.register("ada", device="laptop")
    laptop.run("add", str(files))
    laptop.backup()
    laptop.run("restore", "--to", str(tmp_path / "back"))

    assert _same(files, tmp_path / "back" / "files")


def test_it_stops_in_the_middle_of_an_upload_and_goes_on_with_its_volume(
    engine: Engine, image: str, files: Path, tmp_path: Path
) -> None:
    port = free_port()
    (files / "huge").write_bytes(os.urandom(80_000_000))
    first = engine.start(volume="stopped", port=port)
    pin = first.pin()
    laptop = Client(tmp_path / "laptop", first.url, pin)
    laptop.register("ada", device="laptop")
    laptop.run("add", str(files))

    with laptop.start("backup", "--json") as backup:
        _await_packs(first)
        code, seconds = first.stop()
        first.remove()
        second = engine.start(volume="stopped", port=port)
        said, _ = backup.communicate(timeout=120)

    assert (code, backup.returncode) == (0, 0), said
    assert seconds < 35
    assert second.pin() == pin
    laptop.run("restore", "--to", str(tmp_path / "back"))
    assert _same(files, tmp_path / "back" / "files")
    second.remove()


def test_a_catalog_is_made_anew_in_a_container_of_its_own(
    engine: Engine, image: str, files: Path, tmp_path: Path
) -> None:
    port = free_port()
    running = engine.start(volume="rebuilt", port=port)
    laptop = Client(tmp_path / "laptop", running.url, running.pin())
    laptop.register("ada", device="laptop")
    laptop.run("add", str(files))
    laptop.backup()
    running.stop()
    running.remove()

    options = ("--volume", "rebuilt:/data")
    rebuilt = json.loads(engine.once("rebuild", "--json", options=options).out)
    again = engine.start(volume="rebuilt", port=port)

    assert rebuilt["problems"] == []
    assert len(laptop.run("snapshots", "--json").json) == 1
    again.remove()


def test_a_folder_of_somebody_else_is_refused_with_what_to_do(
    engine: Engine, image: str, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o755)
    port = str(free_port())
    bind = ("--volume", f"{folder}:/data", "--env", f"CSB_SERVER_LISTEN=127.0.0.1:{port}")

    refused = engine.once("serve", options=bind, code=2)

    assert f"chown -R {USER}:{USER}" in refused.err
    assert len(refused.err.splitlines()) == 1
    assert list(folder.iterdir()) == []


def test_it_runs_as_the_owner_of_a_folder(engine: Engine, image: str, tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    os.chown(folder, 4711, 4711)
    port = free_port()
    options = ("--user", "4711:4711", "--volume", f"{folder}:/data")

    name = engine.podman(
        "run", "--detach", *options, "--env", f"CSB_SERVER_LISTEN=127.0.0.1:{port}", image
    ).out.strip()
    container = Container(engine, name, port)
    container.await_answer()

    assert container.status()["Uid"].split()[0] == "4711"
    assert (folder / "catalog.db").stat().st_uid == 4711
    container.remove()


def test_releases_lie_inside_or_are_mounted(
    engine: Engine, runtime: Path, image: str, tmp_path: Path
) -> None:
    """Both are the folder `/releases`, which is only read."""
    releases = tmp_path / "releases" / "0.9.0"
    releases.mkdir(parents=True)
    (releases / "manifest.json").write_text("{}")

    settings = json.loads(engine.podman("image", "inspect", image).out)[0]["Config"]["Env"]

    assert "CSB_SERVER_RELEASES=/releases" in settings
    engine.build_image(
        "--for", "amd64", "--runtime", f"amd64={runtime}", "--releases", str(tmp_path / "releases"),
        "--name", "localhost/with-releases",
    )  # fmt: skip
    mounted = Path(_mount(engine, f"localhost/with-releases:{VERSION}"))
    assert (mounted / "releases" / "0.9.0" / "manifest.json").read_text() == "{}"


def _mount(engine: Engine, image: str) -> str:
    name = engine.buildah("from", "--pull-never", image).out.strip()
    return engine.buildah("mount", name).out.strip()


def _await_packs(container: Container) -> None:
    """Until an upload is on its way."""
    until = time.monotonic() + 60
    while not json.loads(container.execute("csb-server", "status", "--json").out)["packs"]:
        assert time.monotonic() < until, "nothing was sent"
        time.sleep(0.1)


def _same(one: Path, other: Path) -> bool:
    command = ["diff", "--recursive", "--no-dereference", str(one), str(other)]
    return subprocess.run(command, check=False).returncode == 0
