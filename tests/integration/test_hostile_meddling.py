"""While a restore runs, somebody moves, replaces and plants things where it writes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import pytest

from csbackup.client.restore.context import Limits, RestoreContext
from csbackup.client.restore.existing import Rule
from csbackup.client.restore.run import run_restore
from csbackup.errors import CsbError
from csbackup.format.tree import FIFO, SYMLINK, Entry, Extras
from support.hostile_trees import Scene
from support.restoring import NOBODY, ROOT, STAMP, leftovers, open_place, somebody
from support.sealed_world import KEYS, MTIME, SealedWorld
from support.witness import fingerprint, watching

as_root = pytest.mark.skipif(not ROOT, reason="needs root")
PEOPLE: dict[str, Callable[[], AbstractContextManager[None]]] = {"somebody": somebody}
PEOPLE |= {"root": nullcontext} if ROOT else {}
TURNS = range(1, 80) if os.environ.get("CSB_TEST_FULL") else (2, 5, 30, 50)
SMALL_WINDOWS = Limits(window_bytes=2_000, window_items=3, windows_ahead=1)


@dataclass
class Meddler:
    """Does something to the target after so many windows. `fired`: whether it came to that."""

    act: Callable[[], None]
    turn: int
    fired: bool = False

    def phase(self, text: str) -> None: ...
    def found(self, files: int, bytes: int) -> None: ...

    def done(self, files: int, bytes: int) -> None:
        self.turn -= 1
        if not self.turn:
            with contextlib.suppress(OSError):
                self.act()
                self.fired = True


Action = Callable[[Scene], None]


def _swap(inner: str, link: str) -> Action:
    """Move a folder away, and put a link in its place."""

    def act(scene: Scene) -> None:
        path = scene.out / inner
        path.rename(scene.home / "moved")
        path.symlink_to(link.replace("OUTSIDE", str(scene.outside)))

    return act


def _exchange(scene: Scene) -> None:
    (scene.out / "r/in").rename(scene.home / "moved")
    (scene.out / "r/in").mkdir()


def _carry_off(scene: Scene) -> None:
    """A deep folder goes somewhere else, and so does the way to it."""
    (scene.out / "r/in/deep/deep").rename(scene.home / "moved")
    (scene.out / "r").rename(scene.home / "moved too")


def _remove(scene: Scene) -> None:
    subprocess.run(["rm", "-rf", scene.out / "r"], check=True)


def _plant(make: Callable[[Path, Scene], None]) -> Action:
    """Put something under every name that is still to come."""

    def act(scene: Scene) -> None:
        here = scene.out / "r/in"
        found = 0
        for name in [*(f"f{at:02}" for at in range(12)), "a1", "z1", "link", "pipe", "deep", "zz"]:
            with contextlib.suppress(FileExistsError):
                make(here / name, scene)
                found += 1
        if not found:
            raise FileExistsError

    return act


def _link_first_name(scene: Scene) -> None:
    """The file that other names are to be given becomes somebody else's."""
    first = scene.out / "r/in/a1"
    first.rename(scene.home / "a1")
    os.link(scene.shared, first)


def _point_first_name(scene: Scene) -> None:
    first = scene.out / "r/in/a1"
    first.rename(scene.home / "a1")
    first.symlink_to(scene.outside / "precious")


def _replace_temporary(scene: Scene) -> None:
    for path in (scene.out / "r/in").glob(".csb-*"):
        path.unlink()
        path.symlink_to(scene.outside / "precious")
        return
    raise FileNotFoundError


def _close(scene: Scene) -> None:
    (scene.out / "r/in").chmod(0)


ACTIONS: dict[str, Action] = {
    "the folder becomes a link": _swap("r/in", "OUTSIDE/x"),
    "the folder becomes a link upwards": _swap("r/in", "../../outside/x"),
    "the root becomes a link": _swap("r", "OUTSIDE"),
    "the target becomes a link": _swap("", "OUTSIDE"),
    "an inner folder becomes a link": _swap("r/in/deep", "OUTSIDE/x"),
    "the folder becomes another": _exchange,
    "a deep folder is carried off": _carry_off,
    "everything is removed": _remove,
    "links are planted": _plant(lambda path, scene: path.symlink_to(scene.outside / "new")),
    "links to files are planted": _plant(
        lambda path, scene: path.symlink_to(scene.outside / "precious")
    ),
    "links to folders are planted": _plant(lambda path, scene: path.symlink_to(scene.outside)),
    "folders are planted": _plant(lambda path, scene: path.mkdir()),
    "names of a file are planted": _plant(lambda path, scene: os.link(scene.shared, path)),
    "the first name becomes another file's": _link_first_name,
    "the first name becomes a link": _point_first_name,
    "the temporary file becomes a link": _replace_temporary,
    "the folder is closed": _close,
}


def folder_of_much(world: SealedWorld) -> Entry:
    files = [world.file(b"f%02d" % at, bytes([at]) * 1000) for at in range(12)]
    chunks = world.keep_blocks([[bytes([at]) * 1500] for at in range(8)])
    big = world.chunked(b"big", chunks, 8 * 1500)
    group = Extras(link_group=b"g" * 32)
    names = [world.file(name, b"linked" * 50, group) for name in (b"a1", b"z1")]
    link = world.special(b"link", SYMLINK, Extras(target=b"f01"))
    pipe = world.special(b"pipe", FIFO, Extras())
    return world.folder(b"in", *files, big, *names, link, pipe, deep_folder(world))


def deep_folder(world: SealedWorld) -> Entry:
    """Deeper than a restore keeps open, so that it has to find its way back."""
    inner = world.folder(b"deep", world.file(b"end", b"end" * 500))
    for at in range(130):
        files = [world.file(b"f", bytes([at]) * 900)] if at % 20 == 0 else []
        inner = world.folder(b"deep", inner, *files)
    return inner


@pytest.mark.parametrize("person", PEOPLE)
def test_whatever_happens_meanwhile_nothing_outside_is_touched(person: str) -> None:
    fired: Counter[str] = Counter()
    wrong = []
    with open_place(in_memory=True) as place, PEOPLE[person]():
        world = SealedWorld()
        tail = world.folder(b"zz", world.file(b"ok", b"ok"))
        kept = world.snapshot(world.folder(b"/r", folder_of_much(world), tail))
        for number, (what, action) in enumerate(ACTIONS.items()):
            for turn in TURNS:
                scene = Scene(place / f"{number}-{turn}")
                scene.prepare()
                meddler = Meddler(lambda a=action, s=scene: a(s), turn)  # type: ignore[misc]
                before = fingerprint(scene.outside)
                with watching(scene.outside) as watch:
                    assert run(world, kept, scene, meddler) is not None
                    found = [*watch.seen(), *harm_done(scene, action)]
                if fingerprint(scene.outside) != before:
                    found.append("outside is not as it was")
                wrong += [f"{what} at {turn}: {one}" for one in found]
                fired[what] += meddler.fired

    print(f"{fired.total()} times as {person}: {dict(fired)}")
    assert not wrong, "\n".join(wrong[:40])
    assert all(fired[what] for what in ACTIONS), fired


def harm_done(scene: Scene, action: Action) -> list[str]:
    """What there must not be, whatever somebody did meanwhile."""
    found = []
    if scene.home.stat().st_mtime_ns == MTIME:
        found.append("another folder was taken for its own")
    if action is _link_first_name and scene.shared.stat().st_nlink > 2:
        found.append("another file was taken for its own")
    if scene.shared.read_bytes() != b"shared":
        found.append("another name was written to")
    if action is not _close:  # from that only the next run can remove anything
        found += [f"left {name}" for name in leftovers(scene.place)]
    return found


def run(world: SealedWorld, kept: object, scene: Scene, meddler: Meddler) -> object:
    context = RestoreContext(
        world,
        KEYS,
        kept,  # type: ignore[arg-type]
        to=os.fsencode(scene.out),
        rule=Rule(stamp=STAMP),
        limits=SMALL_WINDOWS,
    )
    try:
        return run_restore(context, meddler)
    except CsbError as refusal:
        return refusal


# --- an attacker who is quick ---

ATTACKER = """
import os, sys
folder, victim = sys.argv[1:]
won = 0
print("ready", flush=True)
os.chdir(folder)
while not os.path.exists("stop"):
    for name in os.listdir("."):
        if name.startswith(".csb-"):
            try:
                os.rename(name, "away")
                os.link(victim, name)
                won += 1
            except OSError:
                pass
print(won, flush=True)
"""


@pytest.fixture
def attacker(place: Path) -> Iterator[Callable[[], int]]:
    """Somebody who puts another name of root's file in the place of temporary ones; ends when
    asked, and says how often that went well."""
    victim, folder = place / "victim", place / "home/r"
    process = subprocess.Popen(
        [
            *("setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"),
            *(sys.executable, "-I", "-c", ATTACKER, str(folder), str(victim)),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    with process.stdout as said:
        assert said.readline() == "ready\n"

        def end() -> int:
            (folder / "stop").touch()
            return int(said.readline())

        try:
            yield end
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder of somebody's, and a file of root's that anybody may write."""
    with open_place() as folder:
        (folder / "victim").write_bytes(b"root's")
        (folder / "victim").chmod(0o666)
        (folder / "home/r").mkdir(parents=True)
        for path in (folder / "home", folder / "home/r"):
            os.chown(path, NOBODY, NOBODY)
        yield folder


@as_root
def test_root_gives_nothing_away_that_somebody_put_in_the_place_of_its_own(
    place: Path, attacker: Callable[[], int]
) -> None:
    world = SealedWorld()
    before = (place / "victim").stat()
    won = 0
    pipes = [
        world.special(b"%05d" % at, FIFO, Extras())._replace(uid=NOBODY, mode=0o6777)
        for at in range(4000)
    ]
    kept = world.snapshot(world.folder(os.fsencode(place / "home/r"), *pipes))

    result = run_restore(
        RestoreContext(world, KEYS, kept, rule=Rule(stamp=STAMP)), Meddler(lambda: None, -1)
    )
    won = attacker()

    after = (place / "victim").stat()
    print(f"{won} of {len(pipes)} temporary names were replaced; {len(result.problems)} problems")
    assert won, "nothing was replaced: the test proves nothing"
    assert (after.st_uid, after.st_mode) == (0, before.st_mode)
    assert after.st_mtime_ns == before.st_mtime_ns
