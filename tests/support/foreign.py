"""Programs for other processors, run by this kernel through qemu, as long as the test needs it."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

_REGISTRY = Path("/proc/sys/fs/binfmt_misc")
_RULES = Path("/usr/lib/binfmt.d")
_BOOKS = Path(tempfile.gettempdir()) / "csb-tests-foreign"  # shared by all processes of tests
_MOUNTED = "mounted"


@contextmanager
def programs_run(*machines: str) -> Iterator[None]:
    """Programs of these machines (`aarch64`, `arm`) start as if they were ours.

    The last process that uses this takes away what was not there before. Where it cannot be set
    up, the test is left out with the reason; in CI as root it fails.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can tell the kernel how to run programs of other processors")
    _BOOKS.mkdir(exist_ok=True)
    with (_BOOKS / "users").open("w") as users:
        with _alone():
            fcntl.flock(users, fcntl.LOCK_SH)
            _set_up([f"qemu-{one}" for one in machines])
        try:
            yield
        finally:
            with _alone():
                fcntl.flock(users, fcntl.LOCK_UN)
                _clear_if_last(users.fileno())


@contextmanager
def _alone() -> Iterator[None]:
    with (_BOOKS / "turn").open("w") as turn:
        fcntl.flock(turn, fcntl.LOCK_EX)
        yield


def _set_up(names: list[str]) -> None:
    """Each is noted before it is done: whoever is last takes away what anybody added."""
    if _mount():
        (_BOOKS / _MOUNTED).touch()
    for name in names:
        if not (_REGISTRY / name).exists():
            (_BOOKS / name).touch()
            _register(name)


def _clear_if_last(users: int) -> None:
    try:
        fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    for note in _BOOKS.glob("qemu-*"):
        if (_REGISTRY / note.name).exists():
            (_REGISTRY / note.name).write_text("-1")
        note.unlink()
    if (_BOOKS / _MOUNTED).exists():
        _call("umount", str(_REGISTRY))
        (_BOOKS / _MOUNTED).unlink()


def _mount() -> bool:
    if (_REGISTRY / "register").exists():
        return False
    if _call("mount", "-t", "binfmt_misc", "none", str(_REGISTRY)):
        _give_up("binfmt_misc cannot be mounted: programs of other processors do not run here")
    return True


def _register(name: str) -> None:
    rule = _RULES / f"{name}.conf"
    if not rule.is_file():
        _give_up("qemu-user-static is not installed: programs of other processors do not run here")
    (_REGISTRY / "register").write_text(rule.read_text("ascii").splitlines()[0])


def _give_up(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def _call(*command: str) -> int:
    return os.spawnvp(os.P_WAIT, command[0], command)
