"""What a device backs up, what it leaves out, when, and how hard it may try: in four parts.

A change names the parts it is about, and nothing else. It was made by somebody who saw the settings
as they were (`base`). What has become different on the device meanwhile stays, as far as it does
not contradict: see `merge`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Annotated, Literal, TypeVar, cast

from csbackup.rules.limits import Limits
from csbackup.rules.schedule import Schedule

Path = Annotated[bytes, "base64"]  # exact bytes
Part = Literal["folders", "exclusions", "schedule", "limits"]
PARTS: tuple[Part, ...] = ("folders", "exclusions", "schedule", "limits")
HOME = b"~"  # where the person's own folder is meant, whatever it is called on the device

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Folders:
    """What is backed up: whole paths of folders and files."""

    roots: tuple[Path, ...] = ()
    one_file_system: bool = False


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What is left out: patterns as in .gitignore, and whether caches, trash and the like are."""

    patterns: tuple[str, ...] = ()
    defaults: bool = True


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """The settings of a device's source, whole."""

    folders: Folders = Folders()
    exclusions: LeftOut = LeftOut()
    schedule: Schedule = Schedule()
    limits: Limits = Limits()


@dataclass(frozen=True, slots=True)
class SourceChange:
    """The parts that are to be so from now on; what is null stays as it is."""

    folders: Folders | None = None
    exclusions: LeftOut | None = None
    schedule: Schedule | None = None
    limits: Limits | None = None

    @property
    def parts(self) -> tuple[Part, ...]:
        return tuple(part for part in PARTS if getattr(self, part) is not None)


def changed(settings: SourceSettings, change: SourceChange) -> SourceSettings:
    """The settings with the parts of a change in place of their own."""
    return replace(settings, **{part: getattr(change, part) for part in change.parts})


def parts_that_differ(one: SourceSettings, other: SourceSettings) -> tuple[Part, ...]:
    return tuple(part for part in PARTS if getattr(one, part) != getattr(other, part))


def difference(base: SourceSettings, wanted: SourceSettings) -> SourceChange:
    """The change that leads from one to the other."""
    differing = parts_that_differ(base, wanted)
    return SourceChange(**{part: getattr(wanted, part) for part in differing})


def merge(base: SourceSettings, wanted: SourceSettings, own: SourceSettings) -> SourceSettings:
    """`own` with what was changed from `base` to `wanted`.

    What was added is added, what was taken away is taken away, and what neither side touched stays:
    a folder that a person chose on the device meanwhile is not lost.
    """
    return SourceSettings(
        folders=_merge_values(base.folders, wanted.folders, own.folders),
        exclusions=_merge_values(base.exclusions, wanted.exclusions, own.exclusions),
        schedule=_merge_values(base.schedule, wanted.schedule, own.schedule),
        limits=_merge_values(base.limits, wanted.limits, own.limits),
    )


def _merge_values(base: Value, wanted: Value, own: Value) -> Value:
    """Field by field: lists of texts as sets that keep their order, all else as a whole."""
    merged = {
        field.name: _merge_field(*(getattr(one, field.name) for one in (base, wanted, own)))
        for field in fields(cast("type", type(base)))
    }
    return type(base)(**merged)


def _merge_field(base: object, wanted: object, own: object) -> object:
    if base == wanted:
        return own
    if _is_list_of_texts(base) and _is_list_of_texts(wanted) and _is_list_of_texts(own):
        return _merge_lists(
            cast("Sequence[object]", base),
            cast("Sequence[object]", wanted),
            cast("Sequence[object]", own),
        )
    return wanted


def _is_list_of_texts(value: object) -> bool:
    return isinstance(value, tuple) and all(isinstance(one, (bytes, str)) for one in value)


def _merge_lists(
    base: Sequence[object], wanted: Sequence[object], own: Sequence[object]
) -> tuple[object, ...]:
    """As `wanted`, without what the device itself let go since, then what it got since."""
    kept = (one for one in wanted if one in own or one not in base)
    return (*kept, *(one for one in own if one not in wanted and one not in base))


def with_home(folders: Folders, home: bytes) -> Folders:
    """The folders in their one spelling: `~` as what it stands for on a device, where that is
    known, no slash at the end, each once."""
    roots = dict.fromkeys(_spelled(root, home) for root in folders.roots)
    return replace(folders, roots=tuple(roots))


def _spelled(root: bytes, home: bytes) -> bytes:
    plain = root.rstrip(b"/") or root[:1]
    if home and (plain == HOME or plain.startswith(HOME + b"/")):
        return (home.rstrip(b"/") + plain[1:]) or b"/"
    return plain
