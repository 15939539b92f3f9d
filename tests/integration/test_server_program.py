"""`csb-server` as a process: what it prints, what it refuses, what works beside it."""

from __future__ import annotations

import hashlib
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from support.api import PersonCaller, api_on

PROGRAM = Path(sys.executable).parent / "csb-server"
SECONDS = 30
NAMED = (
    *("account", "device", "os", "version"),
    *("last_contact", "last_file_backed_up", "last_snapshot"),
)


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("CSB_")}
    return subprocess.run(
        [str(PROGRAM), *arguments],
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


@dataclass
class Running:
    process: subprocess.Popen[str]
    folder: Path
    lines: list[str]

    @property
    def url(self) -> str:
        return self._said(r"Listening on (https://\S+)")

    @property
    def pin(self) -> str:
        return self._said(r"Pin: ([0-9a-f]{64})")

    @property
    def address(self) -> tuple[str, int]:
        host, _, port = self.url.removeprefix("https://").rpartition(":")
        return host.strip("[]"), int(port)

    def _said(self, pattern: str) -> str:
        return next(found[1] for line in self.lines if (found := re.fullmatch(pattern, line)))

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(SECONDS)


def start(folder: Path, *arguments: str) -> Running:
    command = [str(PROGRAM), "serve", "--data", str(folder), "--listen", "127.0.0.1:0", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line.rstrip("\n"))
        if "setup?code=" in line:
            break
    return Running(process, folder, lines)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Running]:
    running = start(tmp_path / "data")
    try:
        yield running
    finally:
        running.process.kill()
        running.process.communicate()


def test_it_greets_once_it_accepts_connections(server: Running) -> None:
    with socket.create_connection(server.address, timeout=SECONDS):
        pass

    assert server.url.startswith("https://127.0.0.1:")
    assert len(server.pin) == 64
    assert re.search(rf"{server.url}/#/setup\?code=[\w-]{{43}}$", server.lines[-1])


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_without_complaint(server: Running, number: int) -> None:
    code = server.stop(number)

    assert code == 0
    assert server.process.stderr is not None
    assert server.process.stderr.read() == ""
    assert not (server.folder / "socket").exists()


def test_the_handshake_shows_the_pinned_ca_and_a_leaf_it_vouches_for(server: Running) -> None:
    blind = trusting_anybody()
    ca = fetch(server, "/ca.crt", blind)
    public = x509.load_pem_x509_certificate(ca).public_key()
    trusting = ssl.create_default_context(cadata=ca.decode())

    answer = fetch(server, "/healthz", trusting, name="localhost")

    der = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    assert hashlib.sha256(der).hexdigest() == server.pin
    assert json.loads(answer) == {"status": "ok"}


def trusting_anybody() -> ssl.SSLContext:
    blind = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    blind.check_hostname = False
    blind.verify_mode = ssl.CERT_NONE
    return blind


def fetch(server: Running, path: str, context: ssl.SSLContext, name: str = "127.0.0.1") -> bytes:
    with (
        socket.create_connection(server.address, timeout=SECONDS) as plain,
        context.wrap_socket(plain, server_hostname=name) as secure,
    ):
        assert secure.version() == "TLSv1.3"
        head = f"GET {path} HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n"
        secure.sendall(head.encode())
        answer = b""
        while piece := secure.recv(65536):
            answer += piece
    return answer.partition(b"\r\n\r\n")[2]


def test_old_tls_is_refused(server: Running) -> None:
    old = trusting_anybody()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    with pytest.warns(DeprecationWarning):
        old.maximum_version = ssl.TLSVersion.TLSv1_1

    with pytest.raises((ssl.SSLError, ConnectionError)):
        fetch(server, "/healthz", old)


def test_a_folder_in_use_is_refused(server: Running) -> None:
    serving = run("serve", "--data", str(server.folder), "--listen", "127.0.0.1:0")
    rebuilding = run("rebuild", "--data", str(server.folder))

    for outcome in (serving, rebuilding):
        assert outcome.returncode == 2
        assert outcome.stdout == ""
        assert outcome.stderr.count("\n") == 1
        assert "is in use" in outcome.stderr


def test_a_killed_server_leaves_a_folder_that_starts_again(server: Running) -> None:
    pin = server.pin
    server.stop(signal.SIGKILL)

    again = start(server.folder)

    assert again.pin == pin
    assert again.stop() == 0
    again.process.communicate()


def test_looking_works_beside_the_running_server(server: Running) -> None:
    data = ("--data", str(server.folder), "--json")

    pin = json.loads(run("pin", *data).stdout)
    status = json.loads(run("status", *data).stdout)
    devices = json.loads(run("devices", *data).stdout)

    assert pin == {"pin": server.pin}
    assert (status["running"], status["accounts"], status["packs"]) == (True, 0, 0)
    assert devices == []


def test_an_admins_link_comes_from_the_running_server(server: Running) -> None:
    outcome = run("admin", "create", "anna", "--data", str(server.folder))

    assert outcome.returncode == 0
    assert f"{server.url}/#/setup?code=" in outcome.stdout


def test_an_idle_server_takes_at_most_60_mb(server: Running) -> None:
    time.sleep(0.5)

    status = Path(f"/proc/{server.process.pid}/status").read_text("ascii")

    resident = int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])  # type: ignore[index]
    assert resident < 60 * 1024


def test_a_connection_that_says_nothing_is_ended(server: Running) -> None:
    blind = trusting_anybody()
    plain = socket.create_connection(server.address, timeout=SECONDS)

    with plain, blind.wrap_socket(plain, server_hostname="localhost") as secure:
        secure.sendall(b"GET /healthz HTTP/1.1\r\n")
        started = time.monotonic()
        answer = secure.recv(100)

    assert answer == b""
    assert 8 < time.monotonic() - started < 15


def test_a_connection_that_never_comes_to_the_point_is_ended(server: Running) -> None:
    blind = trusting_anybody()
    plain = socket.create_connection(server.address, timeout=SECONDS)
    with plain, blind.wrap_socket(plain, server_hostname="localhost") as secure:
        secure.sendall(b"GET / HTTP/1.1\r\n")
        header = b"X-Filler: " + b"x" * 8000 + b"\r\n"

        with pytest.raises((ConnectionError, ssl.SSLError, EOFError)):
            for _ in range(1000):
                secure.sendall(header)
                time.sleep(0.001)


# --- without a server -------------------------------------------------------------------------


@pytest.fixture
def stopped(tmp_path: Path) -> Path:
    """A data folder with an account, a device and two snapshots; nobody serves it."""
    folder = tmp_path / "data"
    with api_on(folder) as api:
        laptop = PersonCaller("anna").register(api).enrol(api)
        laptop.back_up(api, {"a.txt": b"hello"})
        laptop.back_up(api, {"a.txt": b"hello again", "b.txt": b"b"})
    return folder


def test_devices_and_folders_are_told_in_the_promised_words(stopped: Path) -> None:
    data = ("--data", str(stopped), "--json")

    (device,) = json.loads(run("devices", *data).stdout)
    roots = json.loads(run("ls", "anna/laptop", *data).stdout)
    entries = json.loads(run("ls", "ANNA/Laptop", "/data", *data).stdout)

    assert list(device) == [*NAMED, "snapshots", "files", "bytes", "state"]
    assert (device["account"], device["device"], device["state"]) == ("anna", "laptop", "ok")
    assert (device["snapshots"], device["files"], device["bytes"]) == (2, 2, 12)
    assert device["last_snapshot"].endswith("Z")
    assert [entry["name"] for entry in roots] == ["/data"]
    assert entries == [
        {"name": "a.txt", "kind": "file", "size": 11, "mtime": "1970-01-01T00:00:01Z"},
        {"name": "b.txt", "kind": "file", "size": 1, "mtime": "1970-01-01T00:00:01Z"},
    ]


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("ls", "anna/phone"), "no device `anna/phone`"),
        (("ls", "anna/laptop", "/nowhere"), "/nowhere"),
        (("ls", "anna/laptop", "--at", "yesterday"), ""),
        (("ls", "anna/laptop", "--at", "soon"), "`soon` is no moment"),
    ],
)
def test_what_cannot_be_listed_is_one_line(
    stopped: Path, arguments: tuple[str, ...], part: str
) -> None:
    outcome = run(*arguments, "--data", str(stopped))

    assert outcome.returncode == 2
    assert outcome.stderr.startswith("csb-server: ")
    assert outcome.stderr.count("\n") == 1
    assert part in outcome.stderr


def test_the_catalog_is_made_anew_from_packs_and_records(stopped: Path) -> None:
    before = run("devices", "--json", "--data", str(stopped)).stdout
    for path in stopped.glob("catalog.db*"):
        path.unlink()

    refused = run("serve", "--data", str(stopped), "--listen", "127.0.0.1:0")
    outcome = run("rebuild", "--json", "--data", str(stopped))
    after = run("devices", "--json", "--data", str(stopped)).stdout

    assert (refused.returncode, outcome.returncode) == (2, 0)
    assert "rebuild" in refused.stderr
    report = json.loads(outcome.stdout)
    assert (report["accounts"], report["devices"], report["snapshots"]) == (1, 1, 2)
    assert report["problems"] == []
    assert same(before) == same(after)


def same(devices: str) -> list[dict[str, Any]]:
    """What a catalog made anew must know as before: all but who called when, in which version."""
    return [
        {key: value for key, value in device.items() if key not in ("last_contact", "version")}
        for device in json.loads(devices)
    ]


def test_an_account_that_exists_becomes_admin_without_a_server(stopped: Path) -> None:
    outcome = run("admin", "create", "Anna", "--data", str(stopped), "--json")

    assert json.loads(outcome.stdout)["link"] == ""
    with api_on(stopped) as api:
        assert api.get("server").json()["needs_admin"] is False


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("pin",), "No data folder is named"),
        (("pin", "--data", "/nonexistent"), "no data folder at /nonexistent"),
        (("serve", "--data", "/proc/nothing"), "cannot be used"),
        (("serve", "--data", "x", "--listen", "127.0.0.1:99999"), "no valid port"),
        (("serve", "--data", "x", "--url", "http://plain"), "not an https address"),
        (("nonsense",), "No such command"),
        (("serve", "--nonsense"), "No such option"),
    ],
)
def test_bad_input_is_one_clear_answer(
    tmp_path: Path, arguments: tuple[str, ...], part: str
) -> None:
    outcome = run(*arguments)

    assert outcome.returncode == 2
    assert part in outcome.stderr
    assert "Traceback" not in outcome.stderr


def test_a_foreign_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    tmp_path.chmod(0o755)

    outcome = run("serve", "--data", str(tmp_path), "--listen", "127.0.0.1:0")

    assert outcome.returncode == 2
    assert "is not empty" in outcome.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_folder_of_a_newer_release_is_left_alone(stopped: Path) -> None:
    (stopped / "version").write_text("2\n")

    outcomes = [run(command, "--data", str(stopped)) for command in ("serve", "pin", "rebuild")]

    assert {outcome.returncode for outcome in outcomes} == {2}
    assert all("newer release" in outcome.stderr for outcome in outcomes)


def test_the_folder_and_its_secrets_are_closed_to_others(stopped: Path) -> None:
    modes = {
        path.relative_to(stopped).as_posix(): path.stat().st_mode & 0o077
        for path in (stopped, stopped / "secret", *(stopped / "secret").iterdir())
    }

    assert set(modes) == {".", "secret", "secret/ca.pem", "secret/leaf.pem", "secret/answers"}
    assert set(modes.values()) == {0}


def test_every_command_has_help_with_its_options() -> None:
    for command in ((), ("serve",), ("admin", "create"), ("ls",), ("rebuild",), ("devices",)):
        outcome = run(*command, "--help")
        assert outcome.returncode == 0
        assert "Usage:" in outcome.stdout
