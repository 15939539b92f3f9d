"""What this device does before and after a backup: `hooks.json` in the state folder.

Commands come from this file only. No message of the server has a place for one, and a file that
somebody else may write is refused: whoever writes it runs programs as the person who backs up.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Literal

from csbackup.client.config import Home
from csbackup.client.log import LOG, field
from csbackup.errors import ClientError, PathProblem, RequestError
from csbackup.protocol.adapter import parse, render

FILE = "hooks.json"
OUTPUT_BYTES = 32 * 1024
LONGEST_SECONDS = 24 * 3600
_SECRETS = ("CSB_PASSWORD", "CSB_RECOVERY_KEY")
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH

When = Literal["before", "after"]


class HooksUnsafe(ClientError):
    """Somebody else could choose what runs here."""

    code = "hooks-unsafe"

    def __init__(self, path: str, why: str) -> None:
        super().__init__(
            f"{path} {why}, so its commands are not run. Make it yours, and writable by nobody "
            "else (chmod go-w), or remove the commands with `csb hooks clear`."
        )


class HookFailed(ClientError):
    """The command before a backup did not do what it should, and no backup was wanted then."""

    code = "hook-failed"

    def __init__(self, why: str) -> None:
        super().__init__(f"The command before the backup {why}. No backup was made.")


@dataclass(frozen=True, slots=True)
class Hooks:
    """Commands for the system's shell; empty: none. `must_succeed`: no backup after a `before`
    that failed; otherwise the backup runs, and tells of it as a problem."""

    before: str = ""
    after: str = ""
    must_succeed: bool = False
    timeout_seconds: float = 3600.0


def load_hooks(home: Home) -> Hooks:
    """`HooksUnsafe` where somebody else may write the file."""
    _check_owner(home)
    try:
        found = home.read_json(FILE)
        return parse(Hooks, found.value, "It") if found else Hooks()
    except (ValueError, RequestError) as problem:
        raise PathProblem(
            f"{home.path / FILE} is damaged: {problem} Set the commands again with `csb hooks`."
        ) from problem


def save_hooks(home: Home, hooks: Hooks) -> None:
    if hooks == Hooks():
        home.remove(FILE)
    else:
        home.write_json(FILE, render(hooks))


def run_hook(hooks: Hooks, when: When, facts: Mapping[str, str]) -> str:
    """Run it; why it failed, as in `it ended with 3`, or nothing. `facts` are told in its
    environment; what it prints is in the log."""
    command = hooks.before if when == "before" else hooks.after
    if not command:
        return ""
    LOG.info("the command %s the backup begins", when)
    environment = {name: value for name, value in os.environ.items() if name not in _SECRETS}
    with tempfile.TemporaryFile() as output:
        try:
            code = _run(command, environment | {"CSB_HOOK": when, **facts}, output, hooks)
        except subprocess.TimeoutExpired:
            why = f"took longer than {hooks.timeout_seconds:g} seconds"
        except OSError as problem:
            why = f"cannot be run: {problem.strerror}"
        else:
            why = f"ended with {code}" if code else ""
        _log_output(output, when)
    LOG.info("the command %s the backup %s", when, why or "is done")
    return why


def _run(command: str, environment: dict[str, str], output: IO[bytes], hooks: Hooks) -> int:
    """Its exit code. Whatever it started ends with it when it is stopped."""
    process = subprocess.Popen(  # noqa: S602  the person's own command, as they wrote it
        command,
        shell=True,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        env=environment,
        start_new_session=True,
    )
    try:
        return process.wait(hooks.timeout_seconds)
    except BaseException:
        _end(process)
        raise


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()
    process.wait()


def _log_output(output: IO[bytes], when: When) -> None:
    """The end of it: what went wrong stands there."""
    size = output.seek(0, os.SEEK_END)
    output.seek(max(size - OUTPUT_BYTES, 0))
    for line in output.read().splitlines():
        LOG.info("the command %s the backup says %s", when, field("line", line))


def _check_owner(home: Home) -> None:
    path = home.path / FILE
    for one in (path, home.path):
        try:
            status = one.lstat()
        except FileNotFoundError:
            return
        if os.name != "posix":
            continue
        if stat.S_ISLNK(status.st_mode):
            raise HooksUnsafe(str(one), "is a link")
        if status.st_uid not in (0, os.geteuid()):
            raise HooksUnsafe(str(one), "belongs to somebody else")
        if status.st_mode & _OTHERS_MAY_WRITE:
            raise HooksUnsafe(str(one), "can be written by others")
