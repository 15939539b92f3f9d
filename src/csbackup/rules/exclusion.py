"""Which files are left out of a backup: gitignore syntax, asked once per name.

A pattern stands for what it means in a `.gitignore` that lies in the root folder. One that begins
with the root's own absolute path means that path. A folder that is left out is never entered, so
nothing below it can be taken in again.

Most names match nothing. A set of plain names and one expression over the last part of the
patterns sort those out; only what is left is shown to pathspec, which decides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pathspec import GitIgnoreSpec

CACHE_TAG = b"CACHEDIR.TAG"
CACHE_TAG_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"

_SPECIAL = str.maketrans({letter: f"\\{letter}" for letter in "\\*?["})
_GLOB = re.compile(r"[*?\[\\]")


@dataclass(frozen=True, slots=True)
class Exclusions:
    """What to leave out below one root.

    `names` and `shapes` are the quick test of a name; what passes it is decided by `spec`.
    """

    spec: GitIgnoreSpec
    names: frozenset[bytes]
    shapes: re.Pattern[bytes] | None

    @property
    def empty(self) -> bool:
        return not self.names and self.shapes is None

    def may_match(self, name: bytes) -> bool:
        return name in self.names or (
            self.shapes is not None and self.shapes.match(name) is not None
        )

    def excludes(self, path: bytes, *, folder: bool) -> bool:
        """`path`: below the root, without a slash at its beginning."""
        text = path.decode("utf-8", "surrogateescape")
        return bool(self.spec.match_file(text + "/" if folder else text))


def exclusions_of(
    root: bytes, patterns: Iterable[str], *, places: Iterable[str] = ()
) -> Exclusions:
    """The exclusions below `root`. `places`: patterns of absolute paths, unheeded elsewhere."""
    base = root.decode("utf-8", "surrogateescape").rstrip("/") + "/"
    lines = [*_below(base, places), *(_relative(base, pattern) for pattern in patterns)]
    spec = GitIgnoreSpec.from_lines(lines)
    names, shapes = _quick_test([line for line in lines if _says_something(line)])
    return Exclusions(spec, names, shapes)


def check_pattern(pattern: str) -> str | None:
    """Why `pattern` is not valid gitignore syntax, or None."""
    try:
        GitIgnoreSpec.from_lines([pattern])
    except (ValueError, re.error):
        return "it is no pattern as in .gitignore"
    return None if _says_something(pattern) else "it is empty, or a comment"


def pattern_of_place(path: bytes, roots: Sequence[bytes], *, folder: bool) -> str:
    """The pattern that leaves out one place; empty where none can be typed."""
    try:
        text = path.decode()
        root = max((root for root in roots if _is_below(path, root)), key=len).decode()
    except (UnicodeDecodeError, ValueError):
        return ""
    if not text.isprintable():
        return ""
    rest = text[len(root.rstrip("/")) + 1 :].translate(_SPECIAL)
    rest = rest[:-1] + "\\ " if rest.endswith(" ") else rest
    ending = "/" if folder else ""
    pattern = f"{root.rstrip('/')}/{rest}{ending}"
    return f"/{rest}{ending}" if check_pattern(pattern) else pattern


def _is_below(path: bytes, root: bytes) -> bool:
    return path.startswith(root.rstrip(b"/") + b"/")


def _below(base: str, places: Iterable[str]) -> list[str]:
    return ["/" + place[len(base) :] for place in places if place.startswith(base)]


def _relative(base: str, pattern: str) -> str:
    no, bare = ("!", pattern[1:]) if pattern.startswith("!") else ("", pattern)
    return f"{no}/{bare[len(base) :]}" if bare.startswith(base) else pattern


def _says_something(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _quick_test(lines: Sequence[str]) -> tuple[frozenset[bytes], re.Pattern[bytes] | None]:
    """From the patterns that exclude: those that take back never make a name suspicious."""
    names = set()
    shapes = set()
    for line in lines:
        if line.startswith("!"):
            continue
        last = line.rstrip().rstrip("/").rpartition("/")[2]
        if _GLOB.search(last):
            shapes.add(_shape(last))
        else:
            names.add(last.encode("utf-8", "surrogateescape"))
    joined = b"|".join(sorted(shapes))
    return frozenset(names), re.compile(joined, re.DOTALL) if joined else None


def _shape(glob: str) -> bytes:
    """An expression that matches at least what `glob` matches."""
    start = re.split(r"[*?\[\\]", glob, maxsplit=1)[0]
    end = "" if "\\" in glob or "[" in glob else re.split(r"[*?]", glob)[-1]
    quoted = [re.escape(part.encode("utf-8", "surrogateescape")) for part in (start, end)]
    return quoted[0] + b".*" + quoted[1] + (rb"\Z" if end else b"")
