"""A week of simulated time with the real loop, real state files, and real backups of real files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from csbackup.client.backup.run import NothingChanged, run_backup
from csbackup.client.config import Home
from csbackup.client.last_run import LastRun, load_last_run, save_last_run
from csbackup.client.pausing import save_pause
from csbackup.client.service.loop import Hold, Loop, Outcome
from csbackup.client.service.memory import HomeMemory
from csbackup.client.settings import save_schedule
from csbackup.errors import CsbError, ServerUnreachable
from csbackup.rules.schedule import Pause, Schedule, Verdict
from csbackup.rules.windows import parse_window
from support.backup_bench import Bench, Listener, make_bench
from support.simulated import (
    DAY,
    HOUR,
    NOWHERE,
    SECOND,
    SimulatedWatch,
    SimulatedWorld,
)


@dataclass
class RealWork:
    """Backs the bench up; each run takes a minute of simulated time."""

    world: SimulatedWorld
    bench: Bench
    runs: list[tuple[float, str]] = field(default_factory=list)

    def back_up(self, verdict: Verdict, hold: Hold) -> Outcome:
        self.runs.append((self.world.elapsed(), verdict.reasons[0].code))
        home = Home(self.bench.home)
        last = load_last_run(home) or LastRun(0, 0)
        only_changes = verdict.reasons[0].code == "changed"
        context = replace(self.bench.context(), only_changes=only_changes)
        try:
            run_backup(context, Listener())
        except NothingChanged:
            return Outcome(done=True)
        except CsbError as failure:
            self.world.pass_time(30)
            save_last_run(home, last.failed(self.world.now(), str(failure), failure.code))
            return Outcome(done=False)
        self.world.pass_time(60)
        now = self.world.now()
        save_last_run(home, LastRun(now, now))
        return Outcome(done=True, kept=True)


@dataclass
class Laptop:
    world: SimulatedWorld
    bench: Bench
    data: Path
    home: Home
    watch: SimulatedWatch
    work: RealWork

    def live(self) -> None:
        self.world.sort_plan()
        Loop(self.world, HomeMemory(self.home), self.work, self.watch, lambda _, __: None).run()

    def at(self, when: float, what: object) -> None:
        self.world.plan.append((when, what))  # type: ignore[arg-type]


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    world = SimulatedWorld(7 * DAY)
    bench = make_bench(tmp_path)
    bench.clock = world.now
    bench.home.mkdir(exist_ok=True)
    (tmp_path / "data/diary").write_text("monday")

    def answer(_: str) -> None:
        if not world.link_now.online:
            raise ServerUnreachable("https://backup.test", "no connection")

    bench.server.before = answer
    work = RealWork(world, bench)
    data = tmp_path / "data"
    return Laptop(world, bench, data, Home(bench.home), SimulatedWatch(world), work)


def test_a_week_with_sleep_no_network_and_a_clock_that_jumps(laptop: Laptop) -> None:
    save_schedule(
        laptop.home, Schedule(every_minutes=120, quiet_hours=(parse_window("12:00-13:00"),))
    )
    for day in range(7):
        laptop.at(day * DAY + 20 * HOUR, lambda world: world.sleep(11 * HOUR))
        laptop.at(
            day * DAY + 9 * HOUR,
            lambda _, day=day: (laptop.data / "diary").write_text(f"day {day}"),
        )
    laptop.at(DAY + 8 * HOUR, lambda world: setattr(world, "link_now", NOWHERE))
    laptop.at(DAY + 15 * HOUR, lambda world: setattr(world, "link_now", SimulatedWorld(0).link_now))
    laptop.at(2 * DAY + 10 * HOUR, lambda world: world.turn_clock(400 * DAY))
    laptop.at(3 * DAY + 10 * HOUR, lambda world: world.turn_clock(-800 * DAY))
    laptop.at(4 * DAY, lambda world: world.turn_clock(400 * DAY))

    laptop.live()

    begun = [at for at, _ in laptop.work.runs]
    awake = [at for at in begun if at % DAY < 20 * HOUR]
    assert len(laptop.bench.server.committed) == len(begun) == len(awake)
    assert 7 * 5 <= len(begun) <= 7 * 8
    assert max(b - a for a, b in zip(begun, begun[1:], strict=False)) < 13.1 * HOUR
    assert laptop.bench.opened()[bytes(laptop.data / "diary")].content == b"day 6"


def test_a_pause_and_changed_settings_count_without_starting_anew(laptop: Laptop) -> None:
    laptop.world.end = DAY
    save_schedule(laptop.home, Schedule(every_minutes=60))

    def pause(world: SimulatedWorld) -> None:
        save_pause(laptop.home, Pause(world.now(), world.now() + int(3 * HOUR) * SECOND))

    laptop.at(4.5 * HOUR, pause)
    laptop.at(12 * HOUR, lambda _: save_schedule(laptop.home, Schedule(every_minutes=240)))

    laptop.live()

    hours = [at / HOUR for at, _ in laptop.work.runs]
    assert not any(4.5 < hour < 7.5 for hour in hours)
    assert sum(hour > 12 for hour in hours) == 3


def test_changes_make_a_snapshot_each_and_what_is_no_change_makes_none(laptop: Laptop) -> None:
    laptop.world.end = DAY
    save_schedule(laptop.home, Schedule(every_minutes=24 * 60, continuous=True))
    for hour in range(1, 11):
        laptop.at(hour * HOUR, lambda _, hour=hour: (laptop.data / "diary").write_text("x" * hour))
        laptop.at(hour * HOUR + 0.1, lambda _: laptop.watch.touch())
        laptop.at(hour * HOUR + 1800, lambda _: laptop.watch.touch())  # nothing was written

    laptop.live()

    reasons = [reason for _, reason in laptop.work.runs]
    assert reasons.count("changed") == 20
    assert len(laptop.bench.server.committed) == 1 + 10


def test_a_service_that_knows_nothing_remembers_from_its_files(laptop: Laptop) -> None:
    laptop.world.end = 3 * HOUR
    laptop.live()
    before = len(laptop.work.runs)
    laptop.world.end = 3 * HOUR + 100

    laptop.live()

    assert (before, len(laptop.work.runs)) == (3, 3)
