"""Asking the person: passwords, recovery keys, whether a pin is right."""

from __future__ import annotations

import os
import sys

import click

from csbackup.client.log import withhold
from csbackup.client.unlock import Secret
from csbackup.errors import ClientError

SHORTEST_PASSWORD = 8
GOOD_PASSWORD = 12


class PasswordNeeded(ClientError):
    code = "password-needed"

    def __init__(self) -> None:
        super().__init__(
            "The password is needed. Run this on a terminal, or give it in CSB_PASSWORD "
            "(or the recovery key in CSB_RECOVERY_KEY)."
        )


class PasswordTooShort(ClientError):
    code = "password-too-short"

    def __init__(self) -> None:
        super().__init__(
            f"A password needs {SHORTEST_PASSWORD} characters at least; {GOOD_PASSWORD} or more, "
            "or five random words, are better: it is what protects the backups."
        )


def on_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


def ask_secret(recovery_key: str, account: str) -> Secret:
    """The password or the recovery key: from the option, the environment, or the person."""
    if recovery_key:
        return Secret(recovery_key=recovery_key)
    if password := os.environ.get("CSB_PASSWORD"):
        return Secret(password=password)
    if kept := os.environ.get("CSB_RECOVERY_KEY"):
        return Secret(recovery_key=kept)
    return Secret(password=_ask(f"Password of {account}"))


def ask_new_password(variable: str, prompt: str = "New password") -> str:
    """A new password, typed twice; `variable` of the environment stands in for it."""
    password = os.environ.get(variable, "")
    if not password:
        password = _ask(f"{prompt} ({GOOD_PASSWORD} characters or more)")
        if on_a_terminal() and _ask("The same again") != password:
            raise click.ClickException("The two passwords are not the same. Nothing was done.")
    if len(password) < SHORTEST_PASSWORD:
        raise PasswordTooShort
    if len(password) < GOOD_PASSWORD:
        click.echo(f"A password of {GOOD_PASSWORD} characters or more would be safer.", err=True)
    return password


def _ask(prompt: str) -> str:
    if on_a_terminal():
        line = str(click.prompt(prompt, hide_input=True, err=True))
    else:
        line = sys.stdin.readline().rstrip("\n")
    if not line:
        raise PasswordNeeded
    withhold(line)
    return line


def confirm_pin(url: str, pin: str) -> bool:
    """Show the server's pin and let the person compare it."""
    click.echo(
        f"{url} shows this pin:\n\n    {pin}\n\n"
        "Compare it with what `csb-server pin` prints on the server, or with its web page.",
        err=True,
    )
    return click.confirm("Is it the same?", default=False, err=True)
