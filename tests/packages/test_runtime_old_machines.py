"""Old kernels and old processors: what devices have that nobody replaces."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from support import old_kernel
from support.packages import Packages, by_loader, make_programs
from support.processes import Client, start_server
from support.whole_story import make_files, tell


@pytest.mark.parametrize("kernel", ["3.10", "4.4"])
def test_both_programs_work_on_old_kernels(kernel: str, packages: Packages, tmp_path: Path) -> None:
    make_files(tmp_path / "files")
    before = f"{sys.executable} {old_kernel.__file__} {kernel}"
    programs = make_programs(
        tmp_path / "programs",
        csb=f"{before} {by_loader(packages.client() / 'runtime')} -m csbackup.client.cli",
        csb_server=f"{before} {by_loader(packages.server() / 'runtime')} -m csbackup.server.cli",
    )

    with start_server(tmp_path / "data", programs=programs) as server:
        client = Client(tmp_path / "home", server.url, server.pin, programs=programs)
        differences = tell(client, tmp_path / "files", tmp_path / "restored")
        code = server.stop()

    assert differences == ""
    assert code == 0


def test_the_old_kernel_really_lacks_what_is_newer(packages: Packages) -> None:
    python = by_loader(packages.client() / "runtime").split()
    code = "import os; os.getrandom(1)"

    said = subprocess.run(
        [sys.executable, old_kernel.__file__, "3.10", *python, "-c", code],
        capture_output=True,
        text=True,
    )

    assert "Function not implemented" in said.stderr


@pytest.mark.parametrize("processor", ["core2duo"])
def test_the_client_works_on_old_processors(
    processor: str, packages: Packages, tmp_path: Path
) -> None:
    make_files(tmp_path / "files")
    start = by_loader(packages.client() / "runtime")
    start = f"qemu-x86_64-static -cpu {processor} {start} -m csbackup.client.cli"
    programs = make_programs(tmp_path / "programs", csb=start)

    with start_server(tmp_path / "data", programs=packages.server()) as server:
        client = Client(tmp_path / "home", server.url, server.pin, programs=programs)
        differences = tell(client, tmp_path / "files", tmp_path / "restored")

    assert differences == ""
