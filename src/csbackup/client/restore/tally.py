"""What a restore has done so far, and what it could not do."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterable

from csbackup.client.platform.writing import TIME_LOST, Trouble
from csbackup.client.problems import Problem
from csbackup.client.restore.existing import Verdict
from csbackup.errors import FormatError, LocalDiskFull
from csbackup.rules.problem_classes import ProblemClass

_EXAMPLES = 3
_FULL = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))


class ContentLacking(FormatError):
    code = "content-lacking"


def extras_lost(why: str) -> Trouble:
    """What is written came back without what was kept beside its content."""
    return "attributes-lacking", f"What was kept beside its content cannot be had: {why}."


class _Common:
    """What is the case for many entries alike, told once."""

    def __init__(self) -> None:
        self.number = 0
        self.examples: list[bytes] = []

    def add(self, path: bytes) -> None:
        self.number += 1
        if len(self.examples) < _EXAMPLES:
            self.examples.append(path)

    def __str__(self) -> str:
        shown = ", ".join(path.decode(errors="replace") for path in self.examples)
        return f"{self.number:,} (such as {shown})"


class Tally:
    """Counts, and the problems to tell at the end. `target` is named when the disk is full."""

    def __init__(
        self,
        target: str,
        *,
        is_root: bool,
        on_file: Callable[[bytes, str], None] | None = None,
        on_problem: Callable[[Problem], None] | None = None,
    ) -> None:
        self.files = 0
        self.bytes = 0
        self.skipped = 0
        self._target = target
        self._on_file = on_file
        self._on_problem = on_problem
        self._is_root = is_root
        self._common: dict[tuple[ProblemClass, str], _Common] = {}
        self._problems: list[Problem] = []

    def restored(self, path: bytes, *, files: int = 1) -> None:
        """A file is there under its name; `files` is 0 for what is no file."""
        self.files += files
        if self._on_file is not None:
            self._on_file(path, "restored")

    def skip(self, path: bytes) -> None:
        """A file was there already, the same."""
        self.skipped += 1
        if self._on_file is not None:
            self._on_file(path, "skipped")

    def report(self, problem: Problem) -> None:
        self._problems.append(problem)
        if self._on_problem is not None:
            self._on_problem(problem)

    def lament(self, path: bytes, failure: Exception) -> None:
        """One entry could not be written; a full disk ends the restore."""
        if isinstance(failure, OSError) and failure.errno in _FULL:
            raise LocalDiskFull(self._target) from failure
        if isinstance(failure, ContentLacking):
            self.report(Problem("content-lacking", path, f"Its content cannot be had: {failure}."))
        elif isinstance(failure, FormatError):
            self.report(Problem("damaged", path, str(failure)))
        else:
            why = getattr(failure, "strerror", None) or str(failure)
            self.report(Problem("not-written", path, f"It could not be written: {why}."))

    def tell(self, path: bytes, troubles: Iterable[Trouble]) -> None:
        """It is written, but not all about it could be kept."""
        for kind, message in troubles:
            if kind in ("owner", "group") or message == TIME_LOST:
                self._common.setdefault((kind, message), _Common()).add(path)
            else:
                self.report(Problem(kind, path, message))

    def beside(self, path: bytes, verdict: Verdict) -> None:
        """Something else was in its place."""
        if not verdict.beside:
            return
        if verdict.name is not None:
            where = f"The one restored is beside it: {verdict.name.decode(errors='replace')}."
        else:
            where = "The one restored is beside it already."
        self.report(Problem("exists", path, f"Something else is in its place and stays. {where}"))

    def problems(self) -> tuple[Problem, ...]:
        common = [
            Problem(kind, b"", self._say(kind, why, some))
            for (kind, why), some in self._common.items()
        ]
        return (*self._problems, *common)

    def _say(self, kind: str, why: str, some: _Common) -> str:
        if kind == "times":
            return f"Entries whose time could not be kept as it was: {some}. {why}"
        if self._is_root:
            return f"Entries whose {kind} could not be kept: {some}. {why}."
        if kind == "owner":
            return (
                f"Entries that belonged to somebody else: {some}. They are yours now; only root "
                "can give them their owner back."
            )
        return (
            f"Entries of a group that you are not in: {some}. They have a group of yours now; only "
            "root can give them theirs back."
        )
