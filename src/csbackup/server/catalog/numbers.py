"""Sets of catalog numbers as few bytes: sorted, then each as its distance from the one before.

A distance is written in groups of 7 bits, lowest first, the top bit saying that more follow. The
numbers of chunks that were stored one after the other take one byte each.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable
from itertools import chain


def pack_numbers(numbers: Iterable[int]) -> bytes:
    """The numbers, each once, in rising order; they are positive."""
    rising = sorted(set(numbers))
    distances = list(map(operator.sub, rising, chain((0,), rising)))
    if max(distances[1:], default=0) < 128:
        return b"".join((*map(_group, distances[:1]), bytes(distances[1:])))
    return b"".join(map(_group, distances))


def _group(distance: int) -> bytes:
    packed = bytearray()
    while distance > 127:
        packed.append(distance & 127 | 128)
        distance >>= 7
    packed.append(distance)
    return bytes(packed)


def unpack_numbers(packed: bytes) -> list[int]:
    numbers = []
    number = distance = shift = 0
    for group in packed:
        distance |= (group & 127) << shift
        shift += 7
        if group < 128:
            number += distance
            numbers.append(number)
            distance = shift = 0
    return numbers
