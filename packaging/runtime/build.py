"""Build what people install, for any of our targets, on this one machine.

    python packaging/runtime/build.py --target linux-amd64 --kind client --out dist
    python packaging/runtime/build.py --target linux-arm64 --kind server --out dist/arm64

client: OUT/csb-<version>-<target>.tar.xz and OUT/csb_<version>_<debian's name>.deb;
        with `--formats folder` OUT/<version>/ as it lies on a device.
server: OUT/runtime/ and OUT/csb-server, which starts it from wherever it lies. In a container that
        has runtime/bin and runtime/lib as /usr/bin and /usr/lib, and /lib and /lib64 pointing to
        usr/lib, `/usr/bin/python3.13 -I -B -X utf8 -m csbackup.server.cli` starts without a shell.

Inputs are pinned in the lock files beside this program, and kept in `.cache/packages`. When the
archive no longer has what they name, the build stops and says what differs.
"""

from __future__ import annotations

import argparse
import fcntl
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import project
import runtime
from debian import Archive, find_addresses
from problems import BuildStopped
from targets import KINDS, TARGETS, Target
from workshop import Workshop

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "packages"
CLIENT = ROOT / "packaging" / "client" / "linux"
FORMATS = ("folder", "tar", "deb")


@dataclass(frozen=True, slots=True)
class Order:
    """`keys`: the two public release keys; without them a client refuses every update."""

    target: Target
    kind: str
    out: Path
    version: str
    keys: Path | None
    formats: tuple[str, ...]
    fast: bool


def build(order: Order, workshop: Workshop) -> None:
    package = workshop.scratch / "package"
    project.lay_out(package, order.kind, order.version)
    order.out.mkdir(parents=True, exist_ok=True)
    if order.kind == "server":
        _build_server(order, package, workshop)
    else:
        _build_client(order, package, workshop)


def _build_server(order: Order, package: Path, workshop: Workshop) -> None:
    folder = workshop.scratch / "made" / "runtime"
    runtime.build(order.target, "server", package, folder, workshop)
    shutil.rmtree(order.out / "runtime", ignore_errors=True)
    shutil.move(folder, order.out / "runtime")
    script = shutil.copy(runtime.HERE / "csb-server.sh", order.out / "csb-server")
    Path(script).chmod(0o755)


def _build_client(order: Order, package: Path, workshop: Workshop) -> None:
    folder = workshop.scratch / "made" / order.version
    runtime.build(order.target, "client", package, folder / "runtime", workshop)
    for source, name in (("csb.sh", "csb"), ("start.sh", "start.sh")):
        shutil.copy(CLIENT / source, folder / name)
        (folder / name).chmod(0o755)
    if order.keys is not None:
        shutil.copy(order.keys, folder / "release-keys.json")
        (folder / "release-keys.json").chmod(0o644)
    command = [sys.executable, str(CLIENT / "bundle.py"), str(folder), "--out", str(order.out)]
    command += ["--target", order.target.name, "--formats", ",".join(order.formats)]
    outcome = subprocess.run([*command, *(["--fast"] if order.fast else [])])
    if outcome.returncode:
        raise BuildStopped("The bundle was not put together.")


def main() -> int:
    parser = argparse.ArgumentParser(description="Build what people install.")
    parser.add_argument("--target", required=True, choices=TARGETS)
    parser.add_argument("--kind", required=True, choices=KINDS)
    parser.add_argument("--out", required=True, type=Path, help="the folder for what is built")
    parser.add_argument("--release-keys", type=Path, help="JSON with the public release keys")
    parser.add_argument("--version", default=project.own_version(), help="instead of our own")
    parser.add_argument("--formats", default="tar,deb", help="some of folder,tar,deb")
    parser.add_argument("--fast", action="store_true", help="for tests: compress less")
    parser.add_argument("--archive", help="where Debian's archive is, else as apt here is set up")
    parser.add_argument("--security", help="where Debian's security archive is")
    parser.add_argument(
        "--allow-drift", action="store_true", help="for tests: take newer packages than locked"
    )
    wanted = parser.parse_args()
    formats = tuple(wanted.formats.split(","))
    if not set(formats) <= set(FORMATS):
        parser.error(f"--formats: some of {','.join(FORMATS)}")
    CACHE.mkdir(parents=True, exist_ok=True)
    if not _has_web():
        return 1
    order = Order(
        TARGETS[wanted.target],
        wanted.kind,
        wanted.out,
        wanted.version,
        wanted.release_keys,
        formats,
        wanted.fast,
    )
    try:
        archive = Archive(CACHE, find_addresses(wanted.archive, wanted.security))
        with tempfile.TemporaryDirectory(prefix="csb-build-") as scratch:
            build(order, Workshop(archive, CACHE, Path(scratch), wanted.allow_drift))
    except BuildStopped as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


def _has_web() -> bool:
    """Built where it is not current; two builds at once would write over each other."""
    builder = ROOT / "packaging" / "build_web.py"
    with (CACHE / "web").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        return subprocess.run([sys.executable, str(builder)], stdout=sys.stderr).returncode == 0


if __name__ == "__main__":
    sys.exit(main())
