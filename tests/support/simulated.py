"""A device in simulated time: it sleeps, loses its network, and people set its clock."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo

from csbackup.client.last_run import LastRun
from csbackup.client.platform.link import Link
from csbackup.client.platform.power import Power
from csbackup.client.service.loop import Hold, Loop, Outcome
from csbackup.client.service.memory import Memory
from csbackup.rules.limits import Limits
from csbackup.rules.schedule import Changes, Pause, Reason, Schedule, Verdict

SECOND = 1_000_000_000
HOUR = 3600.0
DAY = 24 * HOUR
MONDAY = int(datetime(2026, 3, 23, tzinfo=UTC).timestamp()) * SECOND
HOME = Link(online=True, routes=frozenset({"home"}))
NOWHERE = Link(online=False)
STEP_SECONDS = 20.0  # of a run that looks whether it may go on


@dataclass
class SimulatedWorld:
    """Time passes only while somebody rests or works. `plan`: what happens when, in seconds since
    the beginning; a plan's step gets the world."""

    end: float
    local: tzinfo = UTC
    wall: int = MONDAY  # at the beginning, in nanoseconds since 1970
    plan: list[tuple[float, Callable[[SimulatedWorld], None]]] = field(default_factory=list)
    power_now: Power = Power()
    link_now: Link = HOME
    now_elapsed: float = 0.0
    asleep_until: float = 0.0
    sleeps: list[tuple[float, float]] = field(default_factory=list)
    looks: int = 0
    woken: bool = False

    def __post_init__(self) -> None:
        self.chance = random.Random(1)

    def sort_plan(self) -> None:
        self.plan.sort(key=lambda step: step[0])

    def now(self) -> int:
        return self.wall + int(self.now_elapsed * SECOND)

    def elapsed(self) -> float:
        return self.now_elapsed

    def zone(self) -> tzinfo:
        return self.local

    def power(self) -> Power:
        return self.power_now

    def link(self) -> Link:
        return self.link_now

    def luck(self) -> float:
        return self.chance.random()

    @property
    def stopping(self) -> bool:
        return self.now_elapsed >= self.end

    def rest(self, seconds: float) -> None:
        self.looks += 1
        self.woken = False
        until = min(self.now_elapsed + max(seconds, 0.001), self.end)
        while self.now_elapsed < until and not self.woken:
            planned = self.plan[0][0] if self.plan else until
            self.pass_time(min(max(planned - self.now_elapsed, 0.001), until - self.now_elapsed))

    def pass_time(self, seconds: float) -> None:
        """With all that happens meanwhile; who sleeps wakes up later."""
        until = self.now_elapsed + seconds
        while self.plan and self.plan[0][0] <= until:
            at, happens = self.plan.pop(0)
            self.now_elapsed = max(self.now_elapsed, at)
            happens(self)
        self.now_elapsed = max(self.now_elapsed, until, self.asleep_until)

    def awake(self, moment: float) -> float:
        """So many seconds it was awake until then."""
        return moment - sum(min(max(moment - begun, 0), long) for begun, long in self.sleeps)

    # --- what a plan does ---

    def sleep(self, seconds: float) -> None:
        if self.now_elapsed >= self.asleep_until:
            self.asleep_until = self.now_elapsed + seconds
            self.sleeps.append((self.now_elapsed, seconds))

    def set_clock(self, wall_ns: int) -> None:
        self.wall = wall_ns - int(self.now_elapsed * SECOND)

    def turn_clock(self, seconds: float) -> None:
        self.wall += int(seconds * SECOND)


@dataclass
class SimulatedMemory:
    chosen: Schedule = Schedule()
    paused: Pause | None = None
    last: LastRun | None = None
    edits: int = 0

    def schedule(self) -> Schedule:
        return self.chosen

    def limits(self) -> Limits:
        return Limits()

    def pause(self) -> Pause | None:
        return self.paused

    def last_run(self) -> LastRun | None:
        return self.last

    def revision(self) -> object:
        return self.edits


@dataclass
class SimulatedWatch:
    world: SimulatedWorld
    first: float | None = None
    last: float = 0.0

    def touch(self) -> None:
        now = self.world.now_elapsed
        if self.first is None:
            self.first = now
            self.world.woken = True
        self.last = now

    def changes(self, *, wanted: bool) -> Changes | None:
        if self.first is None or not wanted:
            return None
        now = self.world.now_elapsed
        return Changes(now - self.first, now - self.last)

    def begin(self) -> None:
        self.first = None


@dataclass(frozen=True)
class Run:
    """By the clock that nobody sets."""

    begun: float
    ended: float
    outcome: Outcome
    reason: str
    wall_begun: int
    wall_ended: int


@dataclass
class SimulatedWork:
    """A backup that takes `seconds`, and is resumed where it was stopped. Without a network, or
    while the server is away, it fails after half a minute."""

    world: SimulatedWorld
    memory: SimulatedMemory
    seconds: float = 60.0
    server_away: bool = False
    runs: list[Run] = field(default_factory=list)
    left: float | None = None

    def back_up(self, verdict: Verdict, hold: Hold) -> Outcome:
        begun, wall = self.world.elapsed(), self.world.now()
        outcome = self._work(hold)
        if outcome.kept:
            now = self.world.now()
            self.memory.last = LastRun(now, now)
        ended = self.world.elapsed()
        reason = verdict.reasons[0].code
        self.runs.append(Run(begun, ended, outcome, reason, wall, self.world.now()))
        return outcome

    def _work(self, hold: Hold) -> Outcome:
        self.left = self.seconds if self.left is None else self.left
        while self.left > 0 and not self.world.stopping:
            if self.server_away or not self.world.link_now.online:
                self.world.pass_time(30)
                return Outcome(done=False)
            if against := hold():
                return Outcome(done=False, held=against)
            step = min(STEP_SECONDS, self.left)
            self.world.pass_time(step)
            self.left -= step
        self.left = None
        return Outcome(done=True, kept=True)

    @property
    def kept(self) -> list[Run]:
        return [run for run in self.runs if run.outcome.kept]


@dataclass
class Device:
    """All of it together; `tell` keeps what a person would be told, when it changes."""

    world: SimulatedWorld
    memory: SimulatedMemory
    watch: SimulatedWatch
    work: SimulatedWork
    told: list[tuple[float, tuple[Reason, ...]]] = field(default_factory=list)

    def live(self, memory: Memory | None = None) -> None:
        self.world.sort_plan()
        Loop(self.world, memory or self.memory, self.work, self.watch, self._tell).run()

    def _tell(self, verdict: Verdict, failures: int) -> None:
        codes = [reason.code for reason in verdict.reasons]
        if not self.told or codes != [reason.code for reason in self.told[-1][1]]:
            self.told.append((self.world.now_elapsed, verdict.reasons))


def make_device(
    end: float, schedule: Schedule | None = None, *, zone: tzinfo = UTC, seconds: float = 60.0
) -> Device:
    world = SimulatedWorld(end, zone)
    memory = SimulatedMemory(schedule or Schedule())
    return Device(world, memory, SimulatedWatch(world), SimulatedWork(world, memory, seconds))


def gaps(runs: list[Run]) -> list[float]:
    """Between the end of each and the beginning of the next."""
    return [later.begun - run.ended for run, later in zip(runs, runs[1:], strict=False)]
