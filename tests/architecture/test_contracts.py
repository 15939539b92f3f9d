"""Every architecture contract is proven red once: a copy of the source with a forbidden import."""

import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = Path(sys.executable).parent


class Violation(NamedTuple):
    contract: str
    module: str
    line: str


VIOLATIONS = [
    Violation("layers", "format/ids.py", "import csbackup.protocol.messages"),
    Violation("layers", "rules/exclusion.py", "import csbackup.protocol.messages"),
    Violation("layers", "protocol/messages.py", "import csbackup.server.config"),
    Violation("layers", "server/config.py", "import csbackup.client.config"),
    Violation("layers", "client/config.py", "import csbackup.server.config"),
    Violation("layers", "web/files.py", "import csbackup.client.config"),
    Violation("pure", "errors.py", "import logging"),
    Violation("pure", "format/chunking.py", "import os"),
    Violation("pure", "format/keys.py", "import secrets"),
    Violation("pure", "rules/exclusion.py", "import time"),
    Violation("pure", "protocol/messages.py", "import urllib3"),
    Violation("server-layers", "server/services/commit.py", "import csbackup.server.api"),
    Violation("server-layers", "server/catalog/packs.py", "import csbackup.server.services"),
    Violation("server-layers", "server/store/packs.py", "import csbackup.server.catalog"),
    Violation("api-asks-services", "server/api/devices.py", "import csbackup.server.catalog"),
    Violation("api-asks-services", "server/api/uploads.py", "import csbackup.server.store.packs"),
    Violation("client-layers", "client/scan.py", "import csbackup.client.backup"),
    Violation("client-layers", "client/config.py", "import csbackup.client.journal"),
    Violation("sql", "server/services/commit.py", "import sqlite3"),
    Violation("sql", "client/scan.py", "import sqlite3"),
    Violation("http-in", "server/services/commit.py", "import starlette.requests"),
    Violation("http-out", "client/scan.py", "import urllib3"),
]

PURE_MODULES = ["errors.py", "format/ids.py", "rules/exclusion.py", "protocol/messages.py"]
CLOCK_AND_PATH = [
    "import datetime\nNOW = datetime.datetime.now()\n",
    "import datetime\nTODAY = datetime.date.today()\n",
    "import pathlib\nHERE = pathlib.Path()\n",
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The source and the rules it is held to, free to be broken."""
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("__pycache__", "built")
    )
    for name in ("pyproject.toml", "ruff.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    return tmp_path


def test_the_source_keeps_every_contract(copy: Path) -> None:
    outcome = lint_imports(copy)

    assert broken_contracts(outcome) == []
    assert outcome.returncode == 0, outcome.stdout


@pytest.mark.parametrize(
    "violation", VIOLATIONS, ids=[f"{v.contract}: {v.module}: {v.line}" for v in VIOLATIONS]
)
def test_a_forbidden_import_breaks_its_contract(copy: Path, violation: Violation) -> None:
    append(copy, violation.module, violation.line + "\n")

    outcome = lint_imports(copy)

    assert contract_names()[violation.contract] in broken_contracts(outcome), outcome.stdout


def test_every_contract_is_proven_red() -> None:
    proven = {violation.contract for violation in VIOLATIONS}

    assert proven == set(contract_names())


@pytest.mark.parametrize("module", PURE_MODULES)
@pytest.mark.parametrize("lines", CLOCK_AND_PATH)
def test_the_pure_part_reads_no_clock_and_touches_no_path(
    copy: Path, module: str, lines: str
) -> None:
    append(copy, module, lines)

    found = ruff_banned(copy, module)

    assert "TID251" in found.stdout
    assert found.returncode == 1


def test_outside_the_pure_part_the_clock_may_be_read(copy: Path) -> None:
    append(copy, "server/config.py", CLOCK_AND_PATH[0])

    found = ruff_banned(copy, "server/config.py")

    assert found.returncode == 0, found.stdout


def append(copy: Path, module: str, lines: str) -> None:
    path = copy / "src" / "csbackup" / module
    with path.open("a", encoding="utf-8") as file:  # a module that is not there must not be made
        assert file.tell() > 0, f"{module} is empty or missing; name a real module"
        file.write("\n" + lines)


def lint_imports(copy: Path) -> subprocess.CompletedProcess[str]:
    return run(copy, "lint-imports", "--no-cache", "--no-logo")


def ruff_banned(copy: Path, module: str) -> subprocess.CompletedProcess[str]:
    path = f"src/csbackup/{module}"
    return run(
        copy, "ruff", "check", "--no-cache", "--output-format=concise", path, "--select=TID251"
    )


def run(copy: Path, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run in the copy, whose modules stand before the installed ones on Python's path."""
    environment = dict(os.environ, PYTHONPATH=str(copy / "src"), COLUMNS="200")
    return subprocess.run(
        [str(PROGRAMS / program), *arguments],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def contract_names() -> dict[str, str]:
    """The contracts by id."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    return {contract["id"]: contract["name"] for contract in contracts}


def broken_contracts(outcome: subprocess.CompletedProcess[str]) -> list[str]:
    lines = outcome.stdout.splitlines()
    return [line.removesuffix(" BROKEN") for line in lines if line.endswith(" BROKEN")]
