"""Sets of catalog numbers as bits."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from csbackup.server.catalog.marks import Marks, unpack_marks

NUMBERS = st.sets(st.integers(0, 100_000), max_size=200)


@given(NUMBERS, NUMBERS)
def test_what_was_added_is_in_it_and_nothing_else(numbers: set[int], others: set[int]) -> None:
    marks = Marks()
    marks.update(numbers)

    again = unpack_marks(marks.pack())

    assert list(again) == sorted(numbers)
    assert {number for number in others if number in again} == others & numbers


def test_adding_says_whether_it_is_new() -> None:
    marks = Marks()

    assert [marks.add(number) for number in (9, 9, 70_000, 9)] == [True, False, True, False]


def test_a_million_numbers_in_a_row_take_little() -> None:
    marks = Marks()
    marks.update(range(1_000_000))

    assert len(marks.pack()) < 10_000
