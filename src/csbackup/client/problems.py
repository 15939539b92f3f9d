"""What a run could not do, with the words of it; the run goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from csbackup.protocol.adapter import Hex
from csbackup.rules.problem_classes import ADVICE, ProblemClass, advice_on

SAMPLES = 6
_FOLDERED = 4  # so many of one folder are told as that folder


@dataclass(frozen=True, slots=True)
class Problem:
    """One file, folder or root, and what is wrong with it. `kind`: its class, as people search it.

    The path is empty where the problem is the whole run's.
    """

    kind: ProblemClass
    path: bytes
    message: str
    ignored: bool = False

    def to_json(self) -> dict[str, Any]:
        """`path_hex` stands beside the path only where that is not text."""
        path = self.path.decode(errors="replace")
        described = {
            "class": self.kind,
            "path": path,
            "message": self.message,
            "ignored": self.ignored,
            "advice": advice_on(self.kind).advice,
        }
        if path.encode() != self.path:
            described["path_hex"] = self.path.hex()
        return described


@dataclass(frozen=True, slots=True)
class Sample:
    """One place with problems of one class; `number` of them when it stands for a whole folder."""

    path: Hex
    message: str
    number: int = 1


@dataclass(frozen=True, slots=True)
class Group:
    """All problems of one class."""

    kind: str
    number: int
    samples: tuple[Sample, ...]


def grouped(
    problems: Iterable[Problem], counts: Mapping[str, int] | None = None
) -> tuple[Group, ...]:
    """By class, the most serious first. `counts` where `problems` are only the first of many."""
    by_class: dict[str, list[Problem]] = {}
    for problem in problems:
        if not problem.ignored:
            by_class.setdefault(problem.kind, []).append(problem)
    return tuple(
        Group(kind, max(len(several), (counts or {}).get(kind, 0)), _samples(several))
        for kind, several in sorted(by_class.items(), key=_how_serious)
    )


def _how_serious(group: tuple[str, Sequence[Problem]]) -> int:
    order = list(ADVICE)
    return next((at for at, kind in enumerate(order) if kind == group[0]), len(order))


def _samples(problems: Sequence[Problem]) -> tuple[Sample, ...]:
    """Many of one folder become one line; the others stay as they are."""
    by_folder: dict[bytes, list[Problem]] = {}
    for problem in problems:
        by_folder.setdefault(problem.path.rpartition(b"/")[0], []).append(problem)
    found: list[Sample] = []
    for folder, several in by_folder.items():
        if len(several) >= _FOLDERED:
            found.append(Sample(folder + b"/", several[0].message, len(several)))
        else:
            found += [Sample(problem.path, problem.message) for problem in several]
        if len(found) >= SAMPLES:
            break
    return tuple(found[:SAMPLES])
