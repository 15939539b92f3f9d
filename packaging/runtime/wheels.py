"""Files of the Python package index, fetched by pip: for any machine, each held to its hash."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

from contents import PYTHON
from locks import Wheel
from problems import BuildStopped
from targets import Target, of_this_machine


def fetch(wheels: Iterable[Wheel], target: Target, cache: Path) -> dict[str, Path]:
    """Each file's own copy in the cache, by the name of its project."""
    wanted = list(wheels)
    with ThreadPoolExecutor(4) as threads:
        paths = threads.map(lambda wheel: _take(wheel, target, cache), wanted)
    return {wheel.name: path for wheel, path in zip(wanted, paths, strict=True)}


def resolve(requirements: Sequence[str], target: Target, constraint: Path) -> list[Wheel]:
    """What pip would install on that machine, all of it."""
    return _report(target, ["--constraint", str(constraint), *requirements])


def pin(versions: Mapping[str, str], target: Target) -> list[Wheel]:
    """The wheels of these projects at these versions, of nothing else."""
    return _report(target, ["--no-deps", *(f"{name}=={one}" for name, one in versions.items())])


def pin_tool(name: str, constraint: Path) -> Wheel:
    """A project that runs on whatever machine builds."""
    (wheel,) = resolve([name], replace(of_this_machine(), wheel_platforms=("any",)), constraint)
    return wheel


def pin_source(name: str, version: str) -> Wheel:
    """The source to compile that project from."""
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--no-deps", "--no-binary", name, "--dest", folder]
        _pip("download", *arguments, f"{name}=={version}")
        (path,) = Path(folder).iterdir()
        return Wheel(name, version, hashlib.sha256(path.read_bytes()).hexdigest())


def unpack(wheel: Path, folder: Path) -> None:
    """Lay a wheel's files where Python imports from."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder)
    for data in folder.glob("*.data"):
        raise BuildStopped(f"{wheel.name} carries {data.name}, which nothing here unpacks.")


def _take(wheel: Wheel, target: Target, cache: Path) -> Path:
    folder = cache / wheel.sha256
    kept = list(folder.glob("[!.]*")) if folder.is_dir() else []
    if kept:
        return kept[0]
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        lock = Path(scratch) / "one.lock"
        lock.write_text(f"{wheel.name}=={wheel.version} --hash=sha256:{wheel.sha256}\n", "utf-8")
        aside = Path(scratch) / "files"
        arguments = ["--no-deps", "--require-hashes", "--dest", str(aside), "-r", str(lock)]
        try:
            _pip("download", *arguments, *_for(target))
        except BuildStopped:  # no wheel of that hash: it is a source to compile from
            _pip("download", *arguments, "--no-binary", wheel.name)
        if not folder.is_dir():
            aside.rename(folder)
    return next(folder.iterdir())


def _report(target: Target, arguments: list[str]) -> list[Wheel]:
    with tempfile.TemporaryDirectory() as folder:
        options = ["--dry-run", "--ignore-installed", "--quiet", "--target", folder]
        text = _pip("install", *options, "--report", "-", *_for(target), *arguments)
    return [_wheel(one) for one in json.loads(text)["install"]]


def _for(target: Target) -> list[str]:
    options = ["--only-binary=:all:", "--implementation", "cp", "--python-version", PYTHON]
    for abi in (f"cp{PYTHON.replace('.', '')}", "abi3", "none"):
        options += ["--abi", abi]
    for platform in target.wheel_platforms:
        options += ["--platform", platform]
    return options


def _pip(*arguments: str) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "PIP_FIND_LINKS"}
    outcome = subprocess.run(
        [sys.executable, "-m", "pip", *arguments, "--disable-pip-version-check"],
        capture_output=True,
        text=True,
        env=environment,
    )
    if outcome.returncode:
        raise BuildStopped(f"pip {arguments[0]}:\n{outcome.stderr.strip()}")
    return outcome.stdout


def _wheel(one: dict[str, Any]) -> Wheel:
    metadata, archive = one["metadata"], one["download_info"]["archive_info"]
    name = metadata["name"].lower().replace("_", "-")
    return Wheel(name, metadata["version"], archive["hashes"]["sha256"])
