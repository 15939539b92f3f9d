"""Hundreds of trees that try to get out of the target, as root and as somebody else.

Of each: nothing outside is touched, and the kernel saw nobody look there; the attack is named;
the rest of the tree comes back; no temporary file stays.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import pytest

from csbackup.client.restore.context import RestoreResult
from csbackup.errors import CsbError
from support.hostile_trees import REFUSED, Attack, Scene, all_attacks, kind_at, random_attack
from support.restoring import ROOT, kinds, leftovers, open_place, restore, somebody
from support.sealed_world import SealedWorld
from support.witness import Watch, fingerprint, watching

SEED = int(os.environ.get("CSB_CRASH_SEED", "0")) or random.SystemRandom().randrange(2**32)
FULL = bool(os.environ.get("CSB_TEST_FULL"))
RANDOM = 6000 if FULL else 150
SAMPLE = 250
FEWEST = 200

Person = Callable[[], AbstractContextManager[None]]
PEOPLE: dict[str, Person] = {"root": nullcontext} if ROOT else {}
PEOPLE |= {"somebody": somebody}


@pytest.fixture(params=PEOPLE)
def person(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def carry_out(attack: Attack, scene: Scene) -> list[RestoreResult | CsbError]:
    """What came of it, each time that it was restored."""
    world = SealedWorld()
    kept = world.snapshot(*attack.roots(world, scene))
    attack.before(scene, scene.top(attack.mode))
    at_home = attack.mode in ("in place", "single")
    paths = (
        [scene.root + b"/" + path for path in attack.selected] if attack.mode == "single" else []
    )
    outcomes: list[RestoreResult | CsbError] = []
    for _ in range(2 if attack.mode == "again" else 1):
        try:
            outcomes.append(
                restore(
                    world,
                    kept,
                    None if at_home else scene.out,
                    *paths,
                    overwrite=attack.mode == "overwrite",
                )
            )
        except CsbError as refusal:
            outcomes.append(refusal)
    return outcomes


def complaints(attack: Attack, scene: Scene, watch: Watch, person: str) -> list[str]:
    """Everything that is not as promised, for people."""
    before = fingerprint(scene.outside)
    watch.seen()
    outcomes = carry_out(attack, scene)
    found = [f"outside: {event}" for event in watch.seen()]
    if fingerprint(scene.outside) != before:
        found.append("something outside is not as it was")
    watch.seen()
    if scene.shared.read_bytes() != b"shared":
        found.append("a file that has a name in the target was written to")
    if set(os.listdir(scene.place)) != {"out", "home", "outside", "shared"}:  # noqa: PTH208
        found.append(f"there is something new: {os.listdir(scene.place)}")  # noqa: PTH208
    found += [f"left behind: {name}" for name in leftovers(scene.place)]
    if attack.group != "random":
        for outcome in outcomes:
            found += not_as_told(attack, scene, outcome, person)
    return found


def not_as_told(
    attack: Attack, scene: Scene, outcome: RestoreResult | CsbError, person: str
) -> list[str]:
    told = {REFUSED} if isinstance(outcome, CsbError) else set(kinds(outcome))
    top = scene.top(attack.mode)
    expected = attack.named
    if attack.device and person != "root":
        expected |= {"not-written"}
    found = []
    if expected and not told & expected:
        found.append(f"told {told}, not {set(expected)}: {outcome}")
    if not expected and kind_at(os.path.normpath(top + b"/" + attack.made)) != attack.kind:
        found.append(f"{attack.made!r} is not what it should be: {outcome}")
    if attack.spares and isinstance(outcome, RestoreResult):
        try:
            with open(top + b"/zz/ok", "rb") as file:  # noqa: PTH123
                found += [] if file.read() == b"ok" else ["the rest has another content"]
        except OSError as problem:
            found.append(f"the rest did not come back: {problem}: {outcome}")
    return found


def run_all(attacks: list[Attack], person: str) -> Counter[str]:
    """Each attack in a scene of its own; how many there were of each kind."""
    counts: Counter[str] = Counter()
    wrong = []
    with open_place() as disk, open_place(in_memory=True) as memory, PEOPLE[person]():
        for number, attack in enumerate(attacks):
            scene = Scene((disk if attack.on_disk else memory) / str(number))
            scene.prepare()
            with watching(scene.outside) as watch:
                for complaint in complaints(attack, scene, watch, person):
                    wrong.append(f"{attack.name}: {complaint}")
            counts[attack.group] += 1
    assert not wrong, f"{len(wrong)} complaints\n" + "\n".join(wrong[:40])
    return counts


def some_of(attacks: list[Attack]) -> list[Attack]:
    """In every run: each attack that is unlike the others, and some of those that are alike."""
    if FULL:
        return attacks
    alike = [attack for attack in attacks if attack.group in ("name", "taken", "parent")]
    chosen = {attack.name for attack in random.Random(SEED).sample(alike, SAMPLE)}
    return [one for one in attacks if one not in alike or one.name in chosen]


def test_every_attack_stays_inside_and_is_named(person: str) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    attacks = some_of(all_attacks())

    counts = run_all(attacks, person)

    print(f"{counts.total()} attacks as {person}: {dict(counts)}")
    assert counts.total() == len(attacks) >= FEWEST
    assert len(counts) == len({attack.group for attack in all_attacks()})


def test_attacks_put_together_at_random_stay_inside(person: str) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    chance = random.Random(SEED)

    counts = run_all([random_attack(chance, number) for number in range(RANDOM)], person)

    assert counts.total() == RANDOM
