"""Real processes for tests: `csb-server` and `csb`, over TLS on loopback, each with its own state.

with start_server(tmp_path / "data") as server:
    laptop = Client(tmp_path / "laptop", server.url, server.pin)
    laptop.register("ada", device="laptop")
    laptop.run("add", str(folder))
    result = laptop.run("backup", "--json").json
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

PROGRAMS = Path(sys.executable).parent
PASSWORD = "correct horse battery staple"
START_SECONDS = 90
RUN_SECONDS = 300


class ProcessFailed(AssertionError):
    """A process ended otherwise than the test expects."""


def clean_environment(**more: str) -> dict[str, str]:
    """Our environment without the person's own settings for either program."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CSB_")}
    return kept | {"PYTHONUNBUFFERED": "1"} | more


@dataclass
class Server:
    """A running `csb-server serve`; `url` and `pin` are what it printed."""

    data: Path
    url: str
    pin: str
    process: subprocess.Popen[str]
    lines: list[str]
    reader: threading.Thread

    @property
    def port(self) -> int:
        return int(self.url.rstrip("/").rsplit(":", 1)[1])

    def admin(self, *arguments: str, code: int | None = 0) -> Result:
        """Run another `csb-server` command on the same data folder."""
        return run_server_command(*arguments, "--data", str(self.data), code=code)

    def stop(self) -> int:
        """Ask it to end, as a service manager does; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self._wait()

    def kill(self) -> None:
        """End it at once, as a power cut does."""
        self.process.kill()
        self._wait()

    def _wait(self) -> int:
        try:
            self.process.wait(START_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise ProcessFailed("the server did not end when asked:\n" + self.output) from None
        finally:
            self.reader.join()
        return self.process.returncode

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def __enter__(self) -> Server:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.kill()


def start_server(
    data: Path,
    *arguments: str,
    listen: str = "127.0.0.1:0",
    programs: Path = PROGRAMS,
    **env: str,
) -> Server:
    """Start `csb-server serve` and wait until it accepts connections."""
    command = [str(programs / "csb-server"), "serve", "--data", str(data), "--listen", listen]
    process = subprocess.Popen(
        [*command, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        env=clean_environment(**env),
    )
    lines: list[str] = []
    arriving: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_gather, args=(process, lines, arriving), daemon=True)
    reader.start()
    found = _await_lines(process, lines, arriving)
    return Server(data, found["Listening on "], found["Pin: "], process, lines, reader)


def _gather(
    process: subprocess.Popen[str], lines: list[str], arriving: queue.Queue[str | None]
) -> None:
    """Read all the output, so that the server never waits for us."""
    assert process.stdout is not None
    with process.stdout:
        for line in process.stdout:
            lines.append(line)
            arriving.put(line)
    arriving.put(None)


def _await_lines(
    process: subprocess.Popen[str], lines: list[str], arriving: queue.Queue[str | None]
) -> dict[str, str]:
    wanted = ("Listening on ", "Pin: ")
    found: dict[str, str] = {}
    until = time.monotonic() + START_SECONDS
    while len(found) < len(wanted):
        try:
            line = arriving.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            process.kill()
            line = None
        if line is None:
            process.wait()
            raise ProcessFailed("the server did not start:\n" + "".join(lines))
        for beginning in wanted:
            if line.startswith(beginning):
                found[beginning] = line.removeprefix(beginning).strip()
    return found


@dataclass(frozen=True)
class Result:
    """What a finished command left behind."""

    code: int
    out: str
    err: str
    command: tuple[str, ...]

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def said(self) -> str:
        """Everything it printed."""
        return self.out + self.err

    def expect(self, code: int | None) -> Result:
        if code is not None and self.code != code:
            raise ProcessFailed(
                f"{' '.join(self.command)} ended with {self.code}, not {code}:\n{self.said}"
            )
        return self


def run_program(
    program: str, *arguments: str, env: dict[str, str], give: str = "", folder: Path | None = None
) -> Result:
    """Run a program to its end; `give` is what is typed into it."""
    finished = subprocess.run(
        [str(PROGRAMS / program), *arguments],
        input=give,
        capture_output=True,
        text=True,
        errors="replace",
        env=env,
        cwd=folder,
        timeout=RUN_SECONDS,
        check=False,
    )
    return Result(finished.returncode, finished.stdout, finished.stderr, (program, *arguments))


def run_server_command(*arguments: str, code: int | None = 0, **env: str) -> Result:
    return run_program("csb-server", *arguments, env=clean_environment(**env)).expect(code)


@dataclass
class Client:
    """A device: `csb` with a state folder of its own. `recovery_key` is known once registered.

    `programs`: the folder whose `csb` it runs.
    """

    home: Path
    url: str
    pin: str
    password: str = PASSWORD
    recovery_key: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    programs: Path = PROGRAMS

    def run(self, *arguments: str, code: int | None = 0, give: str = "", **env: str) -> Result:
        """Run `csb`; with `code` None any exit code will do."""
        program = str(self.programs / "csb")
        return run_program(
            program, *arguments, env=self.environment_of_a_run(env), give=give
        ).expect(code)

    def start(self, *arguments: str, **env: str) -> subprocess.Popen[str]:
        """Run `csb` beside the test, which may kill it."""
        return subprocess.Popen(
            [str(self.programs / "csb"), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env=self.environment_of_a_run(env),
        )

    def environment_of_a_run(self, more: dict[str, str] | None = None) -> dict[str, str]:
        own = {"CSB_HOME": str(self.home), "CSB_PASSWORD": self.password, "COLUMNS": "200"}
        return clean_environment(**(own | self.environment | (more or {})))

    def register(self, account: str, *, device: str) -> Result:
        """A new account, with this device; remembers the recovery key."""
        result = self.run(
            "register", self.url, "--account", account, "--device", device,
            "--accept-pin", self.pin, "--json",
        )  # fmt: skip
        self.recovery_key = result.json["recovery_key"]
        return result

    def login(self, account: str, *, device: str, take_over: str = "") -> Result:
        """An account that exists, with this device."""
        more = ("--take-over", take_over) if take_over else ()
        return self.run(
            "login", self.url, "--account", account, "--device", device,
            "--accept-pin", self.pin, *more,
        )  # fmt: skip

    def backup(self, *arguments: str, code: int | None = 0) -> Any:
        return self.run("backup", "--json", *arguments, code=code).json
