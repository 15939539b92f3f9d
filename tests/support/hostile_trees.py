"""Trees that try to get out of the target: each by name, each the same every time.

An attack says what the snapshot holds, what lies at the target before, and how the restore has to
tell of it. Everything happens in a `Scene`; what lies `outside` must stay untouched.
"""

# ruff: noqa: PTH101, PTH102, PTH103, PTH123, PTH211
# Names here are bytes that no Path would keep.

from __future__ import annotations

import os
import random
import stat
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from itertools import count, cycle, product
from pathlib import Path

from csbackup.format.tree import (
    BLOCK_DEVICE,
    CHARACTER_DEVICE,
    FIFO,
    FILE,
    FOLDER,
    INDEX,
    KIND_NAMES,
    LISTING,
    SOCKET,
    SYMLINK,
    Entry,
    Extras,
    make_node,
)
from support.sealed_world import SealedWorld, entry

KINDS = (FILE, FOLDER, SYMLINK, FIFO, SOCKET, CHARACTER_DEVICE, BLOCK_DEVICE)
DEVICES = (CHARACTER_DEVICE, BLOCK_DEVICE)
MODES = ("to", "in place", "overwrite", "single", "again")
REFUSED = "refused"
LONG_AGO = 1_000_000_000_000_000_000


@dataclass(frozen=True)
class Scene:
    """A folder with a target, a home that was backed up, and what nobody may touch."""

    place: Path

    @property
    def out(self) -> Path:
        return self.place / "out"

    @property
    def home(self) -> Path:
        return self.place / "home"

    @property
    def outside(self) -> Path:
        return self.place / "outside"

    @property
    def root(self) -> bytes:
        """The path of the folder that the snapshot is of."""
        return os.fsencode(self.home) + b"/r"

    @property
    def shared(self) -> Path:
        """A file that also has a name inside the target: its content is not to change."""
        return self.place / "shared"

    def top(self, mode: str) -> bytes:
        """Where that folder is restored."""
        return self.root if mode in ("in place", "single") else os.fsencode(self.out) + b"/r"

    def prepare(self) -> None:
        """A fresh scene; the folders outside hold some of every kind."""
        self.place.mkdir()
        self.home.mkdir()
        self.out.mkdir()
        self.shared.write_bytes(b"shared")
        inner = self.outside / "x"
        (inner / "sub").mkdir(parents=True)
        for path in (self.outside / "precious", inner / "precious", inner / "sub" / "evil"):
            path.write_bytes(b"mine")
            path.chmod(0o600)
        (self.outside / "link").symlink_to("precious")
        os.mkfifo(self.outside / "pipe")
        for path in (*self.outside.rglob("*"), self.outside):
            if not path.is_symlink():
                os.utime(path, ns=(LONG_AGO, LONG_AGO))


Roots = Callable[[SealedWorld, Scene], list[Entry]]
Arrange = Callable[[Scene, bytes], None]


def nothing(scene: Scene, top: bytes) -> None:
    """An empty target."""


@dataclass(frozen=True)
class Attack:
    """`named`: one of these is told; empty: the attack is harmless, and `made` is there below
    the restored folder, of kind `kind`."""

    name: str
    roots: Roots
    mode: str = "to"
    before: Arrange = nothing
    named: frozenset[str] = frozenset()
    made: bytes = b""
    kind: int = -1
    device: bool = False  # only root can make it, so others hear of it
    spares: bool = True  # the rest of the tree comes back
    selected: tuple[bytes, ...] = field(default=(b"in/x", b"zz/ok"))
    on_disk: bool = False  # a file system in memory would take even that

    @property
    def group(self) -> str:
        return self.name.partition(":")[0]


def named(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


def all_attacks() -> list[Attack]:
    """Every one of them, its name said once."""
    attacks = [
        *evil_names(),
        *long_names(),
        *evil_roots(),
        *doubles(),
        *roots_below_links(),
        *taken_places(),
        *taken_parents(),
        *false_sizes(),
        *evil_extras(),
        *false_groups(),
    ]
    assert len({attack.name for attack in attacks}) == len(attacks)
    return attacks


# --- building ---


def special(world: SealedWorld, scene: Scene, name: bytes, kind: int) -> Entry:
    """An entry of this kind which would do harm where it does not belong."""
    if kind == FILE:
        return made_file(world, name, b"evil")
    if kind == FOLDER:
        return lying(world, name, [made_file(world, b"evil", b"evil")])
    if kind == SYMLINK:
        return world.special(name, kind, Extras(target=os.fsencode(scene.outside)))
    if kind in DEVICES:
        return world.special(name, kind, Extras(device=(7, 200)))
    return world.special(name, kind, Extras())


def made_file(world: SealedWorld, name: bytes, content: bytes) -> Entry:
    return entry(name, FILE, size=len(content), content=b"".join(world.keep(content)))


def lying(world: SealedWorld, name: bytes, rows: list[Entry]) -> Entry:
    """A folder whose listing may be one that the format would refuse to build."""
    return entry(name, FOLDER, content=world.put([make_node(LISTING, rows)]))


def paged(world: SealedWorld, name: bytes, pages: list[list[Entry]]) -> Entry:
    """The same with an index."""
    nodes = [make_node(LISTING, page) for page in pages]
    world.put(nodes)
    index = make_node(
        INDEX, [[node.id, page[0].name] for node, page in zip(nodes, pages, strict=True)]
    )
    return entry(name, FOLDER, content=world.put([index]))


def tree(world: SealedWorld, scene: Scene, inner: Entry) -> list[Entry]:
    """The folder that was backed up: an attack in it, and something good behind."""
    rest = lying(world, b"zz", [made_file(world, b"ok", b"ok")])
    return [lying(world, scene.root, [inner, rest])]


def holding(make: Callable[[SealedWorld, Scene], list[Entry]]) -> Roots:
    """A tree with these entries in its folder `in`."""
    return lambda world, scene: tree(world, scene, lying(world, b"in", make(world, scene)))


# --- names ---

EVIL_NAMES = {
    "dot dot": b"..",
    "dot": b".",
    "nothing": b"",
    "a slash": b"/",
    "up": b"../evil",
    "up twice": b"../../outside/evil",
    "in and up": b"a/../../../outside/evil",
    "below": b"a/b",
    "slash behind": b"evil/",
    "dot dot slash": b"../",
    "NUL": b"evil\0name",
    "only NUL": b"\0",
    "dot dot NUL": b"..\0",
    "absolute": b"ABSOLUTE",
    "longer than any name": b"n" * 4097,
    "backslashes": b"..\\..\\evil/x",
}


def evil_names() -> Iterator[Attack]:
    """A listing with a name that is none is refused as a whole."""
    modes = cycle(MODES)
    for (what, name), kind, where in product(EVIL_NAMES.items(), KINDS, ("listing", "page")):
        mode = next(modes)
        yield Attack(
            f"name: {what}, {KIND_NAMES[kind]} in a {where}, {mode}",
            _with_name(name, kind, paged_=where == "page"),
            mode,
            named=named("listing-damaged", REFUSED),
        )


def _with_name(name: bytes, kind: int, *, paged_: bool) -> Roots:
    def roots(world: SealedWorld, scene: Scene) -> list[Entry]:
        real = os.fsencode(scene.outside) + b"/evil" if name == b"ABSOLUTE" else name
        evil = special(world, scene, real, kind)
        good = made_file(world, b"!good", b"good")
        inner = paged(world, b"in", [[good], [evil]]) if paged_ else lying(world, b"in", [evil])
        return tree(world, scene, inner)

    return roots


def long_names() -> Iterator[Attack]:
    """Names that are some, but not on this file system."""
    modes = cycle(("to", "in place", "overwrite", "again"))
    for length, kind in product((256, 1024, 4096), KINDS):
        mode = next(modes)
        yield Attack(
            f"name: {length} bytes, {KIND_NAMES[kind]}, {mode}",
            holding(lambda w, s, n=b"n" * length, k=kind: [special(w, s, n, k)]),
            mode,
            named=named("not-written"),
        )


# --- roots ---

EVIL_ROOTS = {
    "dot dot": b"..",
    "absolute dot dot": b"/..",
    "up": b"HOME/../outside/evil",
    "up at the end": b"HOME/..",
    "up twice": b"HOME/r/../../outside",
    "relative up": b"../outside/evil",
    "dot": b"HOME/./r",
    "nothing": b"",
    "NUL": b"HOME/evil\0",
    "endless": b"/" + b"n" * 33_000,
}
ODD_ROOTS = {
    "relative": (b"x", b"x"),
    "relative and deep": (b"y/x", b"x"),
    "double slash": (b"HOME//x", b"x"),
    "slash behind": (b"HOME/x/", b"x"),
    "many slashes": (b"////x////", b"x"),
}


def evil_roots() -> Iterator[Attack]:
    for (what, name), kind, mode in product(
        EVIL_ROOTS.items(), (FILE, FOLDER, SYMLINK), ("to", "in place")
    ):
        yield Attack(
            f"root: {what}, {KIND_NAMES[kind]}, {mode}",
            _as_root(name, kind),
            mode,
            named=named(REFUSED),
            spares=False,
        )
    for (what, (name, last)), kind in product(ODD_ROOTS.items(), (FILE, FOLDER, SYMLINK)):
        yield Attack(
            f"root: {what}, {KIND_NAMES[kind]}, to",
            _as_root(name, kind),
            made=b"../" + last,
            kind=kind,
            spares=False,
        )


def _as_root(name: bytes, kind: int) -> Roots:
    def roots(world: SealedWorld, scene: Scene) -> list[Entry]:
        real = name.replace(b"HOME", os.fsencode(scene.home))
        return [special(world, scene, real, kind)]

    return roots


def roots_below_links() -> Iterator[Attack]:
    """A root that is a link, and another that lies below it."""
    for kind, mode, depth in product(KINDS, ("to", "in place", "overwrite"), (1, 2)):

        def roots(
            world: SealedWorld, scene: Scene, kind: int = kind, depth: int = depth
        ) -> list[Entry]:
            home = os.fsencode(scene.home)
            link = world.special(home + b"/x", SYMLINK, Extras(target=os.fsencode(scene.outside)))
            below = special(world, scene, home + b"/x" + b"/x" * depth, kind)
            return [link, below]

        yield Attack(
            f"roots: {KIND_NAMES[kind]} {depth} below a link, {mode}",
            roots,
            mode,
            named=named("exists", "not-written"),
            spares=False,
        )


def doubles() -> Iterator[Attack]:
    """A link and something else of the same name."""
    for kind, mode, first in product(KINDS, ("to", "in place", "overwrite"), (True, False)):

        def entries(
            world: SealedWorld, scene: Scene, kind: int = kind, first: bool = first
        ) -> list[Entry]:
            link = world.special(b"x", SYMLINK, Extras(target=os.fsencode(scene.outside)))
            other = special(world, scene, b"x", kind)
            return [link, other] if first else [other, link]

        order = "link first" if first else "link last"
        yield Attack(
            f"double: link and {KIND_NAMES[kind]}, {order}, {mode}",
            holding(entries),
            mode,
            named=named("listing-damaged"),
        )


# --- what lies at the target ---


def _link_to(target: str) -> Callable[[Scene, bytes], None]:
    def arrange(scene: Scene, place: bytes) -> None:
        os.symlink(target.replace("OUTSIDE", str(scene.outside)), place)

    return arrange


def _folder(mode: int) -> Callable[[Scene, bytes], None]:
    def arrange(scene: Scene, place: bytes) -> None:
        os.mkdir(place)
        os.symlink(scene.outside / "precious", place + b"/evil")
        os.chmod(place, mode)

    return arrange


def _plain_file(scene: Scene, place: bytes) -> None:
    with open(place, "wb") as file:
        file.write(b"in the way")


TAKEN: dict[str, Callable[[Scene, bytes], None]] = {
    "a link to a folder outside": _link_to("OUTSIDE/x"),
    "a link to a file outside": _link_to("OUTSIDE/precious"),
    "a link to a new name outside": _link_to("OUTSIDE/new"),
    "a link to a link outside": _link_to("OUTSIDE/link"),
    "a link upwards": _link_to("../../../outside/x"),
    "a link to itself": _link_to("x"),
    "another name of a file outside": lambda scene, place: os.link(scene.shared, place),
    "a folder": _folder(0o755),
    "a closed folder": _folder(0o500),
    "a file": _plain_file,
    "a FIFO": lambda scene, place: os.mkfifo(place),
}


def _kind_taken(what: str) -> int:
    if "link" in what:
        return SYMLINK
    return FOLDER if "folder" in what else FIFO if "FIFO" in what else FILE


def taken_places() -> Iterator[Attack]:
    """Something is already where an entry goes."""
    for (what, arrange), kind, mode in product(TAKEN.items(), KINDS, MODES):

        def before(
            scene: Scene, top: bytes, arrange: Callable[[Scene, bytes], None] = arrange
        ) -> None:
            os.makedirs(top + b"/in")
            arrange(scene, top + b"/in/x")

        taken = _kind_taken(what)
        replaced = mode == "overwrite" and taken != FOLDER
        fits = replaced or (taken == kind and kind in (FOLDER, FIFO))
        yield Attack(
            f"taken: {KIND_NAMES[kind]} where {what} is, {mode}",
            holding(lambda w, s, k=kind: [special(w, s, b"x", k)]),
            mode,
            before,
            named=frozenset() if fits else named("exists"),
            made=b"in/x" if fits else b"",
            kind=kind,
            device=kind in DEVICES,
        )


def taken_parents() -> Iterator[Attack]:
    """Something else is where the folder above an entry goes."""
    places = {
        what: arrange for what, arrange in TAKEN.items() if "folder" not in what or "link" in what
    }
    for (what, arrange), kind, mode in product(places.items(), KINDS, MODES):

        def before(
            scene: Scene, top: bytes, arrange: Callable[[Scene, bytes], None] = arrange
        ) -> None:
            os.makedirs(top)
            arrange(scene, top + b"/in")

        replaced = mode == "overwrite"
        yield Attack(
            f"parent: {KIND_NAMES[kind]} below {what}, {mode}",
            holding(lambda w, s, k=kind: [special(w, s, b"x", k)]),
            mode,
            before,
            named=frozenset() if replaced else named("exists"),
            made=b"in/x" if replaced else b"",
            kind=kind,
            device=kind in DEVICES,
        )


# --- sizes, extents, extras ---


def false_sizes() -> Iterator[Attack]:
    modes = cycle(("to", "in place", "overwrite", "single", "again"))
    huge = 2**62
    sizes = {"none": 0, "one less": 3, "one more": 5, "huge": huge, "the largest": 2**63 - 1}
    for what, size in sizes.items():
        yield _lie(
            f"size: {what}",
            next(modes),
            lambda w, s, n=size: made_file(w, b"x", b"evil")._replace(size=n),
        )
    extents: dict[str, tuple[tuple[tuple[int, int], ...], int]] = {
        "behind the end": (((90, 20),), 100),
        "far behind the end": (((2**62, 4),), 100),
        "over each other": (((0, 4), (2, 4)), 100),
        "backwards": (((50, 4), (0, 4)), 100),
        "empty": (((0, 0),), 100),
        "negative": (((-4, 4),), 100),
        "overflowing": (((2**63 - 2, 4),), 2**63 - 1),
        "too few": (((0, 2),), 100),
        "none": ((), 100),
        "in a file of 2^62": (((2**62 - 8, 4),), huge),
    }
    for what, (sparse, size) in extents.items():
        extras = Extras(is_sparse=True, sparse=sparse)
        yield _lie(
            f"extents: {what}",
            next(modes),
            lambda w, s, e=extras, n=size: w.chunked(b"x", w.keep(b"evil"), n, e),
        )
    yield _lie(
        "extents: a hole of 2^62",
        "to",
        lambda w, s: w.chunked(b"x", [], huge, Extras(is_sparse=True)),
    )
    yield _lie(
        "content: a chunk that nobody has",
        "in place",
        lambda w, s: entry(b"x", FILE, size=4, content=b"?" * 32),
        "content-lacking",
    )
    yield _lie(
        "content: a chunk list that nobody has",
        "to",
        lambda w, s: entry(b"x", FILE, size=4, content=[b"?" * 32]),
        "listing-damaged",
    )
    yield _lie(
        "content: a folder that nobody has",
        "to",
        lambda w, s: entry(b"x", FOLDER, content=b"?" * 32),
        "listing-damaged",
    )
    yield _lie(
        "content: extras that nobody has",
        "to",
        lambda w, s: entry(b"x", SYMLINK, extras=b"?" * 32),
        "content-lacking",
    )
    yield _lie(
        "content: a file as a folder's listing",
        "to",
        lambda w, s: entry(b"x", FOLDER, content=w.put([make_node(2, b"?" * 32)])),
        "listing-damaged",
    )


def _lie(name: str, mode: str, make: Callable[[SealedWorld, Scene], Entry], *kinds: str) -> Attack:
    kinds = kinds or ("damaged", "not-written")
    return Attack(
        f"{name}, {mode}",
        holding(lambda world, scene: [make(world, scene)]),
        mode,
        named=frozenset({*kinds, REFUSED} if mode == "single" else kinds),
        on_disk=True,
    )


def evil_extras() -> Iterator[Attack]:
    """Attributes, links' targets, device numbers, owners and times that no honest device has."""
    garbage = struct.pack("<I", 2) + b"\x04\0"
    attributes = {
        "a list that is garbage": (b"system.posix_acl_access", garbage),
        "a list of another version": (b"system.posix_acl_access", b"\xff" * 20),
        "a name that is none": (b"nonsense", b"x"),
        "a dot": (b".", b"x"),
        "an endless name": (b"user." + b"n" * 300, b"x"),
        "an endless value": (b"user.x", b"v" * 70_000),
        "a slash": (b"../../evil", b"x"),
        "an unknown realm": (b"evil.x", b"x"),
        "capabilities that are garbage": (b"security.capability", b"\xff" * 7),
    }
    for (what, pair), kind in product(attributes.items(), (FILE, FOLDER, SYMLINK, FIFO)):
        yield Attack(
            f"attribute: {what} on a {KIND_NAMES[kind]}",
            holding(lambda w, s, k=kind, p=pair: [_with(w, s, k, Extras(xattrs=(p,)))]),
            named=named("attributes"),
        )
    broken = {
        "no name": Extras(xattrs=((b"", b"x"),)),
        "NUL in a name": Extras(xattrs=((b"user.\0x", b"x"),)),
        "NUL in a target": Extras(target=b"a\0b"),
        "a short group": Extras(link_group=b"g"),
        "a negative device": Extras(device=(-1, 3)),
    }
    for (what, extras), kind in product(broken.items(), (FILE, SYMLINK, FIFO)):
        yield Attack(
            f"extras: {what}, {KIND_NAMES[kind]}",
            holding(lambda w, s, k=kind, e=extras: [_with(w, s, k, e)]),
            named=named("damaged"),
        )
    for what, target in (("empty", b""), ("endless", b"t" * 5000)):
        yield Attack(
            f"link: {what} target",
            holding(
                lambda w, s, t=target: [
                    entry(b"x", SYMLINK, extras=w.extras(Extras(target=t, born_ns=1)))
                ]
            ),
            named=named("not-written"),
        )
    for kind, number in product(DEVICES, ((2**40, 0), (0, 2**40), (2**63, 2**63))):
        yield Attack(
            f"device: {KIND_NAMES[kind]} {number}",
            holding(
                lambda w, s, k=kind, n=number: [w.special(b"x", k, Extras(device=n))],
            ),
            named=named("not-written", "damaged"),
        )
    yield from _evil_entries()


def _with(world: SealedWorld, scene: Scene, kind: int, extras: Extras) -> Entry:
    target = extras.target or (b"nowhere" if kind == SYMLINK else b"")
    one = special(world, scene, b"x", kind)
    return one._replace(extras=world.extras(replace(extras, target=target)))


def _evil_entries() -> Iterator[Attack]:
    largest = 2**32 - 1
    for kind in (FILE, FOLDER, SYMLINK, FIFO):
        yield Attack(
            f"owner: nobody's number, {KIND_NAMES[kind]}",
            holding(
                lambda w, s, k=kind: [special(w, s, b"x", k)._replace(uid=largest, gid=largest)]
            ),
            named=named("owner", "group"),
        )
        yield Attack(
            f"owner: a name that is none, {KIND_NAMES[kind]}",
            holding(
                lambda w, s, k=kind: [
                    special(w, s, b"x", k)._replace(owner=b"\xff\0/..", group=b"\xff\0" * 100)
                ]
            ),
            made=b"in/x",
            kind=kind,
        )
        yield Attack(
            f"owner: no such number and setuid, {KIND_NAMES[kind]}",
            holding(
                lambda w, s, k=kind: [
                    special(w, s, b"x", k)._replace(uid=largest, gid=largest, mode=0o7777)
                ]
            ),
            named=named("owner", "group"),
        )
        for moment in (2**63 - 1, -(2**63), -(2**62)):
            yield Attack(
                f"time: {moment}, {KIND_NAMES[kind]}",
                holding(
                    lambda w, s, k=kind, m=moment: [special(w, s, b"x", k)._replace(mtime_ns=m)]
                ),
                named=named("times") if moment < 0 else frozenset(),
                made=b"" if moment < 0 else b"in/x",
                kind=kind,
                on_disk=True,
            )


# --- files with several names ---


def false_groups() -> Iterator[Attack]:
    """One group for things that are not one file: the second must not become the first."""
    group = b"g" * 32
    for first, second, mode in product(
        (FILE, SYMLINK, FIFO, SOCKET),
        (FILE, SYMLINK, FIFO, SOCKET),
        ("to", "in place", "overwrite"),
    ):
        if first == second:
            continue

        def entries(
            world: SealedWorld, scene: Scene, first: int = first, second: int = second
        ) -> list[Entry]:
            found = []
            for name, kind in ((b"a", first), (b"x", second)):
                target = os.fsencode(scene.outside) + b"/precious" if kind == SYMLINK else b""
                extras = world.extras(Extras(target=target, link_group=group))
                found.append(special(world, scene, name, kind)._replace(extras=extras))
            return found

        yield Attack(
            f"group: {KIND_NAMES[first]} and {KIND_NAMES[second]}, {mode}",
            holding(entries),
            mode,
            made=b"in/x",
            kind=second,
        )
    for what in ("a link to a file outside", "another name of a file outside"):
        for mode in ("to", "in place", "overwrite"):

            def before(scene: Scene, top: bytes, arrange: Arrange = TAKEN[what]) -> None:
                os.makedirs(top + b"/in")
                arrange(scene, top + b"/in/a")

            yield Attack(
                f"group: its first name is {what}, {mode}",
                holding(_two_names),
                mode,
                before,
                made=b"in/x",
                kind=FILE,
            )


def _two_names(world: SealedWorld, scene: Scene) -> list[Entry]:
    extras = world.extras(Extras(link_group=b"g" * 32))
    return [made_file(world, name, b"evil")._replace(extras=extras) for name in (b"a", b"x")]


# --- any of them together ---


def random_attack(chance: random.Random, number: int) -> Attack:
    """A tree of anything, over anything, in any mode: no more than nothing outside is promised."""
    mode = chance.choice(MODES)
    seed = chance.randrange(2**32)
    return Attack(
        f"random: {number}, {mode}",
        lambda world, scene: _random_roots(world, scene, random.Random(seed)),
        mode,
        lambda scene, top: _random_target(scene, top, random.Random(seed + 1)),
        spares=False,
        selected=chance.choice(((b"in/x",), (b"x",), (b"in",), (b"in/x", b"x", b"zz/ok"))),
    )


_NAMES = (b"x", b"in", b"a", b"A", b"zz", b"evil", b"precious", b"sub", b"n" * 255, b"n" * 256)


def _random_roots(world: SealedWorld, scene: Scene, chance: random.Random) -> list[Entry]:
    numbers = count()

    def some(depth: int) -> list[Entry]:
        names = chance.sample(_NAMES, chance.randint(1, 5))
        if chance.random() < 0.1:
            names.append(chance.choice(list(EVIL_NAMES.values())))
        return [one(name, depth) for name in sorted(names)]

    def one(name: bytes, depth: int) -> Entry:
        kind = chance.choice((*KINDS, FOLDER, FOLDER, SYMLINK))
        if kind == FOLDER:
            found = lying(world, name, some(depth - 1) if depth else [])
        else:
            found = special(world, scene, name, kind)
        if kind in (FILE, SYMLINK, FIFO) and chance.random() < 0.4:
            target = chance.choice((b"..", b"x", b"/", os.fsencode(scene.outside) + b"/x"))
            group = bytes([chance.randint(1, 3)]) * 32 if chance.random() < 0.6 else b""
            sparse = ((0, 2), (50, 2)) if kind == FILE and chance.random() < 0.3 else ()
            extras = Extras(
                target=target if kind == SYMLINK else b"",
                link_group=group,
                is_sparse=bool(sparse),
                sparse=sparse,
                xattrs=((b"user.x", b"%d" % next(numbers)),) if chance.random() < 0.5 else (),
            )
            found = found._replace(extras=world.extras(extras))
            if sparse:
                found = found._replace(size=chance.choice((10, 60, 2**62)))
        return found._replace(
            mode=chance.choice((0, 0o400, 0o644, 0o755, 0o7777, 0o4711)),
            mtime_ns=chance.choice((0, -1, LONG_AGO, 2**62)),
            uid=chance.choice((os.geteuid(), 0, 12345, 2**32 - 1)),
        )

    home = os.fsencode(scene.home)
    names = chance.choice(((scene.root,), (scene.root, home + b"/x"), (home, scene.root + b"/x")))
    return [lying(world, name, some(3)) for name in sorted(names)]


def _random_target(scene: Scene, top: bytes, chance: random.Random) -> None:
    """Something under some of the names that may be restored."""
    folders = [os.path.dirname(top), top, top + b"/in", top + b"/x", top + b"/in/x"]  # noqa: PTH120
    for folder in folders:
        if not _is_open(folder):
            continue
        for name in chance.sample(_NAMES[:8], chance.randint(0, 4)):
            if not os.path.lexists(folder + b"/" + name):
                chance.choice(list(TAKEN.values()))(scene, folder + b"/" + name)
        if not os.path.lexists(top) and chance.random() < 0.7:
            os.mkdir(top)
        if not os.path.lexists(top + b"/in") and _is_open(top):
            os.mkdir(top + b"/in")


def _is_open(path: bytes) -> bool:
    return kind_at(path) == FOLDER and bool(os.lstat(path).st_mode & 0o200)


def kind_at(path: bytes) -> int:
    """The kind of what is there, -1 for nothing."""
    try:
        mode = os.lstat(path).st_mode
    except OSError:
        return -1
    tests = (
        stat.S_ISREG,
        stat.S_ISDIR,
        stat.S_ISLNK,
        stat.S_ISFIFO,
        stat.S_ISSOCK,
        stat.S_ISCHR,
        stat.S_ISBLK,
    )
    return next(kind for kind, test in enumerate(tests) if test(mode))
