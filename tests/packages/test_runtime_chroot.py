"""The client brings all it needs: it runs where there is nothing else."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.packages import Packages, lay_busybox, make_programs
from support.processes import Client, Server, start_server
from support.whole_story import make_files, tell

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root may change the root folder")
NOBODY = 65534
_BY_LOADER = (
    "/csb/runtime/lib/ld-linux-x86-64.so.2 --inhibit-cache --library-path /csb/runtime/lib "
    "--argv0 /csb/runtime/bin/python3 /csb/runtime/bin/python3.13 -I -B -X utf8 "
    "-m csbackup.client.cli"
)


@pytest.fixture(scope="module")
def server(packages: Packages, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The packaged one: both programs at once."""
    programs = packages.server()
    with start_server(tmp_path_factory.mktemp("data") / "data", programs=programs) as server:
        yield server
        assert server.stop() == 0


@needs_root
def test_the_client_backs_up_and_restores_in_a_root_folder_with_nothing_else(
    packages: Packages, server: Server, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    shutil.copytree(packages.client(), root / "csb")
    make_files(root / "files")
    (root / "proc").mkdir()  # the kernel's own; every system has it
    start = f"mount -t proc proc {root}/proc && exec chroot {root} {_BY_LOADER}"
    programs = make_programs(
        tmp_path / "programs", csb=f"unshare --mount sh -c '{start} \"$@\"' csb"
    )
    client = Client(Path("/state"), server.url, server.pin, programs=programs)

    differences = tell(client, root / "files", root / "restored", seen_in=root)

    assert differences == ""
    assert not list((root / "csb").rglob("__pycache__"))


@needs_root
def test_its_start_script_needs_a_shell_and_nothing_more(
    packages: Packages, tmp_path: Path
) -> None:
    shutil.copytree(packages.client(), tmp_path / "csb")
    lay_busybox(tmp_path)

    said = subprocess.run(
        ["chroot", str(tmp_path), "/csb/csb", "version"], capture_output=True, text=True
    )

    assert (said.returncode, said.stderr) == (0, "")
    assert said.stdout.startswith("csb ")


@needs_root
def test_its_python_starts_itself_again(packages: Packages, tmp_path: Path) -> None:
    shutil.copytree(packages.client(), tmp_path / "csb")
    lay_busybox(tmp_path)
    code = (
        "import subprocess, sys; "
        "subprocess.run([sys.executable, '-P', '-c', 'import csbackup, sys; print(sys.prefix)'])"
    )

    said = subprocess.run(
        ["chroot", str(tmp_path), "/csb/runtime/bin/python3", "-c", code],
        capture_output=True,
        text=True,
    )

    assert (said.stdout, said.stderr) == ("/csb/runtime\n", "")


@needs_root
def test_an_ordinary_person_unpacks_it_at_home_and_uses_it(
    packages: Packages, server: Server
) -> None:
    """A new home, no Python to be found, another's environment."""
    with tempfile.TemporaryDirectory(prefix="csb-home-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        shutil.copy(packages.tarball(), home / "csb.tar.xz")
        make_files(home / "files")
        _give(home)
        someone = f"setpriv --reuid {NOBODY} --regid {NOBODY} --clear-groups"
        subprocess.run(
            [*someone.split(), "tar", "--extract", "--file", "csb.tar.xz"], cwd=home, check=True
        )
        odd = f"env HOME={home} PATH=/nowhere LANG=xx_XX PYTHONHOME=/nowhere"
        program = home / packages.client().name / "csb"
        programs = make_programs(home / "programs", csb=f"{someone} {odd} {program}")
        client = Client(home / "state", server.url, server.pin, programs=programs)

        differences = tell(client, home / "files", home / "restored", account="grace")

        assert differences == ""
        assert (home / "state").stat().st_uid == NOBODY


def _give(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY, follow_symlinks=False)
