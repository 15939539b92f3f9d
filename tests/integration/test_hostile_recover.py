"""The same trees against `recover.py`: whatever it is given, it writes beneath its target only."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections import Counter
from contextlib import nullcontext
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import zstandard

from csbackup.format.tree import Entry
from support.hostile_trees import REFUSED, Attack, Scene, all_attacks
from support.restoring import ROOT, open_place, somebody
from support.sealed_world import SealedWorld
from support.witness import fingerprint, watching

PROGRAM = Path(__file__).parents[2] / "recover.py"
PEOPLE = ["root", "somebody"] if ROOT else ["somebody"]
FEWEST = 200


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("recover", PROGRAM)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["recover"] = module
    spec.loader.exec_module(module)
    return module


recover = load()


class OpenStore(recover.Store):  # type: ignore[name-defined, misc]
    """A data folder that was opened already: nodes and chunks come from memory."""

    def __init__(self, world: SealedWorld) -> None:
        self.packed = world.packed
        self.contents = world.contents

    def node(self, node: bytes) -> Any:
        if node not in self.packed:
            raise recover.Damaged(f"listing {node.hex()} is missing or damaged")
        plain = zstandard.ZstdDecompressor().decompress(self.packed[node])
        return recover.fields(recover.decode(plain, "a listing"), "iic", "a listing")

    def chunk(self, chunk: bytes) -> bytes:
        if chunk not in self.contents:
            raise recover.Damaged(f"chunk {chunk.hex()} is missing or damaged")
        return self.contents[chunk]


def carry_out(attack: Attack, scene: Scene) -> list[str]:
    """What it told."""
    world = SealedWorld()
    kept = world.snapshot(*attack.roots(world, scene))
    work = recover.Restore(OpenStore(world), scene.out)
    snapshot = recover.Snapshot(1, b"", b"s", b"", roots=kept.snapshot.roots)
    try:
        work.run(snapshot)
    except recover.Damaged as refusal:
        return [f"{REFUSED}: {refusal}"]
    return [*work.problems, *(["belonged to somebody else"] if work.foreign else [])]


def attacks_on_an_empty_folder() -> list[Attack]:
    """It takes no other target, and knows no modes."""
    return [
        attack
        for attack in all_attacks()
        if attack.mode in ("to", "in place")
        and attack.group not in ("taken", "parent")
        and "its first name is" not in attack.name
    ]


@pytest.mark.parametrize("person", PEOPLE)
def test_recover_stays_inside_and_names_every_attack(person: str) -> None:
    counts: Counter[str] = Counter()
    wrong = []
    with (
        open_place() as disk,
        open_place(in_memory=True) as memory,
        somebody() if person == "somebody" else nullcontext(),
    ):
        for number, attack in enumerate(attacks_on_an_empty_folder()):
            scene = Scene((disk if attack.on_disk else memory) / str(number))
            scene.prepare()
            before = fingerprint(scene.outside)
            with watching(scene.outside) as watch:
                told = carry_out(attack, scene)
                wrong += [f"{attack.name}: {event}" for event in watch.seen()]
            if fingerprint(scene.outside) != before:
                wrong.append(f"{attack.name}: something outside is not as it was")
            if set(os.listdir(scene.place)) != {"out", "home", "outside", "shared"}:  # noqa: PTH208
                wrong.append(f"{attack.name}: there is something new beside the target")
            if list(scene.home.iterdir()):
                wrong.append(f"{attack.name}: it wrote where the files were")
            names = [name for _, _, names in os.walk(scene.out) for name in names]
            wrong += [
                f"{attack.name}: left {name}" for name in names if name.startswith(".recover")
            ]
            if attack.named and not told:
                wrong.append(f"{attack.name}: nothing was told")
            good = scene.out / "r/zz/ok"
            if attack.spares and not (good.exists() and good.read_bytes() == b"ok"):
                wrong.append(f"{attack.name}: the rest did not come back: {told}")
            counts[attack.group] += 1

    print(f"{counts.total()} attacks as {person}: {dict(counts)}")
    assert not wrong, f"{len(wrong)} complaints\n" + "\n".join(wrong[:40])
    assert counts.total() >= FEWEST


def recover_all(world: SealedWorld, target: Path, *roots: Entry) -> Any:
    work = recover.Restore(OpenStore(world), target)
    work.run(recover.Snapshot(1, b"", b"s", b"", roots=world.snapshot(*roots).snapshot.roots))
    return work


def test_a_file_that_is_called_like_one_of_its_own_comes_back(tmp_path: Path) -> None:
    world = SealedWorld()
    names = (b".recover-unfinished", b"a", b"b")
    root = world.folder(b"/r", *(world.file(name, name) for name in names))

    work = recover_all(world, tmp_path, root)

    assert work.problems == []
    found = {os.fsencode(path.name): path.read_bytes() for path in (tmp_path / "r").iterdir()}
    assert found == {name: name for name in names}


def test_a_root_below_the_place_of_another_does_not_keep_it_out(tmp_path: Path) -> None:
    world = SealedWorld()
    outer = world.folder(b"/data", world.file(b"x", b"outer"))
    inner = world.folder(b"/data/in/data", world.file(b"x", b"inner"))

    work = recover_all(world, tmp_path, outer, inner)

    assert work.problems == []
    assert (tmp_path / "data/x").read_bytes() == b"outer"
    assert (tmp_path / "data/in/data/x").read_bytes() == b"inner"


@pytest.mark.skipif(not ROOT, reason="needs root")
def test_whose_owner_cannot_be_is_not_setuid_root(tmp_path: Path) -> None:
    world = SealedWorld()
    file = world.file(b"su", b"x")._replace(uid=2**32 - 1, gid=2**32 - 1, mode=0o6755)

    work = recover_all(world, tmp_path, world.folder(b"/r", file))

    assert len(work.problems) == 1
    assert (tmp_path / "r/su").stat().st_mode & 0o7777 == 0o755


def test_somebody_else_gets_no_setuid_program_of_others() -> None:
    with open_place() as place, somebody():
        world = SealedWorld()
        file = world.file(b"su", b"x")._replace(uid=0, gid=0, mode=0o6755)
        work = recover_all(world, place, world.folder(b"/r", file))
        mode = (place / "r/su").stat().st_mode

    assert mode & 0o7777 == 0o755
    assert work.foreign == 1
