"""`csb open` beside a test, and a program that knows how to talk to it."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

from support.processes import START_SECONDS, Client


@dataclass
class OpenDoor:
    """What `csb open --json` said, and its process."""

    url: str
    port: int
    server_failure: str
    process: subprocess.Popen[str]

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def token(self) -> str:
        return self.url.partition("#")[2]

    def stop(self) -> int:
        """As a person does it; its exit code."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(START_SECONDS)


@contextmanager
def visiting(origin: str, token: str) -> Iterator[Visitor]:
    """Whoever brings the token."""
    with contextlib.closing(Visitor(origin)) as visitor:
        visitor.enter(token)
        yield visitor


@contextmanager
def safe_door(client: Client, *options: str, **env: str) -> Iterator[OpenDoor]:
    process = client.start("open", "--no-browser", "--json", *options, **env)
    assert process.stdout is not None
    try:
        said = ""
        while not said.endswith("}\n"):
            line = process.stdout.readline()
            assert line, f"csb open ended: {said}"
            said += line
        yield OpenDoor(process=process, **json.loads(said))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        process.stdout.close()


@dataclass
class Visitor:
    """A program at the door; `shown` is what it sends along as the web app would."""

    origin: str
    shown: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.origin, timeout=60)

    def enter(self, token: str, **headers: str) -> httpx.Response:
        """Bring the token; from then on show what was given for it."""
        given = {"Origin": self.origin, **headers}
        answer = self.http.post("/enter", content=token, headers=given)
        if answer.status_code == 200:
            self.shown = {"X-CSB-Door": answer.json()["key"]}
        return answer

    def ask(
        self, method: str, path: str, *, headers: Mapping[str, str] | None = None, **more: Any
    ) -> httpx.Response:
        """As the page asks: the origin is named, as browsers do when something changes."""
        own = {} if method == "GET" else {"Origin": self.origin}
        sent = {**self.shown, **own, **(headers or {})}
        return self.http.request(method, path, headers=sent, **more)

    def close(self) -> None:
        self.http.close()
