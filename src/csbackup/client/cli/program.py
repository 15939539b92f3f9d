"""`csb` itself: which commands there are, and what becomes of failures."""

from __future__ import annotations

import gc
import importlib
import os
import signal
import sys
from dataclasses import dataclass
from typing import NoReturn, cast

import click

from csbackup.client.cli.output import print_json, printable
from csbackup.client.cli.recording import record
from csbackup.client.log import LOG, log_failure
from csbackup.errors import CsbError, Refused

FINISHED, FINISHED_WITH_PROBLEMS, NOT_DONE = 0, 1, 2
UNFORESEEN = "unforeseen"

# We make many objects and hardly a cycle: by default a fifth of a run is looking for some.
_COLLECT_RARELY = (50_000, 20, 50)

# name: (module, what it does). The texts stand here so that `csb --help` loads no command.
COMMANDS = {
    "setup": ("setup", "Set this machine up with your browser, or with a code."),
    "register": ("account", "Make an account and set this machine up."),
    "login": ("account", "Set this machine up with an account you have."),
    "password": ("account", "Set a new password."),
    "recovery-kit": ("account", "Make a new recovery key; the old one ends."),
    "accept-server": ("account", "Go on with a server that went back."),
    "add": ("source", "Back up these folders or files."),
    "remove": ("source", "No longer back up a folder or file."),
    "exclude": ("source", "Leave out what matches a pattern."),
    "settings": ("settings", "What is set, and what was changed from the web."),
    "stills": ("stills", "Read from stills of the file systems."),
    "backup": ("backup", "Back up now."),
    "status": ("status", "Is this machine protected?"),
    "snapshots": ("browse", "List the snapshots."),
    "ls": ("browse", "List a folder as it was."),
    "history": ("browse", "List the versions of a file."),
    "find": ("browse", "Find files by name."),
    "diff": ("browse", "What changed between two snapshots."),
    "restore": ("restore", "Write files back."),
    "open": ("door", "The web pages, from this client's own files."),
    "orders": ("orders", "What was ordered in the browser to be written back here."),
    "service": ("service", "Back up regularly."),
    "schedule": ("schedule", "When it backs up by itself."),
    "limits": ("limits", "How fast it may be, and when."),
    "pause": ("pause", "Make no backup by itself for some hours."),
    "resume": ("pause", "Go on after a pause."),
    "hooks": ("hooks", "What this device does before and after a backup."),
    "log": ("log", "Where the log lies; one file to send along."),
    "update": ("update", "Which version runs, and which one should."),
    "uninstall": ("uninstall", "Take csb off this machine."),
    "version": ("status", "Say which release this is."),
}

HIDDEN = {"self-check": "update"}  # for other programs of ours

EPILOG = """
\b
A new machine in one step, in your browser; or in three, typed:
  csb setup https://nas.local:8443
  csb register https://nas.local:8443 --account anna
  csb add ~/Documents ~/Pictures
  csb backup

\b
Is it well, and what would it do?
  csb status
  csb backup --dry-run
  csb log --to log.txt        one file for whoever helps you
  csb open                    your files in the browser, without trusting the server's page

State lies in CSB_HOME, or where this platform keeps such things. For unattended use, CSB_PASSWORD
or CSB_RECOVERY_KEY stand in for what is asked on a terminal.

Exit codes: 0 all right, 1 finished with problems, 2 not done. A failure is one line that ends with
its code in brackets; with --json it is printed as {"failure": {"code", "message"}} as well.
"""


@dataclass
class Invocation:
    """What one call of `csb` was asked beside its command."""

    verbose: bool = False
    as_json: bool = False


class LazyGroup(click.Group):
    """Knows its commands by name, and imports the module of the one that runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS[cmd_name][0] if cmd_name in COMMANDS else HIDDEN.get(cmd_name)
        if place is None:
            return None
        module = importlib.import_module(f"csbackup.client.cli.{place}")
        return cast(click.Command, getattr(module, cmd_name.replace("-", "_")))

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.group(
    cls=LazyGroup,
    epilog=EPILOG,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def program() -> None:
    """Backs this machine up to a server of yours, sealed: the server cannot read it."""


def main() -> NoReturn:
    """Run `csb`; a foreseen failure is one line."""
    gc.set_threshold(*_COLLECT_RARELY)
    signal.signal(signal.SIGTERM, _stop)
    invocation = Invocation()
    record(program, sys.argv[1:])
    try:
        code = program.main(prog_name="csb", standalone_mode=False, obj=invocation)
    except CsbError as failure:
        _explain(failure, str(failure), code_of(failure), invocation)
        code = NOT_DONE
    except click.ClickException as failure:
        LOG.error("failed code=usage %s", type(failure).__name__)  # its text may quote anything
        failure.show()
        code = NOT_DONE
    except (click.Abort, KeyboardInterrupt):
        LOG.error("stopped by the person")
        click.echo("\ncsb: stopped.", err=True)
        code = NOT_DONE
    except BrokenPipeError:
        # Whoever read our output has enough; without this, Python complains when it ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FINISHED
    except Exception as failure:  # noqa: BLE001  the last resort: one line in place of a traceback
        _explain(failure, f"{type(failure).__name__}: {failure}", UNFORESEEN, invocation)
        click.echo("csb: this was not foreseen; --verbose shows where it happened.", err=True)
        code = NOT_DONE
    sys.exit(code or FINISHED)


def _stop(*_: object) -> NoReturn:
    """Told to end: as when a person presses Ctrl-C, so that what was begun is put away."""
    raise KeyboardInterrupt


def _explain(failure: Exception, text: str, code: str, invocation: Invocation) -> None:
    """One line for people, which ends with the code that scripts and searches go by."""
    log_failure(failure, code)
    if invocation.verbose:
        sys.excepthook(type(failure), failure, failure.__traceback__)
    line = printable(text.encode(errors="surrogateescape"))  # paths, and what a server says
    click.echo(f"csb: {line} [{printable(code.encode(errors='replace'))}]", err=True)
    if invocation.as_json:
        print_json({"failure": {"code": code, "message": line}})


def code_of(failure: CsbError) -> str:
    """What the failure is called; of a refusal, what the server calls it."""
    return failure.problem if isinstance(failure, Refused) else failure.code
