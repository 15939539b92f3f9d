"""Pack a built version of the client: the same files always give the same bytes.

    python packaging/client/linux/bundle.py FOLDER --target linux-amd64 --out DIR

FOLDER is named as the version in it. Standard library and `dpkg-deb` only.
"""

from __future__ import annotations

import argparse
import lzma
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
DEBIAN_NAMES = {"linux-amd64": "amd64", "linux-arm64": "arm64", "linux-armv7": "armhf"}
SCRIPTS = ("postinst", "prerm", "postrm")
INSTALL = Path("opt/csb")
_TIME = 946684800  # one moment for all files: 2000-01-01
_CONTROL = """\
Package: csb
Version: {version}
Architecture: {machine}
Maintainer: The ClientServerBackup authors
Installed-Size: {kibibytes}
Section: utils
Priority: optional
Description: backs this device up to a ClientServerBackup server
 Files are sealed on the device; the server keeps what it cannot read.
 Brings its own Python and libraries, and needs nothing of the system's.
"""


def pack(folder: Path, target: str, out: Path, formats: list[str], *, fast: bool) -> list[Path]:
    """What was made. `fast`: compress less, for tests."""
    out.mkdir(parents=True, exist_ok=True)
    level_out(folder)
    made = []
    if "tar" in formats:
        made.append(make_tar(folder, out / f"csb-{folder.name}-{target}.tar.xz", fast=fast))
    if "deb" in formats:
        name = f"csb_{folder.name}_{DEBIAN_NAMES[target]}.deb"
        made.append(make_deb(folder, DEBIAN_NAMES[target], out / name, fast=fast))
    if "folder" in formats:
        shutil.rmtree(out / folder.name, ignore_errors=True)
        made.append(Path(shutil.copytree(folder, out / folder.name)))
    return made


def make_tar(folder: Path, path: Path, *, fast: bool) -> Path:
    aside = path.with_name(path.name + ".new")
    with (
        lzma.open(aside, "wb", preset=1 if fast else 6) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
    ):
        for member in (folder, *sorted(folder.rglob("*"))):
            name = f"{folder.name}/{member.relative_to(folder).as_posix()}".removesuffix("/.")
            archive.add(member, name, recursive=False, filter=_plain)
    aside.rename(path)
    return path


def make_deb(folder: Path, machine: str, path: Path, *, fast: bool) -> Path:
    """Everything below /opt/csb but the pointer, which belongs to whoever moves it."""
    with tempfile.TemporaryDirectory(prefix="csb-deb-") as scratch:
        root = Path(scratch) / "root"
        shutil.copytree(folder, root / INSTALL / "versions" / folder.name)
        shutil.copy(HERE / "start.sh", root / INSTALL / "csb")
        (root / INSTALL / "csb").chmod(0o755)
        (root / "usr/bin").mkdir(parents=True)
        (root / "usr/bin/csb").symlink_to("/opt/csb/csb")
        _write_documents(folder, root / "usr/share/doc/csb")
        _write_control(root, folder.name, machine)
        level_out(root)
        command = ["dpkg-deb", "--root-owner-group", "-Zxz", f"-z{1 if fast else 6}"]
        environment = dict(os.environ, SOURCE_DATE_EPOCH=str(_TIME))
        subprocess.run(
            [*command, "--build", str(root), str(path)],
            check=True,
            env=environment,
            stdout=subprocess.DEVNULL,
        )
    return path


def level_out(folder: Path) -> None:
    """One time and one of two modes for every file, so that only contents can differ."""
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            runs = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if runs else 0o644)
        os.utime(path, (_TIME, _TIME), follow_symlinks=False)


def _plain(member: tarfile.TarInfo) -> tarfile.TarInfo:
    member.uid = member.gid = 0
    member.uname = member.gname = "root"
    member.mtime = _TIME
    return member


def _write_documents(folder: Path, documents: Path) -> None:
    documents.mkdir(parents=True)
    shutil.copy(folder / "runtime/licences/NOTICE", documents / "copyright")


def _write_control(root: Path, version: str, machine: str) -> None:
    control = root / "DEBIAN"
    control.mkdir()
    size = sum(path.stat().st_size for path in root.rglob("*") if path.is_file()) // 1024
    text = _CONTROL.format(version=version, machine=machine, kibibytes=size)
    (control / "control").write_text(text, "utf-8")
    for name in SCRIPTS:
        script = (HERE / "deb" / name).read_text("utf-8").replace("@VERSION@", version)
        (control / name).write_text(script, "utf-8")
        (control / name).chmod(0o755)


def main() -> int:
    parser = argparse.ArgumentParser(description="Pack a built version of the client.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--target", required=True, choices=DEBIAN_NAMES)
    parser.add_argument("--out", required=True, type=Path)
    parser.add_argument("--formats", default="tar,deb", help="some of folder,tar,deb")
    parser.add_argument("--fast", action="store_true", help="for tests: compress less")
    wanted = parser.parse_args()
    formats = wanted.formats.split(",")
    for path in pack(wanted.folder, wanted.target, wanted.out, formats, fast=wanted.fast):
        print(path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
