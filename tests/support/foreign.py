"""Programs for other processors, run by this kernel through qemu, as long as the test needs it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_REGISTRY = Path("/proc/sys/fs/binfmt_misc")
_RULES = Path("/usr/lib/binfmt.d")


@contextmanager
def programs_run(*machines: str) -> Iterator[None]:
    """Programs of these machines (`aarch64`, `arm`) start as if they were ours.

    What was not there before is taken away again. Where that cannot be set up, the test is left
    out with the reason; in CI as root it fails.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can tell the kernel how to run programs of other processors")
    mounted = _mount()
    added = [name for name in (f"qemu-{one}" for one in machines) if _register(name)]
    try:
        yield
    finally:
        for name in added:
            (_REGISTRY / name).write_text("-1")
        if mounted:
            _call("umount", str(_REGISTRY))


def _mount() -> bool:
    if (_REGISTRY / "register").exists():
        return False
    if _call("mount", "-t", "binfmt_misc", "none", str(_REGISTRY)):
        _give_up("binfmt_misc cannot be mounted: programs of other processors do not run here")
    return True


def _register(name: str) -> bool:
    if (_REGISTRY / name).exists():
        return False
    rule = _RULES / f"{name}.conf"
    if not rule.is_file():
        _give_up("qemu-user-static is not installed: programs of other processors do not run here")
    (_REGISTRY / "register").write_text(rule.read_text("ascii").splitlines()[0])
    return True


def _give_up(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _call(*command: str) -> int:
    return os.spawnvp(os.P_WAIT, command[0], command)
