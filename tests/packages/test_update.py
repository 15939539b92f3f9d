"""Real bundles update themselves: one that works stays, one whose service dies goes back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from csbackup.format.releases import write_pinned
from support.packages import RESTAMP, Packages, own_version
from support.processes import start_server
from support.rollout import House, furnish, until
from support.updating import FIRST, SPARE, public

OLD, NEW, BROKEN = "0.0.1", "0.0.2", "0.0.3"
DIES = """
import sys
import click

@click.group()
def service() -> None:
    "Back up regularly."

@service.command(context_settings={"ignore_unknown_options": True})
@click.argument("rest", nargs=-1)
def run(rest: tuple[str, ...]) -> None:
    "Dies."
    sys.exit(9)
"""


def restamped(packages: Packages, version: str, out: Path, *code: str) -> bytes:
    """The built client as another version, with the tests' release keys."""
    keys = out / "release-keys.json"
    keys.write_bytes(write_pinned(public(FIRST, SPARE)))
    command = [sys.executable, RESTAMP, packages.tarball(), "--version", version, "--out", out]
    subprocess.run([*command, "--keys", keys, *code], check=True, capture_output=True)
    return (out / f"csb-{version}-linux-amd64.tar.xz").read_bytes()


@pytest.fixture
def house(packages: Packages, tmp_path: Path) -> Iterator[House]:
    assert OLD < NEW < BROKEN < own_version()
    (tmp_path / "made").mkdir()
    first = restamped(packages, OLD, tmp_path / "made")
    with start_server(tmp_path / "data") as server:
        yield furnish(server, tmp_path, OLD, first)


def test_a_real_bundle_becomes_the_next_and_goes_back_from_a_broken_one(
    packages: Packages, house: House, tmp_path: Path
) -> None:
    made = tmp_path / "made"
    (made / "dies.py").write_text(DIES)
    good = restamped(packages, NEW, made)
    broken = restamped(
        packages, BROKEN, made, "--code", f"csbackup.client.cli.service={made / 'dies.py'}"
    )
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/first.txt").write_text("hello")
    house.device.call("add", str(tmp_path / "letters"))

    with house.device.serving(supervised=False):
        house.offer(NEW, content=good)
        until(lambda: house.row()["standing"] == "runs-it", 180)
        house.offer(BROKEN, content=broken)
        until(lambda: house.row()["standing"] == "went-back", 180)
        until(lambda: house.row()["version"] == NEW)

    assert house.row()["update"]["code"] == "died"
    assert house.device.current == NEW
    assert house.device.call("version").stdout == f"csb {NEW}\n"
    assert json.loads(house.device.call("snapshots", "--json").stdout)
