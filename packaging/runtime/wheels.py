"""Files of the Python package index, fetched by pip: for any machine, each held to its hash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from contents import PYTHON
from locks import Wheel
from problems import BuildStopped
from targets import Target


def fetch(wheels: Iterable[Wheel], target: Target, cache: Path) -> dict[str, Path]:
    """Each file's own copy in the cache, by the name of its project."""
    wanted = list(wheels)
    with ThreadPoolExecutor(4) as threads:
        paths = threads.map(lambda wheel: _take(wheel, target, cache), wanted)
    return {wheel.name: path for wheel, path in zip(wanted, paths, strict=True)}


def resolve(requirements: Sequence[str], target: Target, constraint: Path) -> list[Wheel]:
    """What pip would install on that machine, all of it."""
    answer = _report(target, ["--constraint", str(constraint), *requirements])
    return [_wheel(one) for one in answer["install"]]


def pin(name: str, version: str, target: Target, *, source: bool = False) -> Wheel:
    """One project's file at that version; `source`: the one to compile from."""
    if not source:
        (one,) = _report(target, ["--no-deps", f"{name}=={version}"])["install"]
        return _wheel(one)
    with tempfile.TemporaryDirectory() as folder:
        arguments = ["--no-deps", "--no-binary", name, "--dest", folder]
        _pip("download", *arguments, f"{name}=={version}")
        (path,) = Path(folder).iterdir()
        return Wheel(name, version, _hash(path))


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


def _report(target: Target, arguments: list[str]) -> dict[str, list[dict[str, object]]]:
    with tempfile.TemporaryDirectory() as folder:
        options = ["--dry-run", "--ignore-installed", "--quiet", "--target", folder]
        text = _pip("install", *options, "--report", "-", *_for(target), *arguments)
    answer: dict[str, list[dict[str, object]]] = json.loads(text)
    return answer


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


def _wheel(one: dict[str, object]) -> Wheel:
    metadata, download = one["metadata"], one["download_info"]
    assert isinstance(metadata, dict) and isinstance(download, dict)
    digest = download["archive_info"]["hashes"]["sha256"]
    return Wheel(metadata["name"].lower().replace("_", "-"), metadata["version"], digest)


def _hash(path: Path) -> str:
    return _pip("hash", "--algorithm", "sha256", str(path)).rpartition("sha256:")[2].strip()
