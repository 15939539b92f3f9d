"""Which release a client may become."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbackup.format.releases import Manifest, ReleaseFile, Version
from csbackup.rules.releases import Standing, judge_release, refusal

NOW = 1_800_000_000_000_000_000
DAY = 86_400 * 1_000_000_000
FIRST, SPARE, THIRD = b"1" * 32, b"2" * 32, b"3" * 32
MANIFEST = Manifest(
    version=Version(1, 2, 0),
    released_ns=NOW - DAY,
    expires_ns=NOW + DAY,
    min_version=Version(1, 0, 0),
    files={"linux-amd64": ReleaseFile("csb.tar.xz", 1, "ab" * 32)},
)
STANDING = Standing((FIRST, SPARE), Version(1, 1, 0), Version(1, 1, 0), "linux-amd64")


@pytest.mark.parametrize("signers", [{FIRST}, {SPARE}, {FIRST, SPARE}])
def test_a_newer_release_signed_by_either_key_is_taken(signers: set[bytes]) -> None:
    verdict = judge_release(MANIFEST, signers, STANDING, NOW)

    assert verdict.is_taken
    assert verdict.keys == (FIRST, SPARE)
    assert refusal(verdict) is None


@pytest.mark.parametrize(
    ("reason", "manifest", "standing", "signers"),
    [
        ("unpinned", {}, {"pinned": ()}, {FIRST}),
        ("unsigned", {}, {}, set()),
        ("unsigned", {}, {}, {THIRD}),
        ("keys-unproved", {"keys": (SPARE, THIRD)}, {}, {FIRST}),
        ("keys-unproved", {"keys": (SPARE, THIRD)}, {}, {SPARE, THIRD}),
        ("expired", {"expires_ns": NOW}, {}, {FIRST}),
        ("channel", {"channel": "beta"}, {}, {FIRST}),
        ("older", {"version": Version(1, 0, 9)}, {}, {FIRST, SPARE}),
        ("older", {}, {"newest": Version(1, 3, 0)}, {FIRST, SPARE}),
        ("same", {"version": Version(1, 1, 0)}, {}, {FIRST}),
        ("step", {"min_version": Version(1, 1, 1)}, {}, {FIRST}),
        ("target", {}, {"target": "windows-amd64"}, {FIRST}),
    ],
)
def test_a_release_is_refused_with_its_reason(
    reason: str, manifest: dict[str, Any], standing: dict[str, Any], signers: set[bytes]
) -> None:
    verdict = judge_release(
        replace(MANIFEST, **manifest), signers, replace(STANDING, **standing), NOW
    )

    assert verdict.reasons == (reason,)
    assert (refusal(verdict) is None) == (reason == "same")


def test_new_keys_are_pinned_once_both_old_ones_signed_them() -> None:
    rotated = replace(MANIFEST, keys=(SPARE, THIRD))

    verdict = judge_release(rotated, {FIRST, SPARE}, STANDING, NOW)

    assert verdict.is_taken
    assert verdict.keys == (SPARE, THIRD)


def test_who_pins_the_new_keys_already_needs_no_old_one() -> None:
    rotated = replace(MANIFEST, keys=(THIRD, SPARE))
    standing = replace(STANDING, pinned=(SPARE, THIRD))

    assert judge_release(rotated, {THIRD}, standing, NOW).is_taken


versions = st.builds(Version, *[st.integers(0, 3)] * 3)


@given(versions, versions, versions)
def test_nothing_older_than_what_ever_ran_here_is_taken(
    offered: Version, running: Version, newest: Version
) -> None:
    manifest = replace(MANIFEST, version=offered, min_version=Version(0, 0, 0))
    standing = replace(STANDING, running=running, newest=newest)

    verdict = judge_release(manifest, {FIRST, SPARE}, standing, NOW)

    assert verdict.is_taken == (offered > running and offered >= newest)
