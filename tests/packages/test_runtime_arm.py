"""Both programs on ARM, as qemu runs it: the oldest processors that we promise."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.foreign import programs_run
from support.packages import Packages, by_loader
from support.processes import Client, start_server
from support.whole_story import make_files, tell

# NEON is left out where many an ARMv7 box has none.
OLDEST = {"linux-arm64": "cortex-a53", "linux-armv7": "cortex-a9,neon=off"}


@pytest.fixture(scope="module", autouse=True)
def arm_runs_here() -> Iterator[None]:
    with programs_run("aarch64", "arm"):
        yield


@pytest.mark.parametrize("target", OLDEST)
def test_client_and_server_back_up_and_restore(
    target: str, packages: Packages, tmp_path: Path
) -> None:
    make_files(tmp_path / "files")
    old = {"QEMU_CPU": OLDEST[target], "QEMU_UNAME": "3.10.108"}

    with start_server(tmp_path / "data", programs=packages.server(target), **old) as server:
        client = Client(tmp_path / "home", server.url, server.pin, environment=old)
        client.programs = packages.client(target)
        differences = tell(client, tmp_path / "files", tmp_path / "restored")
        code = server.stop()

    assert differences == ""
    assert code == 0


@pytest.mark.parametrize("target", OLDEST)
def test_its_python_starts_itself_again(target: str, packages: Packages) -> None:
    python = packages.client(target) / "runtime/bin/python3"
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', 'print(1 + 1)'])"

    said = subprocess.run([python, "-c", code], capture_output=True, text=True)

    assert (said.stdout, said.stderr) == ("2\n", "")


def test_armv7_runs_where_memory_pages_are_wide(packages: Packages) -> None:
    python = by_loader(packages.client("linux-armv7") / "runtime").split()
    code = "import zlib, zstandard, blake3, ssl, sqlite3, lzma, ctypes, csbackup.client.cli"

    said = subprocess.run(
        ["qemu-arm-static", "-p", "32768", *python, "-c", code],
        capture_output=True,
        text=True,
    )

    assert (said.returncode, said.stderr) == (0, "")
