"""The service's one loop: judge, back up or rest, and judge again."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from csbackup.client.platform.link import Link
from csbackup.client.service.ages import Ages
from csbackup.client.service.memory import Memory
from csbackup.client.service.world import World
from csbackup.rules.schedule import (
    Changes,
    Conditions,
    Reason,
    Schedule,
    Verdict,
    gap_after,
    judge,
    obstacles,
)

LOOK_SECONDS = 60.0
HELD_SECONDS = 30.0  # what comes and goes, such as a link, does not begin a run each time
_SLEPT_SECONDS = 30.0  # so much later than asked: the machine slept

Hold = Callable[[], tuple[Reason, ...]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run ended. `kept`: with a snapshot; `held`: what stopped it, which is no failure.

    `busy`: another run was under way.
    """

    done: bool
    kept: bool = False
    held: tuple[Reason, ...] = ()
    busy: bool = False


class Work(Protocol):
    """What the service does when it is due."""

    def back_up(self, verdict: Verdict, hold: Hold) -> Outcome:
        """`hold` says, whenever it is asked, what stands against going on."""
        ...


class Watch(Protocol):
    """Sees changes of what is backed up."""

    def changes(self, *, wanted: bool) -> Changes | None:
        """What happened since `begin`; not `wanted`: nobody will ask for a while."""
        ...

    def begin(self) -> None:
        """A backup begins: what happens from now on is for the next."""
        ...


Tell = Callable[[Verdict, int], None]


class Loop:
    """Runs until the world says stop. `tell` hears each verdict, with the failures in a row."""

    def __init__(self, world: World, memory: Memory, work: Work, watch: Watch, tell: Tell) -> None:
        self._world = world
        self._memory = memory
        self._work = work
        self._watch = watch
        self._tell = tell
        self._ages = Ages()
        self._failures = 0
        self._luck = world.luck()
        self._gap = gap_after(0)
        self._revision = memory.revision()
        self._link = Link()
        self._recall_failure()

    def run(self) -> None:
        while not self._world.stopping:
            verdict = self.judge()
            self._tell(verdict, self._failures)
            if verdict.due:
                self._back_up(verdict)
            else:
                self._rest(min(verdict.seconds, LOOK_SECONDS))

    def judge(self) -> Verdict:
        """Whether to back up now, as everything stands."""
        schedule = self._memory.schedule()
        self._heed_news()
        return judge(schedule, self._conditions(schedule))

    def hold(self) -> tuple[Reason, ...]:
        """What stands against going on with a run; a lost network the run itself waits for."""
        schedule = self._memory.schedule()
        against = obstacles(schedule, self._conditions(schedule))
        return tuple(reason for reason in against if reason.code != "offline")

    def _conditions(self, schedule: Schedule) -> Conditions:
        world = self._world
        now, elapsed = world.now(), world.elapsed()
        last = self._memory.last_run()
        self._ages.notice(last.succeeded if last else 0, now, elapsed)
        power, link = world.power(), world.link()
        return Conditions(
            now=now,
            zone=world.zone(),
            since_success=self._ages.since_success(elapsed),
            since_attempt=self._ages.since_attempt(elapsed),
            failures=self._failures,
            luck=self._luck,
            pause=self._memory.pause(),
            on_battery=power.on_battery,
            battery_percent=power.percent,
            metered=link.metered,
            online=link.online,
            changes=self._watch.changes(wanted=schedule.continuous),
            gap_seconds=self._gap,
        )

    def _back_up(self, verdict: Verdict) -> None:
        self._watch.begin()
        begun = self._world.elapsed()
        outcome = self._work.back_up(verdict, self.hold)
        ended = self._world.elapsed()
        self._ages.attempted(ended)
        self._gap = gap_after(ended - begun)
        if outcome.kept:
            last = self._memory.last_run()
            self._ages.succeeded(last.succeeded if last else 0, ended)
        if outcome.held or outcome.busy:
            self._rest(HELD_SECONDS)
        else:
            self._count(outcome)

    def _count(self, outcome: Outcome) -> None:
        if outcome.done:
            self._failures = 0
        else:
            self._failures += 1
        self._luck = self._world.luck()

    def _rest(self, seconds: float) -> None:
        begun = self._world.elapsed()
        self._world.rest(seconds)
        if self._world.elapsed() - begun > seconds + _SLEPT_SECONDS:
            self._try_soon()

    def _heed_news(self) -> None:
        """Whatever made runs fail may be over."""
        link, revision = self._world.link(), self._memory.revision()
        if revision != self._revision:
            self._failures = 0
        elif link.routes != self._link.routes:
            self._try_soon()
        self._link, self._revision = link, revision

    def _try_soon(self) -> None:
        self._failures = min(self._failures, 1)

    def _recall_failure(self) -> None:
        """A service that is started again and again fails no more often than one that stays."""
        last = self._memory.last_run()
        if last is not None and last.failure:
            age = (self._world.now() - last.ended) / 1e9
            if age >= 0:
                self._failures = 1
                self._ages.attempted(self._world.elapsed() - age)
