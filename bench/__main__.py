"""Runs the comparison, or prints the table of earlier runs.

python -m bench run --scratch DIR [--sets small,big] [--tools csb,restic,borg] [--rounds 3]
python -m bench table RESULTS.jsonl
"""

from __future__ import annotations

import argparse
import json
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from bench import measuring
from bench.datasets import SETS
from bench.table import print_table
from bench.tools import TOOLS, Programs, Tool

STEPS = {
    "small": ("first", "unchanged", "changed", "restore"),
    "big": ("first", "unchanged", "restore"),
    "insert": ("first", "changed"),
    "real": ("first", "unchanged", "changed", "restore"),
    "million": ("first", "unchanged"),
}


def run(chosen: argparse.Namespace) -> None:
    """Every tool does a step before any does the next: A B C, A B C."""
    chosen.scratch.mkdir(parents=True, exist_ok=True)
    with chosen.results.open("a", encoding="utf-8") as results:
        for name in chosen.sets.split(","):
            for number in range(chosen.rounds):
                for row in run_set(name, chosen, number):
                    results.write(json.dumps(row) + "\n")
                    results.flush()
                    print(measuring.as_line(row), flush=True)


def run_set(name: str, chosen: argparse.Namespace, number: int) -> Any:
    source = make_data(name, chosen)
    programs = Programs(chosen.restic, chosen.rest_server, chosen.borg)
    tools = [
        TOOLS[tool](chosen.scratch / f"{name}-{tool}", source, programs)
        for tool in rotated(chosen.tools.split(","), number)
    ]
    try:
        for tool in tools:
            tool.set_up()
        for step in STEPS[name]:
            if step == "changed":
                change_data(name, source)
            for tool in tools:
                cost = run_step(tool, step, chosen.restore_to)
                yield measuring.as_row(
                    cost, set=name, step=step, tool=tool.name, round=number, stored=tool.stored()
                )
    finally:
        for tool in tools:
            tool.stop()


def rotated(names: list[str], by: int) -> list[str]:
    """Another one begins in each round."""
    by %= len(names)
    return names[by:] + names[:by]


def make_data(name: str, chosen: argparse.Namespace) -> Path:
    """The data set, made once and kept for further rounds and runs; read once, to be in memory.

    It is made in a process of its own: a child's peak memory begins at its parent's.
    """
    source: Path = chosen.scratch / "data" / f"{name}-{chosen.scale}"
    if not source.exists():
        half = source.with_name(f"{source.name}.half")
        shutil.rmtree(half, ignore_errors=True)
        command = [sys.executable, "-m", "bench.datasets", name, str(half)]
        subprocess.run([*command, "--scale", str(chosen.scale)], check=True)
        half.rename(source)
    read_all(source)
    return source


def read_all(source: Path) -> None:
    command = f"tar -cf - {shlex.quote(str(source))} 2>/dev/null | cat >/dev/null"  # or tar skips
    subprocess.run(["sh", "-c", command], check=True)


def change_data(name: str, source: Path) -> None:
    """Each round changes the same files once more."""
    command = [sys.executable, "-m", "bench.datasets", "--change", name, str(source)]
    subprocess.run(command, check=True)


def run_step(tool: Tool, step: str, restore_to: Path) -> measuring.Cost:
    if step != "restore":
        return tool.backup()
    target = restore_to / f"bench-restore-{tool.name}"
    shutil.rmtree(target, ignore_errors=True)
    try:
        cost = tool.restore(target)
        check_restored(tool, target)
    finally:
        shutil.rmtree(target, ignore_errors=True)
    return cost


def check_restored(tool: Tool, target: Path) -> None:
    """A restore that left something out is no result."""
    before, after = measuring.folder_bytes(tool.source), measuring.folder_bytes(target)
    if before != after:
        raise measuring.StepFailed(f"{tool.name} restored {after} of {before} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    commands = parser.add_subparsers(required=True)
    running = commands.add_parser("run", help="measure")
    running.add_argument(
        "--scratch", type=Path, required=True, help="a folder for state, and for data, which stays"
    )
    running.add_argument("--restore-to", type=Path, default=Path("/dev/shm"))
    running.add_argument("--sets", default="small,big", help=", ".join(SETS))
    running.add_argument("--tools", default="csb,restic,restic-fastest,borg")
    running.add_argument("--rounds", type=int, default=3)
    running.add_argument("--scale", type=float, default=1.0)
    running.add_argument("--results", type=Path, default=Path("bench-results.jsonl"))
    running.add_argument("--restic", default=shutil.which("restic") or "restic")
    running.add_argument("--rest-server", default=shutil.which("rest-server") or "rest-server")
    running.add_argument("--borg", default=shutil.which("borg") or "borg")
    running.set_defaults(action=run)
    printing = commands.add_parser("table", help="print the table of earlier runs")
    printing.add_argument("results", type=Path)
    printing.set_defaults(action=lambda chosen: print_table(chosen.results))
    chosen = parser.parse_args()
    chosen.action(chosen)


if __name__ == "__main__":
    main()
