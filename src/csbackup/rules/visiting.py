"""What is kept of where somebody signs in: the program and the system, as they call themselves."""

from __future__ import annotations

from dataclasses import dataclass

# In this order: most browsers also claim to be others.
_PROGRAMS = (
    ("csb/", "csb"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrom", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


@dataclass(frozen=True, slots=True)
class Visit:
    """Empty where nothing is known. The whole user agent would tell people apart: it is dropped."""

    program: str = ""
    system: str = ""
    address: str = ""


def visit_of(user_agent: str, address: str) -> Visit:
    return Visit(_first(_PROGRAMS, user_agent), _first(_SYSTEMS, user_agent), address)


def _first(marks: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in marks if mark in text), "")
