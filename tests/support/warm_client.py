"""`csb`, started many times without waiting for Python each time: a process that has it loaded
forks one for each command. It measures the memory that each took at most.

A process takes over the peak of the one that it was forked from, which is why a test does not
start these itself: a test that made a bomb is large.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from csbackup.client.cli import account, backup, browse, main, orders, restore, status

LOADED = (account, backup, browse, orders, restore, status)
RUN_SECONDS = 60


@dataclass(frozen=True)
class Outcome:
    """How a command ended, and what it took."""

    code: int
    out: str
    err: str
    peak_bytes: int

    @property
    def said(self) -> str:
        return self.out + self.err

    @property
    def named(self) -> set[str]:
        """The codes of what was detected: of the failure, or of each problem."""
        found: Any = json.loads(self.out) if self.out else {}
        if not isinstance(found, dict):
            return set()
        if isinstance(found.get("failure"), dict):
            return {found["failure"]["code"]}
        problems = found.get("problems", ())
        return {one["class"] for one in problems} if isinstance(problems, list) else set()


class WarmClient:
    """Runs commands until it is left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        support = str(Path(__file__).parents[1])
        self._process = subprocess.Popen(
            [sys.executable, "-m", "support.warm_client"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=dict(os.environ) | {"PYTHONPATH": support},
        )

    def __enter__(self) -> WarmClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        problem: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(RUN_SECONDS)
        self._process.stdout.close()

    def run(self, arguments: Sequence[str], environment: Mapping[str, str]) -> Outcome:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        out, err = self._folder / "out.txt", self._folder / "err.txt"
        order = {"arguments": list(arguments), "environment": dict(environment)}
        self._process.stdin.write(json.dumps(order | {"out": str(out), "err": str(err)}) + "\n")
        self._process.stdin.flush()
        code, peak = json.loads(self._process.stdout.readline())
        said = [path.read_text(errors="replace") for path in (out, err)]
        return Outcome(code, said[0], said[1], peak)


def _serve() -> None:
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if not child:
            _become(order)
        _, status_of_child, usage = os.wait4(child, 0)
        print(json.dumps([os.waitstatus_to_exitcode(status_of_child), usage.ru_maxrss * 1024]))
        sys.stdout.flush()


def _become(order: dict[str, Any]) -> None:
    """The command, in a process of its own that ends with it."""
    signal.alarm(RUN_SECONDS)  # a command that a lie holds for ever ends the test, not the suite
    os.environ.clear()
    os.environ.update(order["environment"])
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    for number, name in ((1, order["out"]), (2, order["err"])):
        file = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(file, number)
    sys.argv = ["csb", *order["arguments"]]
    main()


if __name__ == "__main__":
    _serve()
