"""Real images and containers, by buildah and podman, in a scratch folder of their own.

with Engine(tmp_path) as engine:
    engine.build_image(runtime)
    with engine.run("serve", "--listen", f"127.0.0.1:{port}", volume="data") as container: ...

Without a Docker engine, and within another container, three things are asked of podman: `runc`,
cgroups without systemd, and the network of this machine.
"""

from __future__ import annotations

import json
import os
import shutil
import ssl
import subprocess
import sys
import time
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = ("buildah", "podman", "runc")
IMAGE = "localhost/csb-server"
VERSION = "1.2.3"
# What `compose.yaml` asks for, as flags.
CONFINED = (
    "--read-only",
    "--read-only-tmpfs=false",
    "--cap-drop=all",
    "--security-opt=no-new-privileges",
    "--no-healthcheck",  # podman has systemd ask, which need not be here; the tests ask themselves
)
_STORAGE = """\
[storage]
driver = "vfs"
graphroot = "{folder}/root"
runroot = "{folder}/run"
"""
_CONTAINERS = """\
[containers]
default_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]
netns = "host"
[network]
network_backend = "netavark"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "{folder}/tmp"
"""
_START_SECONDS = 120  # in qemu, beside other tests
_COMMAND_SECONDS = 300


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        return self.out + self.err


class Engine:
    """Images and containers of one folder; what is left at the end is removed with it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "storage.conf").write_text(_STORAGE.format(folder=folder))
        (folder / "containers.conf").write_text(_CONTAINERS.format(folder=folder))
        self.environment = os.environ | {
            "CONTAINERS_STORAGE_CONF": str(folder / "storage.conf"),
            "CONTAINERS_CONF": str(folder / "containers.conf"),
            "BUILDAH_ISOLATION": "chroot",
        }

    def podman(self, *arguments: str, code: int | None = 0) -> Outcome:
        return self._run(["podman", *arguments], code)

    def buildah(self, *arguments: str, code: int | None = 0) -> Outcome:
        return self._run(["buildah", *arguments], code)

    def build_image(self, *arguments: str) -> None:
        """Run the very script that makes our images."""
        script = str(ROOT / "packaging" / "container" / "build")
        self._run([sys.executable, script, "--version", VERSION, *arguments], 0)

    def _run(self, command: Sequence[str], code: int | None) -> Outcome:
        done = subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_COMMAND_SECONDS,
        )
        outcome = Outcome(done.returncode, done.stdout, done.stderr)
        assert code in (None, outcome.code), f"{' '.join(command)}: {outcome.code}\n{outcome.said}"
        return outcome

    def once(self, *arguments: str, options: Sequence[str] = (), code: int | None = 0) -> Outcome:
        """A container that runs one command to its end; `options` are podman's."""
        return self.podman(
            "run", "--rm", *CONFINED, *options, f"{IMAGE}:{VERSION}", *arguments, code=code
        )

    def start(
        self,
        *arguments: str,
        volume: str,
        port: int,
        image: str = f"{IMAGE}:{VERSION}",
        memory: str = "96m",
    ) -> Container:
        """A server in a container, once it answers."""
        options = ("--detach", *CONFINED, "--memory", memory, "--volume", f"{volume}:/data")
        settings = ("--env", f"CSB_SERVER_LISTEN=127.0.0.1:{port}")
        name = self.podman("run", *options, *settings, image, *arguments).out.strip()
        container = Container(self, name, port)
        container.await_answer()
        return container

    def layers_bytes(self, image: str = f"{IMAGE}:{VERSION}") -> int:
        """How large the image is, unpacked."""
        return int(json.loads(self.podman("image", "inspect", image).out)[0]["Size"])

    def __enter__(self) -> Engine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.podman("rm", "--all", "--force", "--time", "2", code=None)
        shutil.rmtree(self._folder, ignore_errors=True)


@dataclass
class Container:
    """A server that runs; `stop` is what an engine does, `kill` what a power cut does."""

    engine: Engine
    name: str
    port: int

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        return int(self.engine.podman("inspect", "--format", "{{.State.Pid}}", self.name).out)

    @property
    def is_running(self) -> bool:
        found = self.engine.podman("inspect", "--format", "{{.State.Running}}", self.name)
        return found.out.strip() == "true"

    def execute(self, *command: str, code: int | None = 0) -> Outcome:
        """A command beside the server, as `podman exec` and `docker compose exec` run it."""
        return self.engine.podman("exec", self.name, *command, code=code)

    def pin(self) -> str:
        return self.execute("csb-server", "pin").out.strip()

    def log(self) -> str:
        return self.engine.podman("logs", self.name).said

    def await_answer(self) -> None:
        until = time.monotonic() + _START_SECONDS
        while not self._answers():
            if time.monotonic() > until or not self.is_running:
                raise AssertionError("the server in the container did not start:\n" + self.log())
            time.sleep(0.2)

    def _answers(self) -> bool:
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        try:
            url = f"{self.url}/healthz"
            with urllib.request.urlopen(url, timeout=_START_SECONDS, context=context) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def stop(self) -> tuple[int, float]:
        """Its exit code, and the seconds it took."""
        began = time.monotonic()
        self.engine.podman("stop", "--time", "40", self.name)
        seconds = time.monotonic() - began
        code = self.engine.podman("inspect", "--format", "{{.State.ExitCode}}", self.name).out
        return int(code), seconds

    def remove(self) -> None:
        self.engine.podman("rm", "--force", "--time", "2", self.name)

    def status(self) -> dict[str, str]:
        """What the kernel says of the server's process."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}

    def resident_bytes(self) -> int:
        lines = Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines()
        (found,) = (int(line.split()[1]) for line in lines if line.startswith("Rss:"))
        return found * 1024

    def configuration(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.engine.podman("inspect", self.name).out)[0]
        return found


def need_engine(folder: Path) -> None:
    """Containers run here; where they cannot, CI fails and others leave the tests out."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    reason = f"not installed: {', '.join(missing)}" if missing else _why_not(folder)
    if not reason:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(f"Containers do not run here: {reason}")
    pytest.skip(f"containers do not run here: {reason}")


def _why_not(folder: Path) -> str:
    if os.geteuid() != 0:
        return "these tests build and run them as root"
    asked = Engine(folder).podman("info", code=None)
    return asked.err.strip().rpartition("\n")[2] if asked.code else ""
