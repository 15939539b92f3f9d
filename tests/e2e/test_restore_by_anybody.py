"""The real `csb restore`, as root and as somebody else: faithful, inside its target, resumable.

rsync is the judge: run from the source to what was restored, with all that it can compare, it has
nothing to do.
"""

from __future__ import annotations

import os
import random
import secrets
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from csbackup.client.config import Home
from csbackup.client.connection import Connection, open_transport, read_address
from csbackup.client.keyring import load_device
from csbackup.format import packing
from csbackup.format.ids import NodeId, UploadId, block_id, snapshot_id
from csbackup.format.keys import sign
from csbackup.format.packing import PackBuilder, PackOwner
from csbackup.format.snapshot import SIGN_SNAPSHOT, read_snapshot
from csbackup.format.tree import ROOTS, Entry, make_node
from support.hostile_trees import Attack, Scene, all_attacks, kind_at
from support.nasty_files import differences, make_nasty_files
from support.ordinary import OrdinaryClient
from support.processes import Client, Server
from support.restoring import NOBODY, ROOT, leftovers, open_place, somebody
from support.sealed_world import SealedWorld
from support.witness import fingerprint, watching

SEED = int(os.environ.get("CSB_CRASH_SEED", "0")) or random.SystemRandom().randrange(2**32)
KILLS = 60 if os.environ.get("CSB_TEST_FULL") else 5
FEWEST = 20


@dataclass(frozen=True)
class Person:
    """Who backs up and restores, with a folder of their own."""

    place: Path
    client: Client
    be: Callable[[], AbstractContextManager[None]]


@pytest.fixture(scope="module", params=["root", "somebody"] if ROOT else ["somebody"])
def person(request: pytest.FixtureRequest, server: Server) -> Iterator[Person]:
    is_root = request.param == "root"
    kind = Client if is_root else OrdinaryClient
    with open_place(0 if is_root else NOBODY) as place:
        client = kind(place / "state", server.url, server.pin)
        client.register(request.param, device="laptop")
        yield Person(place, client, nullcontext if is_root else somebody)


@pytest.fixture(scope="module")
def source(person: Person) -> Path:
    """Everything that a file system holds, and what keeps even its owner out."""
    folder = person.place / "source"
    with person.be():
        make_nasty_files(folder, wide=300)
        make_closed_files(folder / "closed")
    person.client.run("add", str(folder))
    done = person.client.run("backup", "--json", code=None).json
    assert [one for one in done["problems"] if not one["ignored"]] == []
    return folder


def make_closed_files(folder: Path) -> None:
    folder.mkdir()
    for mode in (0o400, 0o444, 0o440):
        path = folder / f"{mode:o}"
        path.write_bytes(b"x")
        os.setxattr(path, b"user.note", b"kept")
        subprocess.run(["setfacl", "-m", "u:12345:r", path], check=True)
        path.chmod(mode)
    handing = folder / "hands down"
    (handing / "in").mkdir(parents=True)
    (handing / "x").write_bytes(b"x")
    subprocess.run(["setfacl", "-d", "-m", "u:12345:rwx,g::-", handing], check=True)
    (handing / "with a list").write_bytes(b"x")
    (folder / "setgid").mkdir()
    (folder / "setgid").chmod(0o2775)
    for mode in (0o555, 0o500):
        inner = folder / f"folder {mode:o}"
        (inner / "deeper").mkdir(parents=True)
        (inner / "deeper" / "x").write_bytes(b"x")
        os.setxattr(inner, b"user.note", b"kept")
        (inner / "deeper").chmod(mode)
        inner.chmod(mode)


def test_rsync_finds_nothing_to_do(person: Person, source: Path) -> None:
    out = person.place / "out"

    first = person.client.run("restore", "--to", str(out), "--json")
    found = differences(source, out / "source")
    again = person.client.run("restore", "--to", str(out), "--json")

    assert first.json["problems"] == again.json["problems"] == []
    assert again.json["files"] == 0
    assert found == differences(source, out / "source") == ""


def test_rsync_finds_nothing_to_do_where_the_target_hands_down(
    person: Person, source: Path
) -> None:
    out = person.place / "handed"
    with person.be():
        (out / "source/closed").mkdir(parents=True)
        for folder in (out, out / "source", out / "source/closed"):
            subprocess.run(["setfacl", "-d", "-m", "u:4321:rwx,o::-", folder], check=True)
            folder.chmod(0o2777)
        (out / "source/closed").chmod(0o500)

    result = person.client.run("restore", "--to", str(out), "--json")

    assert result.json["problems"] == []
    assert differences(source, out / "source") == ""


def test_a_restore_that_is_killed_again_and_again_ends_the_same(
    person: Person, source: Path
) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    chance = random.Random(SEED)
    out = person.place / "killed"
    began = time.monotonic()
    person.client.run("restore", "--to", str(person.place / "measured"))
    usual = time.monotonic() - began
    fired = 0
    for _ in range(KILLS):
        running = person.client.start("restore", "--to", str(out), "--json")
        try:
            running.wait(chance.uniform(0.3, 1.0) * usual)
        except subprocess.TimeoutExpired:
            running.kill()
            fired += 1
        running.communicate()

    result = person.client.run("restore", "--to", str(out), "--json")

    print(f"killed {fired} of {KILLS} times, within {usual:.1f} s")
    assert fired, "no restore was killed: the test proves nothing"
    assert result.json["problems"] == []
    assert leftovers(out) == []
    assert differences(source, out / "source") == ""


# --- hostile snapshots, signed with a real device's keys ---


def chosen_attacks() -> list[Attack]:
    """Those that an honest server lets through, and that can stand side by side in one tree."""
    groups = {"taken", "parent", "size", "extents", "attribute", "link", "device", "owner", "group"}
    fitting = [
        attack
        for attack in all_attacks()
        if attack.group in groups and attack.mode == "to" and "2^62" not in attack.name
    ]
    return random.Random(SEED).sample(fitting, 60)


@pytest.fixture(scope="module")
def mallory(person: Person, server: Server) -> Client:
    """A device whose keys somebody else has, too."""
    client = type(person.client)(person.place / "mallory", server.url, server.pin)
    client.register(f"mallory-{secrets.token_hex(4)}", device="laptop")
    with person.be():
        (person.place / "harmless").write_bytes(b"harmless")
    client.run("add", str(person.place / "harmless"))
    client.run("backup")
    return client


def test_a_real_restore_of_a_hostile_snapshot_stays_inside(person: Person, mallory: Client) -> None:
    print(f"CSB_CRASH_SEED={SEED}")
    home = Home(mallory.home)
    world = SealedWorld(keys=load_device(home).keys)
    scene = Scene(person.place / "scene")
    attacks = chosen_attacks()
    with person.be():
        scene.prepare()
        roots = arrange_all(attacks, world, scene)
    publish(world, roots, home)
    before = fingerprint(scene.outside)

    with watching(scene.outside) as watch:
        result = mallory.run("restore", "--to", str(scene.out), "--json", code=1).json
        seen = watch.seen()

    told: dict[str, set[str]] = {}
    for problem in result["problems"]:
        number = problem["path"].removeprefix(str(scene.home)).split("/")[1:2]
        told.setdefault(*(number or [""]), set()).add(problem["class"])
    wrong = []
    for number, attack in enumerate(attacks):
        expected = set(attack.named) | ({"not-written"} if attack.device else set())
        kinds = told.get(f"attack-{number}", set()) | told.get("", set())
        place = os.fsencode(scene.out / f"attack-{number}") + b"/" + attack.made
        if not (expected & kinds or (attack.made and kind_at(place) == attack.kind)):
            wrong.append(f"{attack.name}: told {kinds}")
        good = scene.out / f"attack-{number}/zz/ok"
        if not good.exists() or good.read_bytes() != b"ok":
            wrong.append(f"{attack.name}: the rest did not come back")
    assert seen == []
    assert fingerprint(scene.outside) == before
    assert scene.shared.read_bytes() == b"shared"
    assert leftovers(scene.place) == []
    assert not wrong, "\n".join(wrong)
    assert len(attacks) >= FEWEST


def arrange_all(attacks: list[Attack], world: SealedWorld, scene: Scene) -> list[Entry]:
    """Each attack as a root of its own, with what it needs at the target."""
    roots = []
    for number, attack in enumerate(attacks):
        name = f"attack-{number}"
        (root,) = attack.roots(world, scene)
        roots.append(root._replace(name=os.fsencode(scene.home / name)))
        attack.before(scene, os.fsencode(scene.out / name))
    return roots


def publish(world: SealedWorld, roots: list[Entry], home: Home) -> None:
    """Send what is in `world` as the device's next snapshot, through the real connection."""
    device = load_device(home)
    with closing(open_transport(home, read_address(device.url), device.pin)) as transport:
        server = Connection(transport.with_token(device.token), device.device)
        last = read_snapshot(server.snapshots().snapshots[-1].signed)
        named = world.put([make_node(ROOTS, sorted(roots, key=lambda one: one.name))])
        upload = server.open_upload(last.source).upload
        send_all(world, PackOwner(device.account, device.device, UploadId(upload)), server)
        following = replace(
            last, sequence=last.sequence + 1, previous=snapshot_id(last.encode()), roots=named
        )
        signed = following.encode()
        key = Ed25519PrivateKey.from_private_bytes(device.signing_private)
        server.commit(upload, signed, sign(key, SIGN_SNAPSHOT, signed))


def send_all(world: SealedWorld, owner: PackOwner, server: Connection) -> None:
    blocks = PackBuilder(packing.BLOCKS, owner)
    for place in world.places:
        sealed = world.packs[place.pack][place.offset : place.offset + place.length]
        blocks.add_block(block_id(sealed), sealed, list(place.chunks))
    server.put_pack(owner.upload, blocks.finish())
    trees = PackBuilder(packing.TREES, owner)
    for id, frame in world.packed.items():
        trees.add_node(NodeId(id), frame, len(zstandard.ZstdDecompressor().decompress(frame)))
    server.put_pack(owner.upload, trees.finish())
