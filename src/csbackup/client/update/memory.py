"""What this device remembers of its updates: `update.json` in the state folder.

`newest` only grows, and is written before that version first runs: whoever could make the device
forget it could give it back an old version with a known hole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from csbackup.client.config import Home
from csbackup.client.update.failures import UpdateMemoryDamaged
from csbackup.errors import FormatError, RequestError
from csbackup.format.releases import Version, read_version
from csbackup.protocol.adapter import parse, render
from csbackup.protocol.messages import UpdateReport
from csbackup.rules.updating import Failure

FILE = "update.json"
_KEPT = 20  # failures


@dataclass(frozen=True, slots=True)
class _Failed:
    version: str
    code: str
    tries: int
    final: bool


@dataclass(frozen=True, slots=True)
class UpdateMemory:
    """`last` is what the server is told."""

    newest: str = ""
    failed: tuple[_Failed, ...] = ()
    last: UpdateReport = UpdateReport("ready")

    def newest_version(self, running: Version) -> Version:
        """The newest that ever ran here: at least the one that runs."""
        return max(read_version(self.newest), running) if self.newest else running

    def failures(self) -> Mapping[Version, Failure]:
        return {
            read_version(one.version): Failure(one.code, one.tries, one.final)
            for one in self.failed
        }

    def begun(self, version: Version, running: Version) -> UpdateMemory:
        """`version` is about to run for the first time."""
        newest = max(version, self.newest_version(running))
        return replace(self, newest=str(newest), last=UpdateReport("trying", str(version)))

    def with_failure(self, report: UpdateReport, *, final: bool) -> UpdateMemory:
        """`report.version` was tried once more, and not kept."""
        version, code = report.version, report.code
        before = self.failures().get(read_version(version))
        tries = before.tries + 1 if before else 1
        others = tuple(one for one in self.failed if one.version != version)
        failed = (*others, _Failed(version, code, tries, final))[-_KEPT:]
        return replace(self, failed=failed, last=report)


def load_memory(home: Home) -> UpdateMemory:
    """Empty before the first update; `UpdateMemoryDamaged` where it cannot be believed."""
    try:
        found = home.read_json(FILE)
        if found is None:
            return UpdateMemory()
        if not found.checked:
            raise ValueError("It lacks its checksum.")
        memory = parse(UpdateMemory, found.value, "It")
        memory.newest_version(Version(0, 0, 0))
        memory.failures()
    except (ValueError, RequestError, FormatError) as problem:
        raise UpdateMemoryDamaged(home.path / FILE, problem) from problem
    return memory


def save_memory(home: Home, memory: UpdateMemory) -> None:
    home.write_json(FILE, render(memory))
