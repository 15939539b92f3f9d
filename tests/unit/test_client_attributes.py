"""Holes: where a file has data, and what becomes of more extents than can be kept."""

from __future__ import annotations

import os
from pathlib import Path

from csbackup.client.platform.attributes import join_extents, read_extents

GIBIBYTE = 1024**3


def extents_of(path: Path) -> tuple[tuple[int, int], ...] | None:
    handle = os.open(path, os.O_RDONLY)
    try:
        return read_extents(handle, os.fstat(handle).st_size)
    finally:
        os.close(handle)


def write_at(path: Path, offsets: range) -> None:
    with path.open("wb") as file:
        for offset in offsets:
            os.pwrite(file.fileno(), b"data", offset)
        file.truncate(offsets[-1] + 1_000_000)


def test_the_data_of_a_file_with_holes_is_found(tmp_path: Path) -> None:
    write_at(tmp_path / "f", range(1_048_576, 4 * 1_048_576, 1_048_576))

    assert extents_of(tmp_path / "f") == ((1_048_576, 4096), (2_097_152, 4096), (3_145_728, 4096))


def test_a_file_of_holes_only_has_no_extent(tmp_path: Path) -> None:
    with (tmp_path / "f").open("wb") as file:
        file.truncate(GIBIBYTE)

    assert extents_of(tmp_path / "f") == ()


def test_a_file_without_holes_has_none_to_keep(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(bytes(200_000))

    assert extents_of(tmp_path / "f") is None


def test_of_too_many_extents_those_near_each_other_become_one(tmp_path: Path) -> None:
    """Every second block of the beginning, and one far away: the long hole has to stay."""
    write_at(tmp_path / "f", range(0, 120_000 * 8192, 8192))
    with (tmp_path / "f").open("r+b") as file:
        os.pwrite(file.fileno(), b"far", 1000 * GIBIBYTE)

    found = extents_of(tmp_path / "f")

    assert found is not None
    assert len(found) <= 100_000
    assert found[-1] == (1000 * GIBIBYTE, 3)
    assert sum(length for _, length in found) < 2 * GIBIBYTE


def test_extents_are_joined_across_small_holes_only() -> None:
    assert join_extents([(0, 10), (12, 8), (40, 5)], 4) == [(0, 20), (40, 5)]
    assert join_extents([(0, 10), (14, 6)], 4) == [(0, 10), (14, 6)]
    assert join_extents([], 4) == []
