"""What has no ready file for ARMv7 is compiled here, by Debian's cross compiler."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

from problems import BuildStopped

COMPILER = "arm-linux-gnueabihf-gcc"
SUFFIX = ".cpython-313-arm-linux-gnueabihf.so"
# Debian's oldest: no NEON. The alignment lets machines with wide memory pages load it.
_FLAGS = ("-O2", "-fPIC", "-shared", "-s", "-march=armv7-a+fp", "-mfpu=vfpv3-d16")
_LINK = ("-Wl,-z,max-page-size=65536", "-Wl,-z,relro,-z,now", "-Wl,--build-id=none")


def compile_extensions(source: Path, cython: Path, headers: Path, scratch: Path) -> list[Path]:
    """The package in that source with its Cython modules compiled: folders to install."""
    folder = _unpack(source, scratch / source.name.partition("-")[0])
    for module in sorted(folder.rglob("*.pyx")):
        if "tests" not in module.parts:
            _compile_module(module, folder, cython, headers)
    _licence(folder)
    return [one.parent for one in folder.glob("*/__init__.py") if one.parent.name != "tests"]


def _compile_module(module: Path, folder: Path, cython: Path, headers: Path) -> None:
    generated = module.with_suffix(".gen.c")
    environment = dict(os.environ, PYTHONPATH=str(cython))
    command = [sys.executable, "-m", "cython", "-3", str(module), "-o", str(generated)]
    _run([*command, "--module-name", _dotted(module, folder)], env=environment)
    vendored = _vendored(folder) if module.stem == "parser" else []
    vendored += _url_parser(folder) if module.stem == "url_parser" else []
    include = ["-I", str(headers / "python3.13"), "-I", str(headers)]
    include += [part for file in vendored for part in ("-I", str(_include(file)))]
    target = module.with_name(module.stem + SUFFIX)
    _compile([generated, *vendored], target, "-fno-strict-aliasing", *include)


def _vendored(folder: Path) -> list[Path]:
    return sorted((folder / "vendor" / "llhttp" / "src").glob("*.c"))


def _url_parser(folder: Path) -> list[Path]:
    return sorted((folder / "vendor" / "http-parser").glob("http_parser.c"))


def _include(file: Path) -> Path:
    beside = file.parent.parent / "include"
    return beside if beside.is_dir() else file.parent


def _dotted(module: Path, folder: Path) -> str:
    return ".".join(module.relative_to(folder).with_suffix("").parts)


def _licence(folder: Path) -> None:
    for package in folder.glob("*/__init__.py"):
        for licence in folder.glob("LICENSE*"):
            shutil.copy(licence, package.parent / licence.name)


def _unpack(source: Path, folder: Path) -> Path:
    with tarfile.open(source) as archive:
        archive.extractall(folder, filter="data")
    return next(one for one in folder.iterdir() if one.is_dir())


def _compile(files: Iterable[Path], target: Path, *options: str) -> None:
    if shutil.which(COMPILER) is None:
        raise BuildStopped(f"{COMPILER} is not here: apt-get install gcc-arm-linux-gnueabihf")
    _run([COMPILER, *_FLAGS, *_LINK, *options, *map(str, files), "-o", str(target)])


def _run(command: list[str], env: dict[str, str] | None = None) -> None:
    outcome = subprocess.run(command, capture_output=True, text=True, env=env)
    if outcome.returncode:
        raise BuildStopped(f"{' '.join(command[:4])} ...:\n{outcome.stderr.strip()[-2000:]}")
