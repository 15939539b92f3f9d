"""The command that sets a machine up with a person's browser, here or elsewhere."""

from __future__ import annotations

import os
import sys
import time
import webbrowser
from dataclasses import dataclass, replace

import click

from csbackup.client.backup.context import BackupResult, Progress
from csbackup.client.choosing.choice import Choice
from csbackup.client.choosing.first_run import FirstRun
from csbackup.client.choosing.measuring import Measurer
from csbackup.client.choosing.suggesting import suggest
from csbackup.client.cli import options
from csbackup.client.cli.backup import back_up
from csbackup.client.cli.door import IDLE_SECONDS, has_browser, running
from csbackup.client.cli.opening import open_files
from csbackup.client.cli.output import print_json
from csbackup.client.cli.program import FINISHED, FINISHED_WITH_PROBLEMS
from csbackup.client.cli.progress import Both, open_progress
from csbackup.client.cli.reaching import Reached, installed_code, own_home, reach, reach_again
from csbackup.client.cli.setup_page import SetupPage
from csbackup.client.cli.setup_service import start_service
from csbackup.client.cli.setup_terminal import choose_on_terminal, show_choice, show_end
from csbackup.client.config import Home, seconds_from
from csbackup.client.connection import claim_enrolment, offer_enrolment
from csbackup.client.door.own_pages import OwnPages, Standing
from csbackup.client.door.passage import Passage
from csbackup.client.door.server import Door
from csbackup.client.enrolling.asking import Asking, ask_by_browser, ask_by_code
from csbackup.client.enrolling.settling import settle
from csbackup.client.keyring import EnrolledDevice, is_enrolled, load_device
from csbackup.client.log import LOG, withhold
from csbackup.client.platform.description import machine_name
from csbackup.errors import EnrolmentExpired, Refused, RemoteError, WebAppMissing
from csbackup.protocol import messages
from csbackup.rules.naming import checked_name
from csbackup.web.files import WebFiles, built_folder

LOOK_SECONDS = 2.0
LINGER_SECONDS = 10.0
_NEAR_BYTES, _FAR_BYTES = 25_000_000, 3_000_000  # a second: what a home network, a line brings


@dataclass(frozen=True, slots=True)
class _Wishes:
    """What the person said beside the server."""

    name: str
    account: str
    folders: tuple[str, ...]
    yes: bool
    as_json: bool

    @property
    def unasked(self) -> bool:
        """Nobody is asked which folders."""
        return self.yes or bool(self.folders)


@click.command(
    epilog="""
\b
Examples:
  csb setup                                  what the download's installer runs
  csb setup https://nas.local:8443
  csb setup --no-browser                     shows a code to type on another device
  csb setup --no-browser --yes               the usual folders, without asking
  csb setup --no-browser --folders /etc --folders /srv

Without an account on that server yet, make one on the page. Run it again to choose folders anew.
"""
)
@click.argument("url", required=False, default="")
@click.option("--no-browser", is_flag=True, help="Show a code to type on another device.")
@click.option("--name", metavar="NAME", default="", help="What to call this machine.")
@click.option("--account", metavar="NAME", default="", help="Belong to this account, or to none.")
@click.option("--folders", metavar="PATH", multiple=True, help="Back this up; may be repeated.")
@click.option("--yes", is_flag=True, help="Back up the usual folders without asking.")
@options.accept_pin
@options.shared
def setup(  # noqa: PLR0913  one parameter an option
    url: str,
    no_browser: bool,
    name: str,
    account: str,
    folders: tuple[str, ...],
    yes: bool,
    accept_pin: str,
    as_json: bool,
) -> int:
    """Set this machine up: agree in the browser, choose folders, and the first backup begins.

    The browser of this machine opens the server's page; where there is none, a code is shown to
    type into that page anywhere. Nothing is backed up before you chose what.
    """
    home = own_home()
    name = checked_name(name or machine_name(), "The device")
    wishes = _Wishes(name, account, folders, yes, as_json)
    by_browser = not (no_browser or wishes.unasked) and has_browser()
    reached = reach_again(home) if is_enrolled(home) else reach(home, url, accept_pin)
    if by_browser:
        try:
            return _by_browser(reached, wishes)
        except WebAppMissing:
            LOG.info("this client came without the web app: by code")
    return _by_code(reached, wishes)


# --- with a browser on this machine ---------------------------------------------------------------


def _by_browser(reached: Reached, wishes: _Wishes) -> int:
    home, address = reached.home, reached.transport.address
    pages = OwnPages(WebFiles(built_folder()), Standing(str(address), "", "", setting_up=True))
    device = load_device(home) if is_enrolled(home) else None
    asking = None
    if device is None:
        asked = ask_by_browser(address, reached.pin, wishes.name, time.time_ns())
        asking = _meant(asked, reached, wishes)
        withhold(asking.page(0))
    page = SetupPage(reached, asking, lambda found: _choice(home, found), open_files(()))
    with running(Door(pages, Passage(lambda: reached.transport), page)) as door:
        page.use(door, device)
        place = "" if device is None else "/choosing"
        _tell_browser(door.address + place, device)
        webbrowser.open(door.address + place)
        return _accompany(door, page, wishes)


def _tell_browser(address: str, device: EnrolledDevice | None) -> None:
    if device is not None:
        _tell_enrolled(device)
    what = "agree there" if device is None else "choose folders there"
    click.echo(
        "Your browser opens. If it does not, open this address on this machine, once:\n\n"
        f"    {address}\n\n"
        f"Waiting for you to {what} (Ctrl-C stops) ...",
        err=True,
    )


def _accompany(door: Door, page: SetupPage, wishes: _Wishes) -> int:
    """Until the first backup ended, or nobody asks any more."""
    idle_seconds = seconds_from(os.environ, "CSB_OPEN_SECONDS", IDLE_SECONDS)
    told = False
    while True:
        page.check()
        choice = page.choice
        if choice is not None and not told:
            told = True
            _tell_enrolled(page.device)
        state = choice.run.told().state if choice is not None else "none"
        is_alone = door.idle_seconds() > idle_seconds and state != "running"
        if choice is not None and state in ("done", "problems"):
            time.sleep(min(LINGER_SECONDS, idle_seconds))  # the page still has to hear of it
            return _end(choice, wishes)
        if choice is not None and is_alone:
            return _end(choice, wishes)
        if choice is None and page.is_late(time.time_ns()):
            raise EnrolmentExpired
        time.sleep(0.2)


# --- with a code ----------------------------------------------------------------------------------


def _by_code(reached: Reached, wishes: _Wishes) -> int:
    home = reached.home
    if is_enrolled(home):
        _tell_enrolled(load_device(home))
    else:
        _enrol_by_code(reached, wishes)
    choice = _choice(home, load_device(home), shown=not wishes.as_json)
    for folder in wishes.folders:
        choice.add(os.fsencode(os.path.abspath(folder)))  # noqa: PTH100  links stay as they are
    chosen = choose_on_terminal(choice, wishes.folders, unasked=wishes.unasked)
    choice.start(chosen)
    if not wishes.as_json:
        show_choice(chosen)
    choice.run.wait()
    return _end(choice, wishes)


def _enrol_by_code(reached: Reached, wishes: _Wishes) -> None:
    address = reached.transport.address
    asked = ask_by_code(address, reached.pin, wishes.name, time.time_ns())
    asking = _meant(asked, reached, wishes)
    withhold(asking.code)
    message = asking.message()
    offer_enrolment(reached.transport, asking.offer.request, message)
    click.echo(
        f"On any device, open this page, sign in or make an account:\n\n"
        f"    {address}/#/enrol\n\n"
        f"and type this code there. It holds for ten minutes:\n\n    {asking.code}\n\n"
        "Waiting (Ctrl-C stops) ...",
        err=True,
    )
    brought = asking.take(_await_bundle(reached, asking, message), time.time_ns())
    _tell_enrolled(settle(reached.home, reached.transport, asking, brought))


def _await_bundle(reached: Reached, asking: Asking, message: messages.EnrolmentOffer) -> bytes:
    """A server that does not answer, or that started anew, is asked again."""
    request = asking.offer.request
    while time.time_ns() < asking.expires_ns:
        try:
            bundle = claim_enrolment(reached.transport, request, asking.claim)
            if bundle:
                return bundle
        except Refused as refusal:
            if refusal.problem != "not-found":
                raise
            offer_enrolment(reached.transport, request, message)
        except RemoteError as failure:
            LOG.warning("asked in vain: %s", failure)
        time.sleep(LOOK_SECONDS)
    raise EnrolmentExpired


# --- both -----------------------------------------------------------------------------------------


def _meant(asked: Asking, reached: Reached, wishes: _Wishes) -> Asking:
    """For whom, and by which download."""
    return replace(asked, account=wishes.account, download=installed_code(reached.home))


def _choice(home: Home, device: EnrolledDevice, *, shown: bool = False) -> Choice:
    system = sys.platform != "win32" and os.geteuid() == 0
    measurer = Measurer(home.path, device, open_files)

    def run(progress: Progress) -> BackupResult:
        with open_progress(quiet=not shown) as bar:
            return back_up(home, quiet=True, progress=Both(bar, progress))

    return Choice(
        home,
        device,
        suggest(os.environ, system=system),
        measurer,
        FirstRun(run),
        start_service,
        bytes_per_second=_FAR_BYTES,
        system=system,
    )


def _tell_enrolled(device: EnrolledDevice) -> None:
    click.echo(
        f"This machine is {device.device_name} of account {device.account_name} on {device.url}.",
        err=True,
    )


def _end(choice: Choice, wishes: _Wishes) -> int:
    told = choice.told()
    if wishes.as_json:
        print_json(_as_json(told))
    else:
        show_end(told)
    return FINISHED if told.run.state == "done" else FINISHED_WITH_PROBLEMS


def _as_json(told: messages.Choosing) -> dict[str, object]:
    run = told.run
    return {
        "account": told.account,
        "device": told.device_name,
        "device_id": told.device.hex(),
        "url": told.server,
        "roots": [one.path for one in told.places if one.ticked],
        "service": told.service.state,
        "backup": {
            "state": run.state,
            "files": run.files_done,
            "bytes": run.bytes_done,
            "bytes_sent": run.bytes_sent,
            "problems": run.problems,
            "seconds": run.seconds,
            "message": run.message,
        },
    }
