"""The command that backs up."""

from __future__ import annotations

import os
import time
from contextlib import closing, suppress
from dataclasses import dataclass

import click

from csbackup import __version__
from csbackup.client.backup.context import BackupContext, BackupResult, Progress, limits_from
from csbackup.client.backup.run import NothingChanged, run_backup
from csbackup.client.backup.waiting import Waiting
from csbackup.client.cli import options
from csbackup.client.cli.around import about_the_run
from csbackup.client.cli.dry_run import dry_run
from csbackup.client.cli.opening import open_files, open_stills
from csbackup.client.cli.output import count, percent, print_json, size
from csbackup.client.cli.problems import problem_lines, show_notes
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS, UNFORESEEN, code_of
from csbackup.client.cli.progress import name_file, open_progress
from csbackup.client.cli.reaching import own_home, reach_own
from csbackup.client.config import Home
from csbackup.client.connection import Connection
from csbackup.client.heads import Heads
from csbackup.client.keyring import EnrolledDevice, load_device
from csbackup.client.last_run import LastRun, load_last_run, save_last_run
from csbackup.client.log import LOG
from csbackup.client.platform.memory import give_back_large_buffers
from csbackup.client.problems import Group, Problem, grouped
from csbackup.client.pushed.taking import attend
from csbackup.client.settings import load_settings, load_stills
from csbackup.errors import CsbError, NothingToBackUp, RunInProgress
from csbackup.format.snapshot import Settings


@click.command(
    epilog="""
\b
Examples:
  csb backup
  csb backup --dry-run     what it would read, what is big, what is junk
  csb backup --verbose     names what is new (+), changed (M: contents,
                           m: metadata), gone (-), and each problem (!)
  csb backup --quiet       for cron: says nothing unless something is wrong
  csb backup --json

Exit codes: 0 all is kept, 1 with problems, 2 no snapshot was made.

\b
A long run makes what it has so far restorable every 15 minutes, or every 10 GiB that it read;
CSB_CHECKPOINT_SECONDS and CSB_CHECKPOINT_BYTES say otherwise. A network share that does not answer
for 30 seconds is passed by; CSB_FILE_TIMEOUT says otherwise.
"""
)
@click.option(
    "--dry-run", "dry", is_flag=True, help="Only look: needs no server, and writes nothing."
)
@options.quiet
@options.shared
def backup(dry: bool, quiet: bool, as_json: bool) -> int:
    """Back up now. What did not change is not read, what the server has is not sent."""
    verbose = options.is_verbose()
    if dry:
        return dry_run(own_home(), quiet=quiet, verbose=verbose, as_json=as_json)
    result = back_up(own_home(), quiet=quiet or (as_json and not verbose), verbose=verbose)
    if as_json:
        print_json(result.to_json())
    else:
        show_result(result, quiet=quiet)
    return exit_code(result)


def exit_code(result: BackupResult) -> int:
    serious = any(not problem.ignored for problem in result.problems)
    return FINISHED_WITH_PROBLEMS if serious else FINISHED


def back_up(
    home: Home,
    *,
    quiet: bool,
    verbose: bool = False,
    only_changes: bool = False,
    progress: Progress | None = None,
) -> BackupResult:
    """One run, with what this device does before and after; how it ended is kept for `csb status`.
    `progress` hears of it in place of the terminal.

    `RunInProgress` beside another one; `NothingChanged` where only changes are wanted.
    """
    with about_the_run(home, wanted=not only_changes) as around:
        try:
            around.before()
            asked = _Asked(quiet, verbose, only_changes, around.problems, progress)
            settings, result = _run(home, asked)
        except (RunInProgress, NothingChanged):
            raise
        except CsbError as failure:
            _keep_failure(home, str(failure), code_of(failure))
            raise
        except Exception as failure:
            _keep_failure(home, f"{type(failure).__name__}: {failure}", UNFORESEEN)
            raise
        result = around.after(result)
    _log_result(result)
    _keep_success(home, settings, result)
    return result


@dataclass(frozen=True, slots=True)
class _Asked:
    quiet: bool
    verbose: bool
    only_changes: bool
    problems: tuple[Problem, ...]
    progress: Progress | None


def _begin(home: Home) -> tuple[EnrolledDevice, Connection, Settings]:
    """The server, and the settings once what waited there is taken. Where no folder is chosen yet,
    the server is asked whether one was chosen in the web."""
    settings = load_settings(home)
    chosen = settings is not None and settings.roots
    try:
        device, connection = reach_own(home)
    except CsbError:
        if not chosen:
            raise NothingToBackUp from None
        raise
    with suppress(CsbError):  # without them, what is chosen here is backed up
        attend(home, connection)
        settings = load_settings(home)
    if settings is None or not settings.roots:
        raise NothingToBackUp
    return device, connection, settings


def _run(home: Home, asked: _Asked) -> tuple[Settings, BackupResult]:
    give_back_large_buffers()
    limits = limits_from(os.environ)
    load_device(home)
    stills = load_stills(home)
    LOG.info("Reaching the server")
    device, connection, settings = _begin(home)
    with (
        closing(connection.transport),
        open_progress(quiet=asked.quiet, verbose=asked.verbose) as progress,
    ):
        waiting = Waiting(asked.progress or progress)
        context = BackupContext(
            home=home.path,
            device=device,
            settings=settings,
            server=connection.patient(waiting.wait),
            heads=Heads(home, {device.device: device.device_name}),
            limits=limits,
            client_version=__version__,
            files=open_files(settings.roots),
            on_file=name_file if asked.verbose and not asked.quiet else None,
            only_changes=asked.only_changes,
            problems=asked.problems,
            # Every two minutes would be too often: each still is new to the kernel's caches.
            stills=None if asked.only_changes and stills == "auto" else open_stills(home, stills),
            insists_on_stills=stills == "on",
        )
        return settings, run_backup(context, waiting)


def groups_of(result: BackupResult) -> tuple[Group, ...]:
    """Its problems by class, with the real numbers."""
    return grouped(result.problems, dict(result.problem_counts))


def _log_result(result: BackupResult) -> None:
    LOG.info(
        "backed up: snapshot %d, %d files, %d bytes, %d files changed, %d bytes read, "
        "%d bytes sent, coverage %.6f, %.1f s",
        result.sequence,
        result.files,
        result.bytes,
        result.files_changed,
        result.bytes_read,
        result.bytes_sent,
        result.coverage,
        result.seconds,
    )
    for group in groups_of(result):
        LOG.warning("problems class=%s number=%d", group.kind, group.number)


def _keep_success(home: Home, settings: Settings, result: BackupResult) -> None:
    now = time.time_ns()
    before = load_last_run(home)
    groups = groups_of(result)
    missing = {problem.path for problem in result.problems if problem.kind == "root-missing"}
    save_last_run(
        home,
        LastRun(
            ended=now,
            succeeded=now,
            snapshot=result.snapshot,
            sequence=result.sequence,
            files=result.files,
            bytes=result.bytes,
            coverage=result.coverage,
            problems=sum(group.number for group in groups),
            first=(before.first or before.succeeded or now) if before else now,
            roots=tuple(root for root in settings.roots if root not in missing),
            groups=groups,
        ),
    )


def _keep_failure(home: Home, failure: str, code: str) -> None:
    now = time.time_ns()
    last = load_last_run(home) or LastRun(now, 0)
    save_last_run(home, last.failed(now, failure, code))


def show_result(result: BackupResult, *, quiet: bool = False) -> None:
    """The figures, then the problems, which go to standard error."""
    groups = groups_of(result)
    if not quiet:
        show_notes(result.problems)
        click.echo(
            f"Snapshot {result.sequence}: {count(result.files, 'file')}, {size(result.bytes)}. "
            f"{result.files_changed:,} new or changed, {size(result.bytes_sent)} sent, "
            f"in {result.seconds:.1f} s."
        )
    if result.coverage < 1:
        click.echo(f"Coverage: {percent(result.coverage)} of what should be backed up.", err=True)
    if groups:
        click.echo(f"{count(sum(group.number for group in groups), 'problem')}:", err=True)
    for line in problem_lines(groups):
        click.echo(line, err=True)
