"""A real nginx before a server, by the very file that people copy, on loopback."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "packaging" / "container" / "nginx.conf"
_START_SECONDS = 10

_AROUND = """\
daemon off;
pid {folder}/pid;
error_log {folder}/error.log;
worker_processes 1;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/site.conf;
}}
"""


def find_nginx() -> str:
    """Its program; where it is not installed, CI fails and others leave the test out."""
    found = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if found is None:
        reason = "nginx is not here: apt-get install nginx-light"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@contextmanager
def nginx(
    folder: Path, *, port: int, behind: int, certificate: Path, host: str = "localhost"
) -> Iterator[None]:
    """Listens on `port` of loopback with this certificate, and passes on to `behind`."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "site.conf").write_text(_for_test(port, behind, certificate, host))
    (folder / "nginx.conf").write_text(_AROUND.format(folder=folder))
    if os.geteuid() == 0:
        folder.chmod(0o755)
    program = [find_nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen([*program, "-e", str(folder / "error.log")])
    try:
        _await(folder / "pid", process, folder)
        yield
    finally:
        process.send_signal(signal.SIGQUIT)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def _for_test(port: int, behind: int, certificate: Path, host: str) -> str:
    """The example, with nothing changed but what its first lines ask for, and the port."""
    text = EXAMPLE.read_text("utf-8")
    text = text.replace("server 127.0.0.1:8080;", f"server 127.0.0.1:{behind};")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;")
    text = text.replace("    listen [::]:443 ssl;\n", "")
    text = text.replace("backup.example.org", host)
    return re.sub(r"/etc/letsencrypt/\S+\.pem", str(certificate), text)


def _await(pid: Path, process: subprocess.Popen[bytes], folder: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    while not (pid.is_file() and pid.read_text().strip()):
        if process.poll() is not None or time.monotonic() > until:
            raise AssertionError("nginx did not start:\n" + (folder / "error.log").read_text())
        time.sleep(0.05)
