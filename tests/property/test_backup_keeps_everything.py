"""Whatever is created, changed, renamed and deleted: a backup gives back what was there."""

from __future__ import annotations

import os
import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from csbackup.format.tree import FILE, FOLDER, SYMLINK
from support.backup_bench import make_bench

NAMES = st.sampled_from(["a", "b", "c", "ä", "with space", "-dash", "new\nline"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(lambda parts: "/".join(parts))
CONTENTS = st.one_of(
    st.binary(max_size=40),
    st.integers(0, 3).map(lambda seed: bytes([seed]) * 5),  # same length, other content
    st.integers(0, 3).map(lambda seed: bytes([seed, 7, 9]) * 300_000),
)


class Backups(RuleBasedStateMachine):
    """The model is the folder itself: what it holds when a backup runs is what must come back."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="csb-property-"))
        self.bench = make_bench(self.folder)
        self.bench.limits = replace(self.bench.limits, pack_bytes=50_000, save_bytes=2_000)
        self.data = self.folder / "data"

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @rule(path=PATHS, content=CONTENTS)
    def write(self, path: str, content: bytes) -> None:
        target = self.data / path
        if self._make_way(target) and not target.is_dir() and not target.is_symlink():
            target.write_bytes(content)

    @rule(path=PATHS, to=PATHS)
    def link(self, path: str, to: str) -> None:
        target = self.data / path
        if self._make_way(target) and not os.path.lexists(target):
            target.symlink_to(to)

    @rule(path=PATHS, other=PATHS)
    def rename(self, path: str, other: str) -> None:
        source, target = self.data / path, self.data / other
        if os.path.lexists(source) and self._make_way(target) and not os.path.lexists(target):
            if target.is_relative_to(source):
                return
            source.rename(target)

    @rule(path=PATHS)
    def delete(self, path: str) -> None:
        target = self.data / path
        if target.is_symlink() or target.is_file():
            target.unlink()
        elif target.is_dir():
            shutil.rmtree(target)

    @rule(path=PATHS, mode=st.sampled_from([0o600, 0o644, 0o755]))
    def chmod(self, path: str, mode: int) -> None:
        target = self.data / path
        if target.is_file() and not target.is_symlink():
            target.chmod(mode)

    @rule(path=PATHS, content=CONTENTS)
    def write_and_turn_back_the_clock(self, path: str, content: bytes) -> None:
        target = self.data / path
        if target.is_file() and not target.is_symlink():
            status = target.stat()
            target.write_bytes(content)
            os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))

    @rule()
    def back_up(self) -> None:
        there = self._there()

        result = self.bench.backup()

        assert result.problems == ()
        assert self._opened() == there
        assert result.files == sum(1 for kind, *_ in there.values() if kind == FILE)

    @precondition(lambda self: bool(self.bench.server.committed))
    @rule()
    def back_up_without_the_journal(self) -> None:
        # Without a journal size, time and mode decide, so files whose clock was turned back
        # must not be among them.
        for path in self.data.rglob("*"):
            if path.is_file() and not path.is_symlink():
                os.utime(path)
        self.bench.forget_journal()
        self.back_up()

    def _make_way(self, target: Path) -> bool:
        for parent in reversed(target.relative_to(self.data).parents):
            place = self.data / parent
            if place.is_symlink() or place.is_file():
                return False
            place.mkdir(exist_ok=True)
        return True

    def _there(self) -> dict[bytes, tuple[object, ...]]:
        found: dict[bytes, tuple[object, ...]] = {}
        for path in (self.data, *self.data.rglob("*")):
            status = path.lstat()
            mode, mtime = status.st_mode & 0o7777, status.st_mtime_ns
            if path.is_symlink():
                kind, content = SYMLINK, os.fsencode(path.readlink())
            elif path.is_dir():
                kind, content = FOLDER, b""
            else:
                kind, content = FILE, path.read_bytes()
            found[os.fsencode(path)] = (kind, mode, mtime, content)
        return found

    def _opened(self) -> dict[bytes, tuple[object, ...]]:
        return {
            path: (
                one.entry.kind,
                one.entry.mode,
                one.entry.mtime_ns,
                one.extras.target if one.entry.kind == SYMLINK else one.content,
            )
            for path, one in self.bench.opened().items()
        }


TestBackups = Backups.TestCase
TestBackups.settings = settings(
    max_examples=40,
    stateful_step_count=15,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
