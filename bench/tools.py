"""The programs that are compared, each as a client process and a server process."""

from __future__ import annotations

import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path

from bench import measuring
from bench.certificate import make_certificate

PASSWORD = "correct horse battery staple"
PROGRAMS = Path(sys.executable).parent


@dataclass(frozen=True, slots=True)
class Programs:
    """Where the peers are."""

    restic: str
    rest_server: str
    borg: str


class Tool(ABC):
    """One program with fresh state below `folder`; `source` is what it backs up."""

    name: str

    def __init__(self, folder: Path, source: Path, programs: Programs) -> None:
        self.folder = folder
        self.source = source
        self.programs = programs
        self.server: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True)

    @abstractmethod
    def set_up(self) -> None:
        """Start the server and make the repository or account."""

    @abstractmethod
    def backup(self) -> measuring.Cost: ...

    @abstractmethod
    def restore(self, target: Path) -> measuring.Cost: ...

    @property
    @abstractmethod
    def store(self) -> Path:
        """Where its server keeps things."""

    def stored(self) -> int:
        return measuring.folder_bytes(self.store)

    def stop(self) -> None:
        if self.server is not None:
            self.server.terminate()
            self.server.wait()
        shutil.rmtree(self.folder)

    @property
    def server_pid(self) -> int | None:
        return self.server.pid if self.server is not None else None

    def environment(self, **more: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.folder / "home"), **more}

    def run(self, command: list[str], **env: str) -> measuring.Cost:
        cost, _ = measuring.measure(command, self.environment(**env), self.server_pid)
        return cost

    def prepare(self, command: list[str], **env: str) -> str:
        return measuring.measure(command, self.environment(**env), None)[1]


class Ours(Tool):
    name = "csb"

    @property
    def store(self) -> Path:
        return self.folder / "data" / "packs"

    def set_up(self) -> None:
        command = [str(PROGRAMS / "csb-server"), "serve", "--data", str(self.folder / "data")]
        self.server = subprocess.Popen(
            [*command, "--listen", "127.0.0.1:0"],
            stdout=subprocess.PIPE,
            stderr=(self.folder / "server.log").open("wb"),
            env=self.environment(PYTHONUNBUFFERED="1"),
        )
        assert self.server.stdout is not None
        said: dict[str, str] = {}
        while len(said) < 2:
            line = self.server.stdout.readline().decode()
            for beginning in ("Listening on ", "Pin: "):
                if line.startswith(beginning):
                    said[beginning] = line.removeprefix(beginning).strip()
        url, pin = said["Listening on "], said["Pin: "]
        self.prepare(
            [self.csb, "register", url, "--account", "bench", "--device", "bench"]
            + ["--accept-pin", pin, "--json"],
            **self.secrets,
        )
        self.prepare([self.csb, "add", str(self.source)], **self.secrets)

    @property
    def csb(self) -> str:
        return str(PROGRAMS / "csb")

    @property
    def secrets(self) -> dict[str, str]:
        return {"CSB_HOME": str(self.folder / "client"), "CSB_PASSWORD": PASSWORD}

    def backup(self) -> measuring.Cost:
        return self.run([self.csb, "backup", "--json"], **self.secrets)

    def restore(self, target: Path) -> measuring.Cost:
        return self.run([self.csb, "restore", "--to", str(target), "--json"], **self.secrets)


class Restic(Tool):
    """restic to its rest-server, over TLS."""

    name = "restic"
    compression = "auto"

    @property
    def store(self) -> Path:
        return self.folder / "repository"

    def set_up(self) -> None:
        self.port = free_port()
        certificate, key = make_certificate(self.folder)
        self.certificate = certificate
        self.server = subprocess.Popen(
            [self.programs.rest_server, "--path", str(self.store), "--no-auth"]
            + ["--listen", f"127.0.0.1:{self.port}"]
            + ["--tls", "--tls-cert", str(certificate), "--tls-key", str(key)],
            stdout=(self.folder / "server.log").open("wb"),
            stderr=subprocess.STDOUT,
            env=self.environment(),
        )
        await_port(self.port, certificate)
        self.prepare([*self.restic, "init"], **self.secrets)

    @property
    def restic(self) -> list[str]:
        return [
            self.programs.restic,
            "--quiet",
            *("--cacert", str(self.certificate)),
            *("--cache-dir", str(self.folder / "cache")),
            *("--compression", self.compression),
            *("--repo", f"rest:https://127.0.0.1:{self.port}/bench/"),
        ]

    @property
    def secrets(self) -> dict[str, str]:
        return {"RESTIC_PASSWORD": PASSWORD}

    def backup(self) -> measuring.Cost:
        return self.run([*self.restic, "backup", str(self.source)], **self.secrets)

    def restore(self, target: Path) -> measuring.Cost:
        command = [*self.restic, "restore", "latest", "--target", str(target)]
        return self.run(command, **self.secrets)


class ResticFastest(Restic):
    name = "restic-fastest"
    compression = "fastest"


class Borg(Tool):
    """borg to `borg serve` through a pipe: no TLS, no network; that is in its favour."""

    name = "borg"

    @property
    def store(self) -> Path:
        return self.folder / "repository"

    def set_up(self) -> None:
        self.archives = 0
        self.prepare([self.programs.borg, "init", "-e", "repokey-blake2", self.url], **self.secrets)

    @property
    def url(self) -> str:
        return f"ssh://localhost{self.store}"

    @property
    def secrets(self) -> dict[str, str]:
        return {
            "BORG_PASSPHRASE": PASSWORD,
            "BORG_BASE_DIR": str(self.folder / "state"),
            "BORG_RSH": f"{sys.executable} -I -S {Path(__file__).parent / 'borg_pipe.py'} "
            f"{self.folder / 'serve.json'}",
            "BORG_RELOCATED_REPO_ACCESS_IS_OK": "yes",
            "PATH": f"{Path(self.programs.borg).parent}:{os.environ['PATH']}",
        }

    def run(self, command: list[str], **env: str) -> measuring.Cost:
        """The pipe's own report stands in for the server process and the interface."""
        cost = super().run(command, **env)
        serve = json.loads((self.folder / "serve.json").read_text("utf-8"))
        return measuring.Cost(
            cost.wall, cost.client_cpu, cost.client_rss, serve["cpu"], serve["rss"], serve["bytes"]
        )

    def backup(self) -> measuring.Cost:
        self.archives += 1
        archive = f"{self.url}::{self.archives}"
        return self.run([self.programs.borg, "create", archive, str(self.source)], **self.secrets)

    def restore(self, target: Path) -> measuring.Cost:
        target.mkdir(parents=True)
        archive = f"{self.url}::{self.archives}"
        command = ["sh", "-c", 'cd "$0" && exec "$@"', str(target), self.programs.borg]
        return self.run([*command, "extract", archive], **self.secrets)


TOOLS: dict[str, type[Tool]] = {one.name: one for one in (Ours, Restic, ResticFastest, Borg)}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def await_port(port: int, certificate: Path) -> None:
    context = ssl.create_default_context(cafile=str(certificate))
    for _ in range(100):
        try:
            with (
                socket.create_connection(("127.0.0.1", port), timeout=1) as plain,
                context.wrap_socket(plain, server_hostname="127.0.0.1"),
            ):
                return
        except OSError:
            time.sleep(0.1)
    raise measuring.StepFailed(f"nothing answers on port {port}")
