"""Bounds of settings that come from elsewhere: the server checks what people send it, the device
what the server sends. What a person types on the device itself is their own business.

They keep a hostile server from making a device walk for ever, or compare each name with a million
patterns; less than that it can have anyway, by not taking backups at all.
"""

from __future__ import annotations

from collections.abc import Iterator

from csbackup.rules.exclusion import check_pattern
from csbackup.rules.limits import check_limits
from csbackup.rules.schedule import check_schedule
from csbackup.rules.source import Folders, LeftOut, SourceSettings

MOST_ROOTS = 500
LONGEST_ROOT = 4096
MOST_PATTERNS = 1000
LONGEST_PATTERN = 1000
MOST_STARS = 4  # in one part of a pattern: with more, a comparison may take for ever
_SHOWN = 80
_NOTHING = SourceSettings()


def problems_of(settings: SourceSettings, *, known: SourceSettings = _NOTHING) -> tuple[str, ...]:
    """What is wrong with these settings, in sentences; empty when nothing is.

    What the device has already (`known`) may be out of bounds: a person chose it there.
    """
    found = [
        *_of_folders(settings.folders, known.folders),
        *_of_exclusions(settings.exclusions, known.exclusions),
    ]
    if why := check_schedule(settings.schedule):
        found.append(f"The schedule cannot be kept: {why}.")
    if why := check_limits(settings.limits):
        found.append(f"The limits cannot be kept: {why}.")
    return tuple(found)


def _of_folders(folders: Folders, known: Folders) -> Iterator[str]:
    if len(folders.roots) > max(MOST_ROOTS, len(known.roots)):
        yield f"There are more than {MOST_ROOTS} folders."
        return
    if len(set(folders.roots)) < len(folders.roots):
        yield "A folder is named twice."
    had = set(known.roots)
    for root in folders.roots:
        if root not in had and (why := check_root(root)):
            yield f"`{root[:_SHOWN].decode(errors='replace')}` {why}"


def check_root(root: bytes) -> str:
    """Why this cannot be backed up, as the end of a sentence; empty when it can."""
    if not root or len(root) > LONGEST_ROOT:
        return f"is no path: it has 1 to {LONGEST_ROOT} bytes."
    if not _is_whole(root):
        return "is no whole path: it begins with `/`, or with `~/` for the person's own folder."
    if b"\0" in root or any(part in (b".", b"..") for part in root.split(b"/")):
        return "is no plain path: write it without `.` and `..`."
    return ""


def _is_whole(root: bytes) -> bool:
    windows = len(root) > 2 and root[:1].isalpha() and root[1:3] in (b":\\", b":/")
    return root.startswith((b"/", b"~/", b"\\\\")) or root == b"~" or windows


def _of_exclusions(exclusions: LeftOut, known: LeftOut) -> Iterator[str]:
    if len(exclusions.patterns) > max(MOST_PATTERNS, len(known.patterns)):
        yield f"There are more than {MOST_PATTERNS} exclusions."
        return
    had = set(known.patterns)
    for pattern in exclusions.patterns:
        if pattern not in had and (why := _check_pattern(pattern)):
            yield f"`{pattern[:_SHOWN]}` cannot be excluded: {why}."


def _check_pattern(pattern: str) -> str:
    if len(pattern) > LONGEST_PATTERN:
        return f"it is longer than {LONGEST_PATTERN} characters"
    if "\n" in pattern or "\r" in pattern or "\0" in pattern:
        return "it is more than one line"
    if any(part.count("*") > MOST_STARS for part in pattern.split("/")):
        return f"it has more than {MOST_STARS} stars in one part"
    if pattern.split("/").count("**") > MOST_STARS:
        return f"it has more than {MOST_STARS} times `**`"
    return check_pattern(pattern) or ""
