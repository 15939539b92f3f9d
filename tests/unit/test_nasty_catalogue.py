"""The catalogue of nasty files is large, and the documentation says what it says."""

from __future__ import annotations

from pathlib import Path

from support.nasty_kinds import KINDS
from support.nasty_moments import MOMENTS
from support.nasty_table import committed, count, table
from support.odd_mounts import BESIDE, SCENARIOS, make_files

E2E = Path(__file__).parents[1] / "e2e"


def test_there_are_at_least_eighty_kinds_of_files_alone() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS) >= 80
    assert count() >= 170


def test_the_documentation_has_the_table_as_it_is() -> None:
    assert committed() == table(), "run the command that stands in docs/nasty-files.md"


def test_every_moment_names_a_test_that_is_there() -> None:
    text = (E2E / "test_nasty_moments.py").read_text()

    assert [one.test for one in MOMENTS.values() if f"def test_{one.test}(" not in text] == []


def test_every_scenario_has_its_files_with_ordinary_ones_beside_them() -> None:
    for scenario, kinds in SCENARIOS.items():
        names = [path[1:] for path in make_files(scenario) if path.count("/") == 1 and path != "/"]
        assert names[0] == BESIDE
        assert set(kinds) < set(names)
