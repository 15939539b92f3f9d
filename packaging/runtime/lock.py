"""Write the locks anew: the newest of Debian's packages, and the wheels of our own lock.

    python packaging/runtime/lock.py [--check] [--archive URL] [--security URL] [--skip INDEX]

`--check` writes nothing, and ends with 1 when Debian has something newer: a release looks first.
`--skip trixie-security/armhf` leaves one index out, where a mirror has it older than its signature.
Versions from the Python package index are those of `requirements/dev.lock`, so that what is shipped
is what was tested; only their hashes are looked up.
"""

from __future__ import annotations

import argparse
import sys
import tomllib
from pathlib import Path

import contents
import locks
import wheels
from debian import Archive, find_addresses
from locks import DebianFile, Wheel
from problems import BuildStopped
from targets import KINDS, TARGETS, Target

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "packages"
CONSTRAINT = ROOT / "requirements" / "dev.lock"


def lock_debian(archive: Archive) -> list[DebianFile]:
    return archive.newest(contents.all_debian_names(list(TARGETS.values())))


def lock_wheels(kind: str) -> None:
    """Resolved once, for the machine with a wheel of everything; the others follow it."""
    first, *others = TARGETS.values()
    resolved = wheels.resolve(requirements(kind), first, CONSTRAINT)
    locks.write_wheels(resolved, locks.wheels_lock(first.name, kind))
    for target in others:
        pinned = _pinned(resolved, target)
        locks.write_wheels(pinned, locks.wheels_lock(target.name, kind))


def requirements(kind: str) -> list[str]:
    """Of the project file: what both programs need, and what this one does."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    own = [*project["dependencies"], *project["optional-dependencies"][kind]]
    if kind == "client":
        return own
    client = project["optional-dependencies"]["client"]
    return own + [one for one in client if one.startswith(contents.SERVER_MAY_USE)]


def newer(found: list[DebianFile]) -> list[str]:
    """One line for each package that the lock has in another version."""
    locked = {(one.machine, one.package): one.version for one in locks.read_runtime()}
    return [
        f"{one.package} ({one.machine}): locked {locked.get((one.machine, one.package), 'not')}, "
        f"found {one.version}"
        for one in found
        if locked.get((one.machine, one.package)) != one.version
    ]


def _pinned(resolved: list[Wheel], target: Target) -> list[Wheel]:
    versions = {one.name: one.version for one in resolved}
    if target.debian != "armhf":
        return wheels.pin(versions, target)
    for name in contents.ARMV7_FROM_DEBIAN:
        versions.pop(name, None)
    compiled = [name for name in contents.ARMV7_COMPILED if name in versions]
    sources = [wheels.pin_source(name, versions.pop(name)) for name in compiled]
    older = {name: one for name, one in contents.ARMV7_OLDER.items() if name in versions}
    tool = wheels.pin_tool(contents.ARMV7_TOOL, CONSTRAINT)
    return [*wheels.pin(versions | older, target), *sources, tool]


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the locks of the runtime anew.")
    parser.add_argument("--check", action="store_true", help="only say what is newer")
    parser.add_argument("--archive", help="where Debian's archive is")
    parser.add_argument("--security", help="where Debian's security archive is")
    parser.add_argument("--skip", action="append", default=[], help="an index: suite/machine")
    wanted = parser.parse_args()
    try:
        addresses = find_addresses(wanted.archive, wanted.security)
        found = lock_debian(Archive(CACHE, addresses, wanted.skip))
        if wanted.check:
            lines = newer(found)
            print("\n".join(lines) or "The locks are current.")
            return 1 if lines else 0
        locks.write_runtime(found)
        for kind in KINDS:
            lock_wheels(kind)
    except BuildStopped as problem:
        print(problem, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
