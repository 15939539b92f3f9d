"""Whether this device becomes another version now, and why not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from csbackup.format.releases import Version

Action = Literal["nothing", "wait", "update"]
Reason = Literal[
    "not-asked",  # the server names no release
    "current",  # it runs already
    "older",  # a newer one runs, or ran here before
    "off",  # this installation never updates itself
    "went-back",  # it was tried, and given up
    "on-trial",  # what runs now is not known to work yet
    "busy",  # a backup or a restore runs
    "due",
]

WORDS: dict[Reason, str] = {
    "not-asked": "No release is given to this device.",
    "current": "It runs already.",
    "older": "A newer version runs here, or ran here before.",
    "off": "This installation does not update itself.",
    "went-back": "It was tried here and did not work. A newer release will be tried.",
    "on-trial": "The version that runs now is on trial itself.",
    "busy": "A backup runs. It goes first.",
    "due": "It is given to this device.",
}
MOST_TRIES = 3  # of a release that may have failed by accident


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a version was not kept. `final`: it will not be tried again whatever happens."""

    code: str
    tries: int = 1
    final: bool = False

    @property
    def is_given_up(self) -> bool:
        return self.final or self.tries >= MOST_TRIES


@dataclass(frozen=True, slots=True)
class Situation:
    """`wanted`: what the server says. `newest`: the newest version that ever ran here."""

    running: Version
    newest: Version
    wanted: Version | None
    can_update: bool = True
    on_trial: bool = False
    busy: bool = False
    failures: Mapping[Version, Failure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UpdatePlan:
    action: Action
    reason: Reason
    version: Version | None = None

    @property
    def words(self) -> str:
        return WORDS[self.reason]


def plan_update(situation: Situation) -> UpdatePlan:
    """What is to be done about the version that the server names; it is not fetched yet."""
    wanted = situation.wanted
    if wanted is None:
        return UpdatePlan("nothing", "not-asked")
    if wanted == situation.running:
        return UpdatePlan("nothing", "current", wanted)
    if wanted < max(situation.running, situation.newest):
        return UpdatePlan("nothing", "older", wanted)
    if not situation.can_update:
        return UpdatePlan("nothing", "off", wanted)
    failure = situation.failures.get(wanted)
    if failure is not None and failure.is_given_up:
        return UpdatePlan("nothing", "went-back", wanted)
    if situation.on_trial:
        return UpdatePlan("wait", "on-trial", wanted)
    if situation.busy:
        return UpdatePlan("wait", "busy", wanted)
    return UpdatePlan("update", "due", wanted)
