"""A server with a history: 30 snapshots over more than a year, and devices in every state.

Made once by the two real programs, whose clock is moved (`support.past`), then served by the true
clock as often as wanted:

    make_history(folder)
    with open_history(folder, copy) as history:
        history.server.url, history.account, history.password
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property, partial
from pathlib import Path
from typing import Any

from support import household
from support.household import Change, Household
from support.past import Clock, in_the_past
from support.processes import PROGRAMS, Client, Server, run_program, start_server
from support.samples import photo

FILES = 200_000 if os.environ.get("CSB_TEST_FULL") else 20_000
ACCOUNT = "ada"
OTHER_ACCOUNT = "rupert"
PASSWORD = "lantern cobalt feather mosaic"
LAPTOP = "laptop"
STICK = "stick"  # the laptop's second folder, which is not always there
TOLD = "Documents"  # what is kept of every moment, to compare with

# A client that says it is older than its first release is told that its clock is wrong.
EARLIEST_FOR_CLIENTS = datetime(2026, 1, 2, tzinfo=UTC)
SERVER_RESTARTS_AFTER = timedelta(days=200)  # its certificate holds for 397
NOT_ALL_OF_ROOT = ("--bounding-set", "-dac_override,-dac_read_search")
A_MINUTE = 1 / 24 / 60  # in days


@dataclass(frozen=True)
class Turn:
    """What happens before a backup of the laptop, and how long ago."""

    days_ago: float
    changes: tuple[Change, ...] = ()
    stick_is_there: bool = True


TURNS = (
    Turn(412),
    Turn(410.66, (household.extend_diary,)),
    Turn(403.60, (household.edit_letter, household.live)),
    Turn(396.73, (household.write_thesis,)),
    # five weeks of holidays
    Turn(361.62, (household.live, household.add_seaside, household.add_film)),
    Turn(354.58, (household.write_thesis,)),
    Turn(347.73, (household.tidy_up,)),
    Turn(340.96, (household.live,), stick_is_there=False),
    Turn(299.91, (household.retouch, household.edit_letter)),
    Turn(292.89, (household.begin_chapter, household.cut_film, household.lock)),
    Turn(285.65, (household.live,)),
    # nothing for eight weeks
    Turn(230.79, (household.unlock, household.grow_website)),
    Turn(209.67, (household.write_thesis,)),
    Turn(188.63, (household.live, household.lose_recipes)),
    Turn(167.60, (household.edit_letter,)),
    Turn(119.65, (household.rename_pictures,)),
    Turn(112.97, (household.live,)),
    Turn(105.92, (household.write_thesis,), stick_is_there=False),
    Turn(98.91, (household.find_recipes,)),
    Turn(61.91, (household.clean_website, household.live)),
    Turn(40.64, (household.retouch,)),
    Turn(19.69, (household.edit_letter, household.lock)),
    Turn(8.83, (household.live,)),
    Turn(6.88, (household.unlock, household.extend_diary)),
    Turn(4.93, (household.write_thesis,)),
    Turn(2.95, (household.live,)),
    Turn(1.59, (household.live,)),
    Turn(0.82, (household.extend_ledger,)),
    Turn(0.25, (household.live, household.edit_letter)),
    Turn(0.01, (household.extend_diary,)),
)


@dataclass(frozen=True)
class Neighbour:
    """Another device, with little on it."""

    account: str
    device: str
    enrolled_days_ago: float
    backups_days_ago: tuple[float, ...] = ()
    has_problem: bool = False


NEIGHBOURS = (
    Neighbour(ACCOUNT, "Küchen-PC", 70, (70, 62, 35)),  # overdue
    Neighbour(ACCOUNT, "studio", 21, (21, 3, 0.2), has_problem=True),
    Neighbour(ACCOUNT, "new desk", 0.3),  # has never backed up
    Neighbour(OTHER_ACCOUNT, "attic", 90, (90, 0.6)),
)


@dataclass(frozen=True)
class History:
    """A running server with the history, and what a test may know of it.

    The files lie as the newest snapshot has them, and are shared: do not change them.
    """

    server: Server
    place: Path

    account: str = ACCOUNT
    password: str = PASSWORD
    other_account: str = OTHER_ACCOUNT

    @cached_property
    def _facts(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.place / "facts.json").read_text("utf-8"))
        return found

    @property
    def recovery_key(self) -> str:
        return str(self._facts["recovery_key"])

    @property
    def files(self) -> Path:
        """The laptop's folder, as in its newest snapshot."""
        return self.place / "home"

    def told(self, sequence: int) -> Path:
        """A copy of the folder Documents as it was in a snapshot of the laptop, from 1 on."""
        return self.place / "told" / str(sequence)

    def new_machine(self, folder: Path, device: str) -> Client:
        """Another device of the account, with its state in `folder`."""
        client = Client(folder, self.server.url, self.server.pin, password=self.password)
        client.login(self.account, device=device)
        return client

    def laptop(self, folder: Path) -> Client:
        """The laptop itself, which goes on from `folder`: its true state holds another address."""
        client = Client(folder, self.server.url, self.server.pin, password=self.password)
        client.login(self.account, device=LAPTOP, take_over=LAPTOP)
        return client


def make_history_once(place: Path) -> Path:
    """The history in `place`, made by whoever of several processes comes first."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not is_made(place):
            make_history(place)
    return place


def is_made(place: Path) -> bool:
    return (place / "facts.json").exists()


def make_history(
    place: Path, *, files: int = FILES, account: str = ACCOUNT, password: str = PASSWORD
) -> None:
    """Live the year. `facts.json` comes last: a folder without it is not finished."""
    place.mkdir(parents=True, exist_ok=True)
    story = _Story(place, account, password)
    try:
        story.furnish(files)
        story.tell()
    finally:
        story.server.stop()
    facts = {"recovery_key": story.recovery_key}
    (place / "facts.json").write_text(json.dumps(facts), "utf-8")


@contextmanager
def open_history(place: Path, data: Path) -> Iterator[History]:
    """Serve a copy of a history that was made, by the true clock."""
    shutil.copytree(place / "server", data, ignore=shutil.ignore_patterns("socket", "lock"))
    with start_server(data) as server:
        yield History(server, place)
        server.stop()


class _Story:
    """The year, from its first day on. The laptop is the first device, and makes the account."""

    def __init__(self, place: Path, account: str, password: str) -> None:
        self.recovery_key = ""
        self._place = place
        self._account = account
        self._password = password
        self._now = datetime.now(UTC)
        self._clock = Clock(place / "clock")
        self._sequence = 0
        self._accounts: set[str] = set()
        self._home = place / "home"
        self._stick = place / STICK
        self._started = self._moment(TURNS[0].days_ago + 1)
        self._clock.set(self._started)
        self._of_clients = in_the_past(max(self._started, EARLIEST_FOR_CLIENTS))
        self.server = self._start("127.0.0.1:0")

    def furnish(self, files: int) -> None:
        home = Household(self._home, self._moment(TURNS[0].days_ago))
        household.furnish(home, files)
        Household(self._stick, home.moment).write("Old photos/IMG_2001.png", photo(77))

    def tell(self) -> None:
        self._found()
        for days_ago, act in sorted(self._acts(), key=lambda one: -one[0]):
            self._go_to(self._moment(days_ago))
            act()

    def _found(self) -> None:
        """The account, its admin's rights, and the laptop."""
        laptop = self._client(LAPTOP)
        self.recovery_key = laptop.register(self._account, device=LAPTOP).json["recovery_key"]
        self._accounts.add(self._account)
        self.server.admin("admin", "create", self._account)
        laptop.run("add", str(self._home), str(self._stick))

    def _acts(self) -> Iterator[tuple[float, Callable[[], None]]]:
        for turn in TURNS:
            yield turn.days_ago, partial(self._take, turn)
        for one in NEIGHBOURS:
            yield one.enrolled_days_ago, partial(self._move_in, one)
            for days_ago in one.backups_days_ago:
                yield days_ago - A_MINUTE, partial(self._back_up, one.device)

    def _take(self, turn: Turn) -> None:
        home = Household(self._home, self._moment(turn.days_ago))
        for change in turn.changes:
            change(home)
        away = self._stick.with_suffix(".away")
        if not turn.stick_is_there:
            self._stick.rename(away)
        self._back_up(LAPTOP)
        if not turn.stick_is_there:
            away.rename(self._stick)
        self._sequence += 1
        kept = self._place / "told" / str(self._sequence)
        shutil.copytree(self._home / TOLD, kept, ignore=shutil.ignore_patterns("locked.pdf"))

    def _move_in(self, neighbour: Neighbour) -> None:
        client = self._client(neighbour.device)
        account = self._account if neighbour.account == ACCOUNT else neighbour.account
        if account in self._accounts:
            client.login(account, device=neighbour.device)
        else:
            client.register(account, device=neighbour.device)
            self._accounts.add(account)
        home = Household(self._place / "homes" / neighbour.device, self._now)
        household.furnish_documents(home)
        if neighbour.has_problem:
            household.lock(home)
        client.run("add", str(home.folder))

    def _back_up(self, device: str) -> None:
        """As one who may not read everything, root too; exit code 1 is "finished with problems"."""
        command = [str(PROGRAMS / "csb"), "backup", "--json"]
        if os.geteuid() == 0:
            command = [str(shutil.which("setpriv")), *NOT_ALL_OF_ROOT, *command]
        result = run_program(*command, env=self._client(device).environment_of_a_run())
        result.expect(result.code if result.code == 1 else 0)

    def _client(self, device: str) -> Client:
        home = self._place / "devices" / device
        client = Client(home, self.server.url, self.server.pin, password=self._password)
        client.environment = self._of_clients
        return client

    # --- clocks ---

    def _moment(self, days_ago: float) -> datetime:
        return self._now - timedelta(days=days_ago)

    def _go_to(self, moment: datetime) -> None:
        """Both sides go on at another time; the server starts anew before its certificate ends."""
        self._clock.set(moment)
        self._of_clients = in_the_past(max(moment, EARLIEST_FOR_CLIENTS))
        if moment - self._started > SERVER_RESTARTS_AFTER:
            port = self.server.port
            self.server.stop()
            self._started = moment
            self.server = self._start(f"127.0.0.1:{port}")

    def _start(self, listen: str) -> Server:
        return start_server(self._place / "server", listen=listen, **self._clock.environment)
