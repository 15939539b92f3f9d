"""What a change of settings does, in words for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from csbackup.client.cli.output import count, lasting, printable, size
from csbackup.rules.narrowing import Effect, EffectKind

_WORDS: dict[EffectKind, str] = {
    "folder-added": "{detail} is backed up",
    "folder-removed": "{detail} is no longer backed up",
    "nothing-left": "nothing is backed up any more",
    "one-file-system": "other file systems below the folders are left out",
    "all-file-systems": "other file systems below the folders are backed up too",
    "pattern-added": "{detail} is left out",
    "pattern-removed": "{detail} is not left out any more",
    "patterns-reordered": "the exclusions have another order",
    "defaults-on": "caches, trash and the like are left out",
    "defaults-off": "caches, trash and the like are backed up too",
    "rarer": "a backup every {after}, not every {before}",
    "oftener": "a backup every {after}, not every {before}",
    "continuous-on": "a backup soon after each change",
    "continuous-off": "no backup soon after each change any more",
    "quiet-longer": "{after} of quiet a week, not {before}",
    "quiet-shorter": "{after} of quiet a week, not {before}",
    "quiet-moved": "quiet at other times: {after} a week, not {before}",
    "battery-on": "backups on battery too",
    "battery-off": "no backups on battery",
    "battery-higher": "on battery only above {after}, not {before}",
    "battery-lower": "on battery above {after}, not {before}",
    "metered-on": "backups over metered links too",
    "metered-off": "no backups over metered links",
    "slower": "sending is slower at times: {after} at least",
    "faster": "sending is faster at times: {after} at least",
    "rates-moved": "sending is faster and slower at other times",
    "download-slower": "receiving is limited to {after}",
    "download-faster": "receiving may take {after}",
    "priority-low": "other programs go first",
    "priority-usual": "other programs do not go first any more",
}


def sentence(effect: Effect) -> str:
    """One effect; what narrows is marked with a `-`, all else with a `+`."""
    words = _WORDS[effect.kind].format(
        detail=printable(effect.detail.encode(errors="surrogateescape")),
        before=_quantity(effect.kind, effect.was),
        after=_quantity(effect.kind, effect.becomes),
    )
    return f"{'-' if effect.narrows else '+'} {words}"


def sentences(effects: Iterable[Effect]) -> list[str]:
    return [sentence(effect) for effect in effects]


def _quantity(kind: EffectKind, value: float | None) -> str:
    if kind.startswith("battery"):
        return f"{value or 0:.0f} %"
    if kind in ("slower", "faster", "download-slower", "download-faster"):
        return "as much as goes" if value is None else f"{size(value)}/s"
    if kind in ("rarer", "oftener"):
        return lasting((value or 0) * 60)
    return count(round((value or 0) / 60), "hour")
