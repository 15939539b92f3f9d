"""What one step costs: wall time, processor time and memory of both sides, bytes on the wire."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds and bytes; `sent` is all that crossed the loopback interface, both ways."""

    wall: float
    client_cpu: float
    client_rss: int
    server_cpu: float
    server_rss: int
    sent: int


class StepFailed(RuntimeError):
    """A measured command did not do its work."""


def measure(command: list[str], env: dict[str, str], server: int | None) -> tuple[Cost, str]:
    """Run `command` and watch the server process meanwhile; the cost, and what it printed.

    What others left to be written goes to the disk first, and into nobody's time.
    """
    os.sync()
    if server is not None:
        forget_peak(server)
    cpu_before = processor_seconds(server) if server is not None else 0.0
    sent_before = loopback_bytes()
    started = time.monotonic()
    process = subprocess.Popen(
        command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    output = process.stdout.read().decode(errors="replace")
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise StepFailed(f"{' '.join(command)} ended with {process.returncode}:\n{output[-3000:]}")
    cost = Cost(
        wall,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * 1024,
        processor_seconds(server) - cpu_before if server is not None else 0.0,
        peak_bytes(server) if server is not None else 0,
        loopback_bytes() - sent_before,
    )
    return cost, output


def processor_seconds(pid: int) -> float:
    after_name = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(after_name[11]) + int(after_name[12])) / TICKS


def forget_peak(pid: int) -> None:
    """Begin a new peak of resident memory."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def peak_bytes(pid: int) -> int:
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def loopback_bytes() -> int:
    for line in Path("/proc/net/dev").read_text().splitlines():
        name, _, numbers = line.partition(":")
        if name.strip() == "lo":
            return int(numbers.split()[0])
    return 0


def folder_bytes(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def as_row(cost: Cost, **more: Any) -> dict[str, Any]:
    return more | asdict(cost)


def as_line(row: dict[str, Any]) -> str:
    """One line that stands beside those of the other tools."""
    return (
        f"{row['set']:8s} {row['step']:9s} {row['tool']:16s}"
        f" wall {row['wall']:8.2f} s"
        f"  client {row['client_cpu']:7.2f} s {row['client_rss'] / 1e6:6.0f} MB"
        f"  server {row['server_cpu']:7.2f} s {row['server_rss'] / 1e6:6.0f} MB"
        f"  sent {row['sent'] / 1e6:8.1f} MB  stored {row['stored'] / 1e6:8.1f} MB"
    )
