"""What the admin decides in the web is advice on the device itself: `--anyway` goes on.

The device belongs to its person. A command that could be forbidden here would only be run in
another way; one that is named is not run by mistake.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from csbackup.client.config import Home
from csbackup.client.pushed.memory import load_memory
from csbackup.errors import KeptByAdmin
from csbackup.rules.source import Part

Function = TypeVar("Function", bound=Callable[..., Any])

anyway = click.option(
    "--anyway", is_flag=True, help="Also where the server's admin wants to decide this."
)


def check_kept(home: Home, part: Part, *, anyway: bool) -> None:
    """`KeptByAdmin` where the admin decides this part, unless the person says so twice."""
    if not anyway and part in load_memory(home).kept:
        raise KeptByAdmin(part)
