"""The kinds of machine we build for, and what each is called by those whose files we take."""

from __future__ import annotations

import platform
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """`debian`: Debian's name; `triplet`: its tools'; `machine`: as `uname -m` says."""

    name: str
    debian: str
    triplet: str
    loader: str
    machine: str
    wheel_platforms: tuple[str, ...]


def _manylinux(machine: str) -> tuple[str, ...]:
    """Newest first; trixie has glibc 2.41."""
    minors = (41, 39, 35, 34, 31, 28, 27, 24, 17, 12)
    return (*(f"manylinux_2_{minor}_{machine}" for minor in minors), f"manylinux2014_{machine}")


TARGETS = {
    target.name: target
    for target in (
        Target(
            "linux-amd64",
            "amd64",
            "x86_64-linux-gnu",
            "ld-linux-x86-64.so.2",
            "x86_64",
            _manylinux("x86_64"),
        ),
        Target(
            "linux-arm64",
            "arm64",
            "aarch64-linux-gnu",
            "ld-linux-aarch64.so.1",
            "aarch64",
            _manylinux("aarch64"),
        ),
        Target(
            "linux-armv7",
            "armhf",
            "arm-linux-gnueabihf",
            "ld-linux-armhf.so.3",
            "armv7l",
            _manylinux("armv7l"),
        ),
    )
}
KINDS = ("client", "server")


def of_this_machine() -> Target:
    """The target whose programs run here as they are."""
    for target in TARGETS.values():
        if target.machine == platform.machine():
            return target
    raise SystemExit(f"Nothing is built on a machine that is {platform.machine()}.")
