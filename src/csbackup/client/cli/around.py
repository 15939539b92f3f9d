"""What this device's own config has done around a backup."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from csbackup.client.backup.context import BackupResult
from csbackup.client.backup.run import LOCK
from csbackup.client.config import Home
from csbackup.client.hooks import HookFailed, Hooks, load_hooks, run_hook
from csbackup.client.log import LOG
from csbackup.client.platform.locking import is_held
from csbackup.client.problems import Problem
from csbackup.errors import RunInProgress

_PARTING_SECONDS = 10.0


class _Around:
    """The commands before and after one run. `problems`: what is to be told in its report."""

    def __init__(self, home: Home, hooks: Hooks) -> None:
        self._home = home
        self._hooks = hooks
        self._begun = False
        self.problems: tuple[Problem, ...] = ()

    def before(self) -> None:
        """`HookFailed` where no backup is wanted after a failure."""
        if self._hooks.before and is_held(self._home.path / LOCK):
            raise RunInProgress  # or the command would disturb what that run reads
        self._begun = True
        why = run_hook(self._hooks, "before", {})
        if why and self._hooks.must_succeed:
            raise HookFailed(why)
        if why:
            self.problems = (_problem("before", why),)

    def after(self, result: BackupResult) -> BackupResult:
        """After a snapshot; a failure is one more problem, though not in the report it holds."""
        facts = {"CSB_SNAPSHOT": result.snapshot.hex(), "CSB_SEQUENCE": str(result.sequence)}
        why = self._end("kept", facts)
        if not why:
            return result
        counts = dict(result.problem_counts)
        counts["hook-failed"] = counts.get("hook-failed", 0) + 1
        return replace(
            result,
            problems=(*result.problems, _problem("after", why)),
            problem_counts=tuple(counts.items()),
        )

    def give_up(self, outcome: str) -> None:
        """After a run that made no snapshot."""
        if why := self._end(outcome, {}):
            LOG.warning("the command after the backup %s", why)

    def _end(self, outcome: str, facts: dict[str, str]) -> str:
        if not self._begun:
            return ""
        self._begun = False
        hooks = self._hooks
        if outcome == "stopped":  # whoever stops a program does not wait for an hour
            hooks = replace(hooks, timeout_seconds=min(hooks.timeout_seconds, _PARTING_SECONDS))
        return run_hook(hooks, "after", {"CSB_OUTCOME": outcome, **facts})


@contextmanager
def about_the_run(home: Home, *, wanted: bool) -> Iterator[_Around]:
    """Whatever happens inside, the command after it runs once the one before did."""
    around = _Around(home, load_hooks(home) if wanted else Hooks())
    try:
        yield around
    except KeyboardInterrupt:
        around.give_up("stopped")
        raise
    except Exception:
        around.give_up("failed")
        raise


def _problem(when: str, why: str) -> Problem:
    return Problem("hook-failed", b"", f"The command {when} the backup {why}.")
