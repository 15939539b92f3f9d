"""Put together what the container holds: `root`, with our runtime at `usr`, and the empty `data`.

    python packaging/container/tree.py --for arm64 --out DIR
    python packaging/container/tree.py --for amd64 --runtime DIR/runtime --releases DIR --out DIR

Without `--runtime` the runtime is built first. The image's build says whose the files are.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
TARGETS = {  # as builders of containers call them
    "amd64": "linux-amd64",
    "arm64": "linux-arm64",
    "arm64v8": "linux-arm64",
    "armv7": "linux-armv7",
}
USER = 10001
# Where a program asks for its loader: these lead to the one of our runtime.
LINKS = {"lib": "usr/lib", "lib64": "usr/lib", "bin": "usr/bin"}
EMPTY = ("dev", "proc", "sys", "run", "etc")
# It asks for the `site` of its own packages only, and sees no variable of whoever starts it.
START = """\
#!/usr/bin/python3.13 -IBXutf8
from csbackup.server.cli import main

main()
"""


def lay_out(runtime: Path, releases: Path | None, out: Path) -> None:
    root = out / "root"
    shutil.copytree(runtime, root / "usr", symlinks=True)
    _replace_start(root / "usr" / "bin")
    for link, target in LINKS.items():
        (root / link).symlink_to(target)
    for name in EMPTY:
        (root / name).mkdir()
    _write_accounts(root / "etc")
    if releases is None:
        (root / "releases").mkdir()
    else:
        shutil.copytree(releases, root / "releases")
    (out / "data").mkdir(mode=0o700)


def _replace_start(programs: Path) -> None:
    """The runtime's own script needs a shell; here the loader is where the program wants it."""
    (programs / "python3").unlink()
    (programs / "python3").symlink_to("python3.13")
    (programs / "csb-server").write_text(START)
    (programs / "csb-server").chmod(0o755)


def _write_accounts(folder: Path) -> None:
    (folder / "passwd").write_text(f"root:x:0:0::/:\ncsb:x:{USER}:{USER}::/data:\n")
    (folder / "group").write_text(f"root:x:0:\ncsb:x:{USER}:\n")


def build_runtime(machine: str, out: Path) -> Path:
    builder = ROOT / "packaging" / "runtime" / "build.py"
    target = TARGETS[machine]
    command = [sys.executable, str(builder), "--target", target, "--kind", "server"]
    if subprocess.run([*command, "--out", str(out)]).returncode:
        raise SystemExit(f"The runtime for {target} was not built.")
    return out / "runtime"


def main() -> None:
    parser = argparse.ArgumentParser(description="Put together what the container's root holds.")
    parser.add_argument("--for", dest="machine", required=True, choices=TARGETS)
    parser.add_argument("--runtime", type=Path, help="one that was built before")
    parser.add_argument("--releases", type=Path, help="releases of the client to put inside")
    parser.add_argument("--out", type=Path, required=True)
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True)
    with tempfile.TemporaryDirectory(prefix="csb-tree-") as scratch:
        runtime = wanted.runtime or build_runtime(wanted.machine, Path(scratch))
        lay_out(runtime, wanted.releases, wanted.out)


if __name__ == "__main__":
    main()
