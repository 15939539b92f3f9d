"""Settings from the server: taken, taken back, turned down; and what a crash leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

import pytest

from csbackup.client.config import Home
from csbackup.client.connection import Connection
from csbackup.client.pushed.memory import load_memory, save_memory
from csbackup.client.pushed.refusing import accept, refuse, set_lock
from csbackup.client.pushed.taking import attend, differs
from csbackup.client.settings import changing_settings, load_source, save_source
from csbackup.errors import NoSuchChange, NotFound, PathProblem, Refused, ServerUnreachable
from csbackup.protocol.messages import PushedSettings, SettingsReport, SettingsVerdict
from csbackup.rules.schedule import Schedule
from csbackup.rules.source import Folders, LeftOut, SourceSettings

HERE = SourceSettings(Folders((b"/a", b"/b")), LeftOut(("*.iso",)))
LESS = replace(HERE, folders=Folders((b"/a",)))


@dataclass
class FakeServer:
    """Keeps what it is told, and has at most one change waiting."""

    told: list[SettingsReport] = field(default_factory=list)
    waiting: int = 0
    base: SourceSettings = HERE
    wanted: SourceSettings = LESS
    by_owner: bool = False
    kept: tuple[str, ...] = ()
    failing: Exception | None = None

    def pushed_settings(self) -> PushedSettings:
        told_id = self.told[-1].settings_id if self.told else b""
        return PushedSettings(
            revision=9,
            waiting=self.waiting,
            told_id=told_id,
            kept=self.kept,  # type: ignore[arg-type]
            changed=5,
            by="boss",
            by_owner=self.by_owner,
            base=self.base,
            wanted=self.wanted,
        )

    def report_settings(self, report: SettingsReport) -> SettingsVerdict:
        if self.failing is not None:
            raise self.failing
        self.told.append(report)
        if report.revision == self.waiting:
            self.waiting = 0
        return SettingsVerdict(9)

    def outcomes(self) -> list[tuple[int, str]]:
        return [(report.revision, report.outcome) for report in self.told]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path)
    save_source(home, HERE)
    return home


def visit(home: Home, server: FakeServer) -> int:
    return attend(home, cast("Connection", server))


def test_what_is_here_is_told_once(home: Home) -> None:
    server = FakeServer()

    visit(home, server)
    visit(home, server)

    assert server.outcomes() == [(0, "told")]
    assert server.told[0].settings == HERE
    assert not differs(home)


def test_what_waits_is_taken_and_what_changed_here_meanwhile_stays(home: Home) -> None:
    server = FakeServer(waiting=7)
    save_source(home, replace(HERE, folders=Folders((b"/a", b"/b", b"/new"))))

    visit(home, server)

    assert load_source(home).folders.roots == (b"/a", b"/new")
    assert server.outcomes() == [(0, "told"), (7, "applied")]
    assert server.told[-1].settings == load_source(home)


def test_a_crash_before_the_settings_were_kept_leaves_a_change_that_is_taken_again(
    home: Home,
) -> None:
    server = FakeServer(waiting=7)
    visit(home, server)
    save_source(home, HERE)  # as if the last write had not come
    memory = load_memory(home)
    save_memory(home, memory.with_taken(replace(memory.taken[0], told=True)))
    server.waiting, server.told = 7, [replace(server.told[0])]

    visit(home, server)

    assert load_source(home) == LESS
    assert load_memory(home).taken[0].before == HERE


def test_an_answer_that_did_not_arrive_is_given_later(home: Home) -> None:
    server = FakeServer(waiting=7)
    visit(home, FakeServer())
    server.told = []
    server.failing = ServerUnreachable("https://x", "away")
    with pytest.raises(ServerUnreachable):
        visit(home, server)

    server.failing = None
    visit(home, server)

    assert server.outcomes()[-1] == (7, "applied")
    assert load_source(home) == LESS
    assert not differs(home)


def test_a_change_that_the_server_forgot_is_in_nobodys_way(home: Home) -> None:
    server = FakeServer(waiting=7)
    visit(home, server)
    refuse(home, 7)
    problem = Refused(404, NotFound.code, "There is no such change.", {})
    server.failing, server.told = problem, server.told[:1]

    visit(home, server)

    assert load_memory(home).taken[0].told


def test_a_change_is_taken_back_without_the_server_and_later_ones_stay(home: Home) -> None:
    server = FakeServer(waiting=7)
    visit(home, server)
    save_source(home, replace(LESS, schedule=Schedule(every_minutes=5.0)))

    taken = refuse(home, None)

    assert taken.revision == 7
    assert load_source(home).folders == HERE.folders
    assert load_source(home).schedule.every_minutes == 5
    visit(home, server)
    assert server.outcomes()[-1] == (7, "refused")
    assert server.told[-1].seen
    with pytest.raises(NoSuchChange):
        refuse(home, None)


def test_what_somebody_else_changed_is_unseen_until_a_person_here_says_so(home: Home) -> None:
    server = FakeServer(waiting=7)
    visit(home, server)
    before = load_memory(home).unseen

    accept(home)
    visit(home, server)

    assert [one.by for one in before] == ["boss"]
    assert load_memory(home).unseen == ()
    assert server.told[-1].seen


def test_what_the_owner_changed_needs_no_seeing_and_is_not_refused_by_mistake(home: Home) -> None:
    visit(home, FakeServer(waiting=7, by_owner=True))

    assert load_memory(home).unseen == ()
    with pytest.raises(NoSuchChange):
        refuse(home, None)
    assert refuse(home, 7).revision == 7


def test_a_lock_turns_everything_down_and_says_so(home: Home) -> None:
    server = FakeServer(waiting=7)
    set_lock(home, locked=True)

    visit(home, server)

    assert load_source(home) == HERE
    assert server.outcomes() == [(0, "told"), (7, "refused")]
    assert server.told[-1].locked
    assert "unlock" in server.told[-1].reason


def test_what_is_out_of_bounds_is_turned_down_unless_it_was_here_before(home: Home) -> None:
    odd = replace(HERE, exclusions=LeftOut(("*a*b*c*d*e*f*",)))
    server = FakeServer(waiting=7, wanted=odd)
    visit(home, server)
    first = server.outcomes()[-1]
    save_source(home, odd)
    more = replace(odd, folders=Folders((b"/a",)))
    server.waiting, server.base, server.wanted = 8, odd, more

    visit(home, server)

    assert first == (7, "refused")
    assert server.outcomes()[-1] == (8, "applied")


def test_nothing_is_changed_while_somebody_else_changes_it(home: Home) -> None:
    with changing_settings(home), pytest.raises(PathProblem):
        visit(home, FakeServer(waiting=7))

    assert load_source(home) == HERE
