"""The log of this device: `logs/csb.log` in the state folder, of a bounded size, without secrets.

A line is `time level [process] words key="value" ...`. Whatever could hold the name of a file
stands in a field of its own (`path`, `detail`), so that `csb log --hide-paths` can find it.
Nothing that goes wrong with the log stops what is being logged.
"""

from __future__ import annotations

import logging
import os
import re
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from csbackup.client.platform.locking import only_run
from csbackup.errors import KeyFailure, RemoteError, RunInProgress, TrustError

FOLDER = "logs"
FILE = "csb.log"
PART_BYTES = 1_000_000
PARTS = 5
LINE_LETTERS = 10_000  # a path is shorter; what a server says need not be
LOG = logging.getLogger("csbackup")
LOG.addHandler(logging.NullHandler())  # or warnings would go to the terminal without a log

# Should a pipe stand in its place, nobody waits for a reader.
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_NONBLOCK", 0)
_WITHHELD = "(withheld)"
_SHORTEST_SECRET = 6
_FRAMES = 12
# Tokens, and recovery keys as they are printed or typed.
_SECRET_SHAPES = re.compile(
    r"csb[a-z]_[A-Za-z0-9_-]+|\b[0-9A-Za-z]{4}(?:[- ][0-9A-Za-z]{4}){8}\b|\b[0-9A-Z]{36}\b"
)
# Failures whose message is about servers and keys; all others may name files.
_NAMES_NO_FILE = (RemoteError, TrustError, KeyFailure)


def field(name: str, value: object) -> str:
    """`name="value"` on one line, whatever the value holds."""
    text = value.decode(errors="backslashreplace") if isinstance(value, bytes) else str(value)
    return f'{name}="{_escaped(text)}"'


def open_log(folder: Path, beginning: Callable[[], str], secrets: Iterable[str] = ()) -> LogFile:
    """Write what is logged from now on below `folder`.

    Nothing is written before there is something to write; then `beginning` comes first. `secrets`
    are left out wherever they turn up.
    """
    log = LogFile(folder / FILE, beginning)
    for secret in secrets:
        log.withhold(secret)
    LOG.setLevel(logging.INFO)
    LOG.propagate = False
    LOG.addHandler(log)
    return log


def withhold(secret: str) -> None:
    """Never write this."""
    for handler in LOG.handlers:
        if isinstance(handler, LogFile):
            handler.withhold(secret)


class LogFile(logging.Handler):
    """Appends each record with one write to the file that has the name now, then lets it go.

    So several processes can log at once, and whoever finds the file full may rename it: the next
    record of anybody goes to the new one.
    """

    def __init__(self, path: Path, beginning: Callable[[], str] | None = None) -> None:
        super().__init__()
        self.path = path
        self._beginning = beginning
        self._secrets: set[str] = set()

    def withhold(self, secret: str) -> None:
        if len(secret) >= _SHORTEST_SECRET:
            self._secrets.update((secret, _escaped(secret)))

    def emit(self, record: logging.LogRecord) -> None:
        """A full disk or a folder that cannot be written loses log lines, nothing else."""
        try:
            first, self._beginning = self._beginning, None
            lines = [self._line("INFO", record.process, first())] if first else []
            lines.append(self._line(record.levelname, record.process, record.getMessage()))
            self._append("".join(lines).encode(errors="backslashreplace"))
        except (OSError, ValueError):
            return

    def _line(self, level: str, process: int | None, message: str) -> str:
        moment = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
        message = _on_one_line(self._without_secrets(message))
        if len(message) > LINE_LETTERS:
            message = f"{message[:LINE_LETTERS]}..."
        return f"{moment}Z {level:<7} [{process}] {message}\n"

    def _without_secrets(self, message: str) -> str:
        for secret in self._secrets:
            message = message.replace(secret, _WITHHELD)
        return _SECRET_SHAPES.sub(_WITHHELD, message)

    def _append(self, content: bytes) -> None:
        self.path.parent.mkdir(mode=0o700, exist_ok=True)  # where there is a state folder
        handle = os.open(self.path, _APPEND, 0o600)
        try:
            os.write(handle, content)
            full = os.fstat(handle).st_size >= PART_BYTES
        finally:
            os.close(handle)
        if full:
            self._rotate()

    def _rotate(self) -> None:
        """One process renames; another that comes at the same moment leaves it to that one."""
        try:
            with only_run(self.path.with_suffix(".lock")):
                if self.path.stat().st_size < PART_BYTES:
                    return
                for number in range(PARTS - 1, 0, -1):
                    older = part(self.path, number - 1)
                    if older.exists():
                        older.replace(part(self.path, number))
        except RunInProgress:
            return


def part(path: Path, number: int) -> Path:
    """The log itself, or the part of it that was full `number` renames ago."""
    return path.with_suffix(f".{number}.log") if number else path


def parts(folder: Path) -> list[Path]:
    """Those that are there, the oldest first."""
    found = (part(folder / FILE, number) for number in range(PARTS - 1, -1, -1))
    return [path for path in found if path.is_file()]


def log_failure(failure: BaseException, code: str) -> None:
    """What stopped a command: its code, where it happened, and what caused it."""
    name = "message" if isinstance(failure, _NAMES_NO_FILE) else "detail"
    LOG.error("failed code=%s %s", code, field(name, failure))
    cause = "message" if isinstance(failure, RemoteError) else "detail"  # sockets, not files
    seen: BaseException | None = failure
    for _ in range(5):
        if seen is None:
            return
        LOG.error("  %s", _trace(seen))
        seen = seen.__cause__ or seen.__context__
        if seen is not None:
            LOG.error("  because of %s %s", type(seen).__name__, field(cause, seen))


def _trace(failure: BaseException) -> str:
    frames = traceback.extract_tb(failure.__traceback__)[-_FRAMES:]
    where = (f"{_module(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames)
    return f"{type(failure).__name__} at {' > '.join(where) or 'nowhere'}"


def _module(path: str) -> str:
    """Where code lies, without where this machine keeps programs."""
    text = path.replace(os.sep, "/")
    for beginning in ("/src/", "/site-packages/"):
        if beginning in text:
            return text.rpartition(beginning)[2]
    return text.rpartition("/")[2]


def _escaped(text: str) -> str:
    return _on_one_line(text.replace("\\", "\\\\").replace('"', '\\"'))


def _on_one_line(text: str) -> str:
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape").decode()
        for letter in text
    )
