"""The recovery kit: a page to print and keep where the machine is not."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import click

from csbackup.client.connection import show_pin
from csbackup.errors import PathProblem


def recovery_kit_text(url: str, pin: str, account: str, recovery_key: str) -> str:
    shown_pin = show_pin(pin) if pin else "(none: this server is reached without TLS)"
    half = len(shown_pin) // 2 + 1
    pins = [shown_pin[:half].strip(), shown_pin[half:].strip()] if pin else [shown_pin]
    return "\n".join(
        [
            "=" * 78,
            "RECOVERY KIT",
            "",
            f"  Account        {account}",
            f"  Server         {url}",
            *(f"  {'Its pin' if at == 0 else '':<14} {line}" for at, line in enumerate(pins)),
            f"  Recovery key   {recovery_key}",
            "",
            "This key opens your backups when the password is forgotten. Without both, nobody can:",
            "not the admin of the server, and not us. Print this page, keep it away from this",
            "machine, and show it to nobody.",
            "",
            "To get files back on any machine with the client installed:",
            f"  csb restore {url} --account {shlex.quote(account)} --device NAME --to FOLDER \\",
            "      --recovery-key KEY",
            "To set a new password on a machine that is set up:",
            "  csb password --recovery-key KEY",
            "=" * 78,
            "",
        ]
    )


def check_target(target: Path) -> None:
    """Refuse what cannot become the kit's file while the old recovery key still holds."""
    if os.path.lexists(target):
        raise PathProblem(f"{target} is there already. Name a new file; nothing was changed.")
    if not os.access(target.absolute().parent, os.W_OK):
        raise PathProblem(f"{target} cannot be written there. Nothing was changed.")


def write_kit(target: Path, text: str, recovery_key: str) -> str:
    """A new file for its owner's eyes only; when that does not work, the key is shown here."""
    try:
        handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as problem:
        click.echo(f"The new recovery key is {recovery_key}", err=True)
        raise PathProblem(f"{target} could not be written: {problem.strerror}.") from problem
    return str(target.absolute())
