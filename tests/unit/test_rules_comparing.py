"""What it means that an entry changed."""

from __future__ import annotations

from typing import Any

import pytest

from csbackup.format.tree import FILE, FOLDER, SYMLINK, Entry
from csbackup.rules.comparing import change_between, differing, version_change

BEFORE = Entry(b"a", FILE, 10, 1, 0o644, 1, 2, b"anna", b"staff", bytes(32))
FOLDER_BEFORE = Entry(b"a", FOLDER, 0, 1, 0o755, 1, 2, b"anna", b"staff", bytes(32), 3, 30)


@pytest.mark.parametrize(
    ("fields", "change", "names"),
    [
        ({}, None, ()),
        ({"content": b"x" * 32}, "changed", ("content",)),
        ({"content": bytes(64), "size": 20}, "changed", ("content", "size")),
        ({"mtime_ns": 2}, "metadata", ("time",)),
        ({"mode": 0o600}, "metadata", ("mode",)),
        ({"uid": 7, "owner": b"bert"}, "metadata", ("owner",)),
        ({"group": b"users"}, "metadata", ("owner",)),
        ({"extras": bytes(32)}, "metadata", ("attributes",)),
        ({"kind": SYMLINK, "content": b"", "size": 0}, "changed", ("kind", "content", "size")),
    ],
)
def test_a_version_says_what_is_different(
    fields: dict[str, Any], change: str | None, names: tuple[str, ...]
) -> None:
    after = BEFORE._replace(**fields)

    assert version_change(BEFORE, after) == change_between(BEFORE, after) == change
    assert differing(BEFORE, after) == names


def test_a_folder_is_another_version_when_something_in_it_is() -> None:
    after = FOLDER_BEFORE._replace(content=b"x" * 32, subtree_bytes=40)

    assert version_change(FOLDER_BEFORE, after) == "changed"
    assert change_between(FOLDER_BEFORE, after) is None
    assert differing(FOLDER_BEFORE, after) == ("content", "size")


def test_what_comes_is_added_and_what_goes_is_removed() -> None:
    assert version_change(None, BEFORE) == "added"
    assert version_change(BEFORE, None) == "removed"
    assert version_change(None, None) is None
