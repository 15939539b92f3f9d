"""Long listings and large trees need little memory: a million names with CSB_TEST_FULL."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

FULL = bool(os.environ.get("CSB_TEST_FULL"))
NUMBER = 1_000_000 if FULL else 100_000
MOST_MEGABYTES = 140 if FULL else 60  # Python with our modules is about 38

LISTING = """
import sys
from csbackup.client.cli.browse import listing_rows, _entry_json
from csbackup.client.cli.output import print_json_items, print_table
from csbackup.format.tree import FILE, Entry

def entries():
    for number in range(NUMBER):
        name = b"a file with the number %d" % number
        yield name, Entry(name, FILE, 1, number, 0o644, 0, 0, b"root", b"root", b"x" * 32)

if sys.argv[1] == "table":
    print_table(listing_rows(entries()))
else:
    print_json_items(_entry_json(name, entry) for name, entry in entries())
"""
LOOKING = """
import os, stat, sys, time
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from csbackup.client.backup.preview import preview
from csbackup.client.cli.progress import Silent
from csbackup.format.ids import SourceId
from csbackup.format.snapshot import Settings

IN_ONE = NUMBER if sys.argv[1] == "one folder" else 1000

def status(mode, size):
    return os.stat_result((mode, 7, 1, 1, 0, 0, size, 1e9, 1e9, 1e9))

class Item:
    def __init__(self, name, folder):
        self.name, self.folder = name, folder
    def is_dir(self, *, follow_symlinks=True):
        return self.folder
    def stat(self, *, follow_symlinks=True):
        return status(stat.S_IFDIR if self.folder else stat.S_IFREG, 5)

class Files:
    @contextmanager
    def scan(self, path):
        folders = path == b"/r" and IN_ONE < NUMBER
        number = NUMBER // IN_ONE if folders else IN_ONE
        yield iter(Item(b"a name with the number %d" % at, folders) for at in range(number))
    def status(self, path):
        return status(stat.S_IFDIR if path == b"/r" else stat.S_IFREG, 5)
    def is_local(self, path):
        return True

settings = Settings(SourceId(b"s" * 16), (b"/r",), ("*.iso",))
chosen = SimpleNamespace(
    home=Path("/"), device=None, settings=settings, files=Files(), clock=time.time_ns
)
assert preview(chosen, None, Silent(), lambda path: True).files == NUMBER
"""
MEASURED = """
from pathlib import Path
lines = Path("/proc/self/status").read_text().splitlines()  # of this process after its exec
peak = next(int(line.split()[1]) for line in lines if "VmHWM" in line)
print("PEAK", peak // 1024, file=sys.stderr)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="memory is counted otherwise elsewhere")
@pytest.mark.parametrize(
    ("program", "how"),
    [(LISTING, "table"), (LISTING, "json"), (LOOKING, "one folder"), (LOOKING, "many folders")],
)
def test_many_names_need_little_memory(program: str, how: str, tmp_path: Path) -> None:
    code = f"NUMBER = {NUMBER}\n{program}\n{MEASURED}"
    with (tmp_path / "out").open("wb") as out:
        ran = subprocess.run(
            [sys.executable, "-c", code, how], stdout=out, stderr=subprocess.PIPE, check=True
        )

    peak = int(ran.stderr.split(b"PEAK ")[1])
    assert peak < MOST_MEGABYTES
    if program is LISTING:
        assert (tmp_path / "out").read_bytes().count(b"\n") >= NUMBER
