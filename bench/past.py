"""How fast the past is looked through: a million files, a thousand snapshots, one device.

PYTHONPATH=tests python -m bench.past make DIR [--files 1000000] [--snapshots 1000]
PYTHONPATH=tests python -m bench.past measure DIR

`make` sends listings as a device does, with contents that are noise; it takes some minutes.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from csbackup.format.ids import SourceId
from csbackup.format.snapshot import Settings
from csbackup.format.tree import FILE, FOLDER, Entry, Node, build_folder, build_report, build_roots
from csbackup.protocol.adapter import render
from csbackup.server.app import open_server
from csbackup.server.config import Config
from csbackup.server.folder import prepare_folder
from support.server_data import SECOND, START, BackedUp, Device, Plane

ROOT = b"/data"
RARE = "Steuererklärung 2019.pdf"
WORDS = """annual budget client contract design draft family final holiday image index invoice
letter meeting minutes module notes offer order paper photo plan project report review scan sketch
summary table test ticket travel video""".split()  # noqa: SIM905
ENDINGS = ("txt", "pdf", "docx", "jpg", "png", "py", "xlsx", "html")
IN_FOLDER = 50
PACK_NODES = 2000


class World:
    """Half of the files in one folder, the others fifty to a folder, a hundred folders to one."""

    def __init__(self, device: Device, files: int) -> None:
        self.device = device
        self.random = random.Random(7)
        self.chunks = device.chunks(5000)
        self.long = self._rows(0, files // 2)
        self.projects = files // 2 // IN_FOLDER
        self.changed: dict[int, list[Entry]] = {}
        self.folders: dict[int, Entry] = {}
        self.long_entry: Entry | None = None
        self.departments: dict[int, Entry] = {}
        self.sent: set[bytes] = set()

    def _rows(self, seed: int, count: int) -> list[Entry]:
        draw = random.Random(seed)
        names = {
            f"{draw.choice(WORDS)} {draw.choice(WORDS)} {at:05d}.{draw.choice(ENDINGS)}".encode()
            for at in range(count)
        }
        return [self.file(name, draw) for name in sorted(names)]

    def file(self, name: bytes, draw: random.Random) -> Entry:
        content = draw.choice(self.chunks)
        time_ns = START - draw.randrange(10**8) * SECOND
        size = draw.randrange(500_000)
        return Entry(name, FILE, size, time_ns, 0o644, 1000, 1000, b"anna", b"anna", content)

    def rows(self, project: int) -> list[Entry]:
        if project in self.changed:
            return self.changed[project]
        rows = self._rows(project + 1, IN_FOLDER)
        if project == 17:
            rows = sorted([*rows, self.file(RARE.encode(), random.Random(1))])
        return rows

    def nodes(self, projects: Sequence[int], *, with_long: bool) -> Iterator[Node]:
        """The nodes of these projects and all above them, the roots' last."""
        if with_long or self.long_entry is None:
            pages = build_folder(self.long)
            yield from pages
            self.long_entry = folder(b"long", self.long, pages[-1])
        for project in projects:
            rows = self.rows(project)
            pages = build_folder(rows)
            yield from pages
            self.folders[project] = folder(b"project-%04d" % project, rows, pages[-1])
        for first in sorted({project // 100 * 100 for project in projects}):
            rows = [self.folders[one] for one in range(first, min(first + 100, self.projects))]
            pages = build_folder(rows)
            yield from pages
            self.departments[first] = folder(b"department-%03d" % (first // 100), rows, pages[-1])
        rows = [*self.departments.values(), self.long_entry]
        pages = build_folder(rows)
        yield from pages
        self.root = folder(ROOT, rows, pages[-1])

    def live(self, snapshot: int) -> list[int]:
        """Change some: contents, a new name, a name that goes."""
        touched = [3, *self.random.sample(range(self.projects), 5)] if snapshot % 10 else [3]
        for project in touched:
            rows = list(self.rows(project))
            at = self.random.randrange(len(rows))
            rows[at] = self.file(rows[at].name, self.random)
            if project == touched[-1]:
                rows.append(self.file(b"added in %04d.txt" % snapshot, self.random))
                rows.pop(self.random.randrange(len(rows) - 1))
            self.changed[project] = sorted(rows)
        at = self.random.randrange(len(self.long))
        self.long[at] = self.file(self.long[at].name, self.random)
        return touched


def folder(name: bytes, rows: list[Entry], node: Node) -> Entry:
    files = sum(row.subtree_files if row.kind == FOLDER else 1 for row in rows)
    size = sum(row.subtree_bytes if row.kind == FOLDER else row.size for row in rows)
    newest = max(row.mtime_ns for row in rows)
    return Entry(name, FOLDER, 0, newest, 0o755, 0, 0, b"", b"", node.id, files, size)


def make(data: Path, files: int, snapshots: int) -> None:
    prepare_folder(data)
    plane = Plane(data)
    device = plane.account().device()
    world = World(device, files)
    device.begin()
    for at in range(0, len(world.chunks), 1000):
        device.put(device.block_pack([world.chunks[at : at + 1000]]))
    began = time.monotonic()
    commit(world, world.nodes(range(world.projects), with_long=True))
    print(f"first snapshot {time.monotonic() - began:.1f} s", flush=True)
    for number in range(2, snapshots + 1):
        plane.now += 3600 * SECOND
        touched = world.live(number)
        device.begin()
        commit(world, world.nodes(touched, with_long=number % 50 == 0))
    print(f"all {time.monotonic() - began:.1f} s", flush=True)
    plane.close()


def commit(world: World, nodes: Iterator[Node]) -> None:
    device, batch = world.device, []
    for node in nodes:
        if node.id not in world.sent:
            world.sent.add(node.id)
            batch.append(node)
        if len(batch) == PACK_NODES:
            device.put(device.tree_pack(batch))
            batch = []
    roots = build_roots([world.root])
    settings = Settings(SourceId(bytes(16)), (ROOT,)).node()
    report = build_report([])
    device.put(device.tree_pack([*batch, roots, settings, report]))
    device.commit(device.snapshot(BackedUp([], roots, settings, report, world.root.subtree_files)))


def measure(data: Path) -> None:
    with open_server(Config(data=str(data))) as server:
        services = server.services
        [device] = services.devices.all(time.time_ns()).devices
        number = services.devices.number_of(device.device)
        began = time.monotonic()
        while unnamed(data):
            time.sleep(0.2)
        print(f"{time.monotonic() - began:6.1f} s until all names are searchable")
        memory("idle")

        def search(name: str, after: str | None = None) -> Any:
            return services.search.page(number, name, after=after, limit=50, elapsed=stopwatch())

        for name in ("report", "budget plan 0", "e", RARE, "added in 0500", "zzqq", "*.nothing"):
            page = timed(f"search {name!r}, first page", partial(search, name))
            told = f"{len(page.hits)} hits, complete: {page.complete}"
            print(f"{'':>10}  {told}")
            if page.next:
                again = partial(search, name, page.next)
                timed(f"search {name!r}, second page", again)
        for path in (b"/data/department-000/project-0003", b"/data/long"):
            timed(
                f"versions of {path.decode()}",
                lambda path=path: services.versions.of_path(number, path, before=None, limit=100),
            )
        last = device.snapshots
        for span in ((1, 2), (1, last), (max(1, last - 30), last)):
            found = timed(
                f"changes {span[0]} to {span[1]}, {ROOT.decode()}",
                lambda span=span: services.changes.in_folder(
                    number, span, ROOT, offset=0, limit=200, elapsed=stopwatch()
                ),
            )
            print(f"{'':>10}  {found.files_changed} changed, exact: {found.exact}")
        memory("after all")


def timed(what: str, work: Callable[[], Any]) -> Any:
    """Wall and processor time of the first and the middle of five, the answer as JSON included."""
    wall, cpu = [], []
    for _ in range(5):
        began, used = time.perf_counter(), time.process_time()
        found = work()
        json.dumps(render(found))
        wall.append(1000 * (time.perf_counter() - began))
        cpu.append(1000 * (time.process_time() - used))
    first = f"first {wall[0]:6.0f} ms (cpu {cpu[0]:5.0f})"
    print(
        f"{first}  then {sorted(wall)[2]:6.0f} ms (cpu {sorted(cpu)[2]:5.0f})  {what}", flush=True
    )
    return found


def stopwatch() -> Callable[[], float]:
    began = time.monotonic()
    return lambda: time.monotonic() - began


def unnamed(data: Path) -> int:
    with closing(sqlite3.connect(data / "catalog.db")) as catalog:
        asked = "select exists (select 1 from nodes where names is null)"
        return int(catalog.execute(asked).fetchone()[0])


def memory(when: str) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{peak:5} MB peak, {when}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("make", "measure"))
    parser.add_argument("data", type=Path)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--snapshots", type=int, default=1000)
    chosen = parser.parse_args()
    if chosen.what == "make":
        make(chosen.data, chosen.files, chosen.snapshots)
    else:
        measure(chosen.data)


if __name__ == "__main__":
    main()
