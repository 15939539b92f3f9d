"""Counts what a run found, read and lost."""

from __future__ import annotations

import errno
from collections import Counter

from csbackup.client.backup.context import Progress
from csbackup.client.problems import Problem
from csbackup.format.snapshot import Totals
from csbackup.format.tree import ReportLine
from csbackup.rules.problem_classes import ProblemClass

_KEPT = 10_000
_TELL_FILES = 100  # progress hears of so many small files at once
_TELL_BYTES = 1024 * 1024

_KINDS: dict[int, ProblemClass] = {
    errno.EACCES: "permission-denied",
    errno.EPERM: "permission-denied",
    errno.ENOENT: "vanished",
    errno.ENOTDIR: "vanished",
    errno.ELOOP: "vanished",  # there is a link, or a socket, in its place
    errno.ENXIO: "vanished",
    errno.ENAMETOOLONG: "name-too-long",
}
# A mount whose server or program is gone. None of it means that the files are.
_KINDS |= dict.fromkeys(
    (
        errno.ETIMEDOUT,
        errno.ENOTCONN,
        errno.ECONNABORTED,
        errno.ECONNRESET,
        errno.EHOSTDOWN,
        errno.EHOSTUNREACH,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.ESTALE,
    ),
    "not-answering",
)


def kind_of(problem: OSError) -> ProblemClass:
    """The class of a problem with a file."""
    if isinstance(problem, FileNotFoundError):
        return "vanished"
    return _KINDS.get(problem.errno or 0, "read-error")


class Tally:
    """One walk's numbers. What was read counts for the whole run; see `begin_again`."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self.files_changed = 0
        self.bytes_read = 0
        self.bytes_sent = 0
        self.begin_again()

    def begin_again(self) -> None:
        """Another walk over the same files."""
        self.problems: list[Problem] = []
        self._counts: Counter[str] = Counter()
        self._found_files = self._found_bytes = 0
        self._stored_files = self._stored_bytes = 0
        self._told_files = self._told_bytes = 0
        self._lost = 0

    def found(self, files: int, size: int) -> None:
        self._found_files += files
        self._found_bytes += size
        self._progress.found(files, size)

    def stored(self, files: int, size: int) -> None:
        self._stored_files += files
        self._stored_bytes += size
        files_untold = self._stored_files - self._told_files
        if files_untold >= _TELL_FILES or self._stored_bytes - self._told_bytes >= _TELL_BYTES:
            self.tell()

    def tell(self) -> None:
        """Let progress hear of what was stored since it last did."""
        files = self._stored_files - self._told_files
        size = self._stored_bytes - self._told_bytes
        self._told_files, self._told_bytes = self._stored_files, self._stored_bytes
        self._progress.done(files, size)

    def sent(self, size: int) -> None:
        self.bytes_sent += size
        self._progress.sent(size)

    def changed(self, size: int) -> None:
        """A file was read because it is new or changed."""
        self.files_changed += 1
        self.bytes_read += size

    def failed(self, path: bytes, failure: OSError, *, size: int = 0) -> None:
        """A file, folder or root that is not in the snapshot. What vanished was never there."""
        kind = kind_of(failure)
        if kind == "vanished":
            self._found_bytes -= size
        else:
            self._lost += 1
        reason = failure.strerror or str(failure)
        self.problem(Problem(kind, path, f"{reason}."))

    def lost(self, problem: Problem) -> None:
        """Something is missing from the snapshot altogether."""
        self._lost += 1
        self.problem(problem)

    def problem(self, problem: Problem) -> None:
        self._counts[problem.kind] += 1
        if len(self.problems) < _KEPT:
            self.problems.append(problem)
        self._progress.problem(problem)

    def counts(self) -> tuple[tuple[str, int], ...]:
        return tuple(sorted(self._counts.items()))

    def report(self) -> list[ReportLine]:
        return [ReportLine(one.kind, one.path, one.message) for one in self.problems]

    def coverage_ppm(self) -> int:
        """Bytes stored of those found, in parts per million; files where that would hide a loss."""
        share = _ppm(self._stored_bytes, self._found_bytes)
        if self._lost and share == _ALL:
            share = min(_ppm(self._stored_files, self._stored_files + self._lost), _ALL - 1)
        return share

    def totals(self, files: int, folders: int, size: int) -> Totals:
        return Totals(files, folders, size, self.files_changed, self.bytes_read)


_ALL = 1_000_000


def _ppm(part: int, whole: int) -> int:
    return min(max(part * _ALL // whole, 0), _ALL) if whole > 0 else _ALL
