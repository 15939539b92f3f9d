"""Our own package, as it goes into a runtime: without what that program never uses."""

from __future__ import annotations

import re
import shutil
from importlib import metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DISTRIBUTION = "clientserverbackup"
_VERSION = re.compile(r'^__version__ = "(.+)"$', re.MULTILINE)
_NEVER = ("__pycache__", "built.new", ".built-from", "*.pyc")


def own_version() -> str:
    found = _VERSION.search((ROOT / "src/csbackup/__init__.py").read_text("utf-8"))
    if found is None:
        raise SystemExit("src/csbackup/__init__.py names no version.")
    return found[1]


def lay_out(folder: Path, kind: str, version: str) -> None:
    """Sources and what they need, in `folder`, as that version.

    A device's own page is never sent far: it has no packed copies. A device has no server either.
    """
    left_out = (*_NEVER, "*.br", "*.gz") if kind == "client" else _NEVER
    target = folder / "csbackup"
    shutil.copytree(ROOT / "src" / "csbackup", target, ignore=shutil.ignore_patterns(*left_out))
    if kind == "client":
        shutil.rmtree(target / "server")
    stamp(target / "__init__.py", version)
    _write_metadata(folder / f"{DISTRIBUTION}-{version}.dist-info", version)


def stamp(module: Path, version: str) -> None:
    text = module.read_text("utf-8")
    module.write_text(_VERSION.sub(f'__version__ = "{version}"', text), "utf-8")


def _write_metadata(info: Path, version: str) -> None:
    installed = metadata.distribution(DISTRIBUTION)
    info.mkdir()
    text = installed.read_text("METADATA") or ""
    text = re.sub(r"^Version: .+$", f"Version: {version}", text, count=1, flags=re.MULTILINE)
    (info / "METADATA").write_text(text, "utf-8")
    (info / "entry_points.txt").write_text(installed.read_text("entry_points.txt") or "", "utf-8")
