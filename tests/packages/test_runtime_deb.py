"""The Debian package: installed into a folder, used, updated, removed, purged."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from support.packages import Packages, lay_busybox, own_version

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root installs packages")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A system with dpkg's own books and a few commands."""
    root = tmp_path / "root"
    for folder in ("var/lib/dpkg/updates", "var/lib/dpkg/info", "var/lib/dpkg/triggers"):
        (root / folder).mkdir(parents=True)
    (root / "var/lib/dpkg/status").touch()
    lay_busybox(root)
    return root


def test_it_is_installed_and_starts(packages: Packages, root: Path) -> None:
    _dpkg(root, "--install", str(packages.debian_package()))

    said = subprocess.run(["chroot", root, "/usr/bin/csb", "version"], capture_output=True)

    assert said.stdout.decode() == f"csb {own_version()}\n"
    assert (root / "opt/csb/current").read_text() == f"{own_version()}\n"


def test_it_leaves_a_newer_version_that_an_update_brought(packages: Packages, root: Path) -> None:
    _update_brought(root, "99.0")

    _dpkg(root, "--install", str(packages.debian_package()))

    assert (root / "opt/csb/current").read_text() == "99.0\n"


def test_it_replaces_an_older_version(packages: Packages, root: Path) -> None:
    _update_brought(root, "0.0.1")
    (root / "opt/csb/trial").write_text("version=0.0.1\n")

    _dpkg(root, "--install", str(packages.debian_package()))

    assert (root / "opt/csb/current").read_text() == f"{own_version()}\n"
    assert not (root / "opt/csb/trial").exists()


def test_purged_it_leaves_nothing_but_the_devices_keys(packages: Packages, root: Path) -> None:
    before = _files(root)
    _dpkg(root, "--install", str(packages.debian_package()))
    _update_brought(root, "99.0")
    (root / "var/lib/csbackup").mkdir()
    (root / "var/lib/csbackup/keys").write_text("secret")

    said = _dpkg(root, "--purge", "csb")

    assert _files(root) - before == {"var/lib/csbackup", "var/lib/csbackup/keys"}
    assert "/var/lib/csbackup" in said


def _update_brought(root: Path, version: str) -> None:
    folder = root / "opt/csb/versions" / version
    folder.mkdir(parents=True)
    (folder / "csb").write_text("#!/bin/sh\n")
    (folder / "csb").chmod(0o755)
    (root / "opt/csb/current").write_text(f"{version}\n")


def _files(root: Path) -> set[str]:
    """All but dpkg's own books."""
    found = {path.relative_to(root).as_posix() for path in root.rglob("*")}
    return {name for name in found if not name.startswith("var/lib/dpkg")}


def _dpkg(root: Path, *arguments: str) -> str:
    """`--force-script-chrootless`: the scripts run here, told where the root folder is."""
    command = ["dpkg", f"--root={root}", "--force-script-chrootless", "--force-architecture"]
    outcome = subprocess.run([*command, *arguments], capture_output=True, text=True)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout + outcome.stderr
