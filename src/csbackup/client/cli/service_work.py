"""What the service does when a backup is due, and how it is stopped in the middle of it."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator

import click

from csbackup.client.backup.run import NothingChanged
from csbackup.client.cli.backup import back_up, groups_of
from csbackup.client.cli.output import count, printable, size
from csbackup.client.cli.program import UNFORESEEN, code_of
from csbackup.client.cli.service_contact import Contact
from csbackup.client.config import Home
from csbackup.client.log import LOG, log_failure
from csbackup.client.platform.priority import be_modest
from csbackup.client.service.loop import Hold, Outcome
from csbackup.client.service.memory import Memory
from csbackup.errors import CsbError, RunInProgress
from csbackup.rules.schedule import Reason, Verdict

_LOOK_SECONDS = 3.0
_HELD = getattr(signal, "SIGUSR1", signal.SIGINT)


class Stopping:
    """Whether the service was asked to stop; a backup that runs then ends at once, to go on
    another time."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._interruptible = False

    def listen(self) -> None:
        """From now on signals say so. In the main thread."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self.asked)
        if hasattr(signal, "SIGUSR1"):
            signal.signal(signal.SIGUSR1, self.held)

    def asked(self, *_: object) -> None:
        """As a signal handler, in the main thread."""
        self._event.set()
        self.held()

    def after_this(self) -> None:
        """Stop when what is being done now is done."""
        self._event.set()

    def held(self, *_: object) -> None:
        """As a signal handler: end the backup that runs, and nothing else."""
        if self._interruptible:
            self._interruptible = False  # asking again does not disturb the clearing up
            raise KeyboardInterrupt

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def wait(self, seconds: float) -> None:
        self._event.wait(seconds)

    @contextlib.contextmanager
    def interrupting(self) -> Iterator[None]:
        """Being asked to stop ends what is done here."""
        self._interruptible = True
        try:
            yield
        except KeyboardInterrupt:
            LOG.info("the backup was stopped, and goes on another time")
        finally:
            self._interruptible = False


class _Warden:
    """Looks meanwhile whether something stands against going on, and ends the run then."""

    def __init__(self, hold: Hold) -> None:
        self._hold = hold
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="warden", daemon=True)
        self.held: tuple[Reason, ...] = ()

    def __enter__(self) -> _Warden:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()

    def _look(self) -> None:
        while not self._over.wait(_LOOK_SECONDS):
            self.held = self._hold()
            if self.held:
                LOG.info("a backup is stopped: %s", ", ".join(one.code for one in self.held))
                _interrupt_main_thread()
                return


class RegularBackup:
    """One backup by the service. What it says goes to its output; failures too."""

    def __init__(self, home: Home, memory: Memory, stopping: Stopping, contact: Contact) -> None:
        self._home = home
        self._memory = memory
        self._stopping = stopping
        self._contact = contact

    def back_up(self, verdict: Verdict, hold: Hold) -> Outcome:
        if self._memory.limits().low_priority:
            be_modest()
        self._contact.say("running")
        outcome = Outcome(done=False)
        only_changes = verdict.reasons[0].code == "changed"
        with _Warden(hold) as warden, self._stopping.interrupting():
            outcome = self._try(only_changes=only_changes)
        if warden.held and not outcome.done:
            return Outcome(done=False, held=warden.held)
        return outcome

    def _try(self, *, only_changes: bool) -> Outcome:
        try:
            result = back_up(self._home, quiet=True, only_changes=only_changes)
        except NothingChanged:
            LOG.info("nothing changed; no snapshot was made")
            return Outcome(done=True)
        except RunInProgress as failure:
            _tell_failure(failure, str(failure), failure.code)
            return Outcome(done=False, busy=True)
        except CsbError as failure:
            _tell_failure(failure, str(failure), code_of(failure))
            return Outcome(done=False)
        except Exception as failure:  # noqa: BLE001  the next one may go well
            _tell_failure(failure, f"{type(failure).__name__}: {failure}", UNFORESEEN)
            return Outcome(done=False)
        click.echo(
            f"Snapshot {result.sequence}: {count(result.files, 'file')}, {size(result.bytes_sent)} "
            f"sent, {count(sum(group.number for group in groups_of(result)), 'problem')}."
        )
        return Outcome(done=True, kept=True)


def _interrupt_main_thread() -> None:
    main = threading.main_thread().ident
    if main is not None and hasattr(signal, "pthread_kill"):
        signal.pthread_kill(main, _HELD)  # a real signal: it wakes a thread that waits for a lock


def _tell_failure(failure: Exception, text: str, code: str) -> None:
    log_failure(failure, code)
    line = printable(text.encode(errors="surrogateescape"))
    click.echo(f"csb: {line} [{code}]", err=True)
