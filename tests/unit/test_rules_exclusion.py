from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pathspec import GitIgnoreSpec

from csbackup.client.platform.defaults import default_patterns, default_places
from csbackup.rules.exclusion import Exclusions, check_pattern, exclusions_of

ROOT = b"/home/ada"


def excluded(rules: Exclusions, path: str, *, folder: bool = False) -> bool:
    name = path.rpartition("/")[2].encode()
    return rules.may_match(name) and rules.excludes(path.encode(), folder=folder)


def test_a_plain_name_is_left_out_wherever_it_stands() -> None:
    rules = exclusions_of(ROOT, ["node_modules/"])

    assert excluded(rules, "a/b/node_modules", folder=True)
    assert not excluded(rules, "a/b/node_modules")


def test_a_pattern_with_the_roots_own_path_means_that_path() -> None:
    rules = exclusions_of(ROOT, ["/home/ada/Downloads"])

    assert excluded(rules, "Downloads")
    assert not excluded(rules, "more/Downloads")


def test_a_later_pattern_takes_back() -> None:
    rules = exclusions_of(ROOT, ["*.log", "!keep.log", "!/home/ada/also.log"])

    assert excluded(rules, "a.log")
    assert not excluded(rules, "keep.log")
    assert not excluded(rules, "also.log")


def test_places_count_below_their_root_only() -> None:
    places = ["/proc/*"]

    assert excluded(exclusions_of(b"/", [], places=places), "proc/1", folder=True)
    assert not excluded(exclusions_of(ROOT, [], places=places), "proc/1", folder=True)


def test_a_folder_for_temporary_files_can_be_a_root_itself() -> None:
    rules = exclusions_of(b"/tmp/mine", default_patterns("linux"), places=default_places("linux"))

    assert not excluded(rules, "file")


@pytest.mark.parametrize("pattern", ["", "   ", "# a comment"])
def test_a_pattern_that_says_nothing_is_told(pattern: str) -> None:
    assert check_pattern(pattern) is not None


def test_a_valid_pattern_has_nothing_to_be_told() -> None:
    assert check_pattern("*.iso") is None


PIECES = st.sampled_from(["a", "b", "ab", "*", "a*", "*b", "?", "[ab]", "**", "a?b", r"\*"])
PATTERNS = st.lists(
    st.builds(
        lambda no, start, parts, end: no + start + "/".join(parts) + end,
        st.sampled_from(["", "", "!"]),
        st.sampled_from(["", "/"]),
        st.lists(PIECES, min_size=1, max_size=3),
        st.sampled_from(["", "/"]),
    ),
    max_size=4,
)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", "aab", "*"]), min_size=1, max_size=4)


@given(PATTERNS, PATHS, st.booleans())
def test_the_quick_test_never_hides_what_pathspec_would_exclude(
    patterns: list[str], parts: list[str], folder: bool
) -> None:
    """Asked for each folder on the way, as the scan does."""
    rules = exclusions_of(ROOT, patterns)
    plain = GitIgnoreSpec.from_lines(patterns)

    for length in range(1, len(parts) + 1):
        path = "/".join(parts[:length])
        is_folder = folder or length < len(parts)
        expected = bool(plain.match_file(path + "/" * is_folder))
        assert excluded(rules, path, folder=is_folder) == expected
        if expected:
            return
