"""Make another version of a built bundle within seconds, for tests of updates.

    python packaging/client/linux/restamp.py csb-0.1.0-linux-amd64.tar.xz --version 0.2.0 --out DIR
        [--code csbackup.client.cli.status=changed.py] [--keys FILE] [--formats tar,deb,folder]

The bundle's own Python compiles what changes, so this runs where the bundle does. It makes
something unsigned: nothing takes it for a release.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import bundle

_PACKAGES = "runtime/lib/python3.13/dist-packages"
_COMPILE = """
import py_compile, sys
py_compile.compile(
    *sys.argv[1:], doraise=True,
    invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
)
"""
_DOCSTRING = '"""ClientServerBackup: a blind backup server that is also a friendly product."""'


def restamp(folder: Path, version: str, code: dict[str, Path]) -> Path:
    """The folder, renamed; its modules in `code` replaced by those sources."""
    renamed = folder.rename(folder.with_name(version))
    with tempfile.TemporaryDirectory(prefix="csb-restamp-") as scratch:
        own = Path(scratch) / "__init__.py"
        own.write_text(f'{_DOCSTRING}\n\n__version__ = "{version}"\n', "utf-8")
        for module, source in {"csbackup": own, **code}.items():
            _compile(renamed, module, source)
    for info in (renamed / _PACKAGES).glob("clientserverbackup-*.dist-info"):
        info.rename(info.with_name(f"clientserverbackup-{version}.dist-info"))
    return renamed


def _compile(folder: Path, module: str, source: Path) -> None:
    place = folder / _PACKAGES / module.replace(".", "/")
    compiled = place / "__init__.pyc" if place.is_dir() else place.with_suffix(".pyc")
    if not compiled.is_file():
        raise SystemExit(f"{module} is not in {folder.name}.")
    shown = compiled.relative_to(folder / _PACKAGES).with_suffix(".py")
    python = folder / "runtime/bin/python3"
    command = [str(python), "-c", _COMPILE, str(source.resolve()), str(compiled), str(shown)]
    subprocess.run(command, check=True)


def _unpack(path: Path, scratch: Path) -> Path:
    if path.is_dir():
        return Path(shutil.copytree(path, scratch / path.name))
    with tarfile.open(path) as archive:
        archive.extractall(scratch, filter="tar")
    (folder,) = scratch.iterdir()
    return folder


def main() -> int:
    parser = argparse.ArgumentParser(description="Make another version of a built bundle.")
    parser.add_argument("bundle", type=Path, help="a .tar.xz, or a version's folder")
    parser.add_argument("--version", required=True)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--target", default="linux-amd64", choices=bundle.DEBIAN_NAMES)
    parser.add_argument("--code", action="append", default=[], metavar="MODULE=FILE")
    parser.add_argument("--keys", type=Path, help="other public release keys")
    parser.add_argument("--formats", default="tar")
    wanted = parser.parse_args()
    code = dict(one.split("=", 1) for one in wanted.code)
    with tempfile.TemporaryDirectory(prefix="csb-restamp-") as scratch:
        folder = _unpack(wanted.bundle, Path(scratch))
        folder = restamp(folder, wanted.version, {name: Path(one) for name, one in code.items()})
        if wanted.keys is not None:
            shutil.copy(wanted.keys, folder / "release-keys.json")
        formats = wanted.formats.split(",")
        for path in bundle.pack(folder, wanted.target, wanted.out, formats, fast=True):
            print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
