"""The command that writes files back."""

from __future__ import annotations

import contextlib
import os
from dataclasses import replace
from typing import Any

import click

from csbackup.client.browse.chain import History, read_history
from csbackup.client.cli import options
from csbackup.client.cli.asking import ask_secret
from csbackup.client.cli.looking import choose, unfinished
from csbackup.client.cli.output import count, print_json, printable, size
from csbackup.client.cli.problems import problem_lines
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS
from csbackup.client.cli.progress import Silent, name_file, open_progress
from csbackup.client.cli.reaching import own_home, reach, unlock_own
from csbackup.client.cli.typed import absolute
from csbackup.client.enrol import find_device, what_siblings_saw
from csbackup.client.heads import Heads
from csbackup.client.keyring import is_enrolled
from csbackup.client.log import LOG
from csbackup.client.platform.memory import give_back_large_buffers
from csbackup.client.problems import Problem, grouped
from csbackup.client.restore.context import RestoreContext, RestoreResult
from csbackup.client.restore.existing import Rule, stamp_of
from csbackup.client.restore.run import run_restore
from csbackup.client.unlock import UnlockedAccount, unlock
from csbackup.errors import CsbError, PathProblem, ServerWentBack
from csbackup.format.ids import DeviceId

_ADVICE = "go on; what is here was restored as it is"


class AccountNeeded(PathProblem):
    code = "account-needed"

    def __init__(self) -> None:
        super().__init__("Say whose backups: --account NAME, beside the server's address.")


class DeviceNeeded(PathProblem):
    code = "device-needed"

    def __init__(self, names: str) -> None:
        super().__init__(f"Say which device: --device NAME. The account has: {names}.")


@click.command(
    epilog="""
\b
Examples:
  csb restore ~/Documents/thesis.odt
  csb restore ~/Documents --at 'yesterday 18:00' --to /tmp/look
  csb restore --snapshot 12 --overwrite
  csb restore ~/Pictures --verbose         names what is written (+), and what was there (=)
A new machine, or a borrowed one, without setting it up:
  csb restore https://nas.local:8443 --account anna --device laptop --to ~/back
"""
)
@click.argument("paths", nargs=-1, metavar="[URL] [PATH]...")
@options.at
@options.snapshot
@click.option(
    "--to",
    "target",
    metavar="DIR",
    callback=options.refuse_empty,
    help="Below this folder: DIR/<last name>, or the full path where two are alike.",
)
@click.option("--overwrite", is_flag=True, help="Replace files that are there.")
@click.option("--account", metavar="NAME", default="", help="Whose backups, with URL.")
@options.device_to_read
@options.recovery_key
@options.accept_pin
@options.quiet
@options.shared
def restore(paths: tuple[str, ...], quiet: bool, as_json: bool, **chosen: Any) -> int:
    """Write files back, everything without PATH. Asks for the password or the recovery key.

    Without --to they go where they were. What is there and different stays, unless --overwrite is
    given: the restored file is put beside it, with the snapshot's time in its name. Files that are
    there already, the same by size and time, are skipped, so a restore that was stopped goes on
    where it was.
    """
    give_back_large_buffers()
    verbose = options.is_verbose()
    url, wanted = _split(paths)
    unlocked, device, own = _unlock(url, **chosen)
    history = read_history(unlocked.connection, device, unlocked.keys.device)
    gone = _check_newest(unlocked, history)
    kept = choose(history, chosen["at"], chosen["snapshot_name"])
    context = RestoreContext(
        source=unlocked.connection,
        keys=unlocked.keys,
        kept=kept,
        paths=tuple(_path(path, own=own) for path in wanted),
        to=absolute(chosen["target"]) if chosen["target"] else None,
        rule=Rule(overwrite=chosen["overwrite"], stamp=stamp_of(kept.received_ns)),
        on_file=name_file if verbose and not quiet else None,
    )
    hidden = quiet or (as_json and not verbose)
    with open_progress(quiet=hidden, verbose=verbose) as progress:
        result = run_restore(context, progress)
    lacking = unfinished(history, kept)
    if lacking:
        problem = Problem("unfinished-snapshot", b"", lacking)
        result = replace(result, problems=(problem, *result.problems))
    if gone:
        problem = Problem("server-went-back", b"", str(ServerWentBack(gone, _ADVICE)))
        result = replace(result, problems=(problem, *result.problems))
    with contextlib.suppress(CsbError):
        unlocked.connection.sign_out()
    _log_result(result)
    if as_json:
        print_json(_as_json(result, chosen["target"]))
    else:
        _show(result, quiet=quiet)
    serious = any(not problem.ignored for problem in result.problems)
    return FINISHED_WITH_PROBLEMS if serious else FINISHED


def _check_newest(unlocked: UnlockedAccount, history: History) -> str:
    """Whether the server hides newer snapshots: by what was seen here, or else by what the other
    devices saw, which is said and stops nobody: a borrowed machine has no other choice."""
    heads = Heads(own_home())
    if is_enrolled(own_home()) and heads.seen(history.device):
        heads.check_device(history.device, history.newest)
        return ""
    return str(what_siblings_saw(unlocked, history))


def _split(paths: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The server's address, if the first argument is one, and the paths."""
    if paths and "://" in paths[0]:
        return paths[0], paths[1:]
    return "", paths


def _unlock(
    url: str,
    *,
    account: str,
    device_name: str,
    recovery_key: str,
    accept_pin: str,
    **_: Any,
) -> tuple[UnlockedAccount, DeviceId, bool]:
    """The account, the device to restore, and whether it is this one."""
    home = own_home()
    if not url and not account:
        own, unlocked = unlock_own(home, recovery_key)
        if device_name in ("", own.device_name):
            return unlocked, own.device, True
        return unlocked, DeviceId(find_device(unlocked, device_name).device), False
    if not account:
        raise AccountNeeded
    reached = reach(home, url, accept_pin)
    unlocked = unlock(reached.transport, account, ask_secret(recovery_key, account))
    return unlocked, _device_of(unlocked, device_name), False


def _device_of(unlocked: UnlockedAccount, name: str) -> DeviceId:
    """The named device, or the only one there is."""
    if name:
        return DeviceId(find_device(unlocked, name).device)
    devices = unlocked.connection.devices()
    if len(devices) != 1:
        raise DeviceNeeded(", ".join(sorted(device.name for device in devices)) or "none yet")
    return DeviceId(devices[0].device)


def _path(text: str, *, own: bool) -> bytes:
    """A path of this device may be relative to the current folder."""
    return absolute(text) if own or not text else os.fsencode(text)


def _as_json(result: RestoreResult, target: str) -> dict[str, Any]:
    return {
        "snapshot": result.snapshot.hex(),
        "sequence": result.sequence,
        "restored": result.files,
        "files": result.files,
        "bytes": result.bytes,
        "skipped": result.skipped,
        "to": _text(absolute(target)) if target else None,
        "places": [{"path": _text(place.path), "to": _text(place.to)} for place in result.places],
        "problems": [problem.to_json() for problem in result.problems],
        "seconds": round(result.seconds, 3),
    }


def _text(path: bytes) -> str:
    return path.decode(errors="replace")


def _log_result(result: RestoreResult) -> None:
    LOG.info(
        "restored: snapshot %d, %d files, %d bytes, %d skipped, %.1f s",
        result.sequence,
        result.files,
        result.bytes,
        result.skipped,
        result.seconds,
    )
    told = Silent()
    for problem in result.problems:
        told.problem(problem)


def _show(result: RestoreResult, *, quiet: bool) -> None:
    if not quiet:
        skipped = f", {result.skipped:,} were there already" if result.skipped else ""
        click.echo(
            f"Restored {count(result.files, 'file')}, {size(result.bytes)}{skipped}, from "
            f"snapshot {result.sequence}, in {result.seconds:.1f} s."
        )
        for place in result.places:
            click.echo(f"  {printable(place.to)}")
    groups = grouped(result.problems)
    if groups:
        click.echo(f"{count(sum(group.number for group in groups), 'problem')}:", err=True)
    for line in problem_lines(groups):
        click.echo(line, err=True)
