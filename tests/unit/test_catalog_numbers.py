"""Catalog numbers in few bytes, and ids found by prefix."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from csbackup.server.catalog.lookup import prefixes
from csbackup.server.catalog.numbers import pack_numbers, unpack_numbers


@given(st.lists(st.integers(1, 2**62)))
def test_packed_numbers_come_back_each_once_in_order(numbers: list[int]) -> None:
    assert unpack_numbers(pack_numbers(numbers)) == sorted(set(numbers))


@given(st.integers(1, 2**62), st.lists(st.integers(1, 200), max_size=50))
def test_numbers_near_each_other_come_back_too(first: int, steps: list[int]) -> None:
    numbers = [first]
    for step in steps:
        numbers.append(numbers[-1] + step)

    assert unpack_numbers(pack_numbers(reversed(numbers))) == numbers


def test_numbers_given_one_after_the_other_take_a_byte_each() -> None:
    assert len(pack_numbers(range(1000, 2000))) == 2 + 999
    assert pack_numbers([]) == b""


@given(st.lists(st.binary(min_size=32, max_size=32)), st.sampled_from([8, 32]))
def test_a_prefix_is_the_first_eight_bytes_as_a_signed_integer(
    ids: list[bytes], width: int
) -> None:
    cut = [one[:width] for one in ids]

    assert prefixes(cut) == [int.from_bytes(one[:8], "big", signed=True) for one in ids]
