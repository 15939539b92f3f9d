"""Who gets a release: first devices, then all; whoever went back from it does not get it again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from csbackup.errors import Malformed
from csbackup.format.ids import DeviceId
from csbackup.format.releases import Version, read_version

Stage = Literal["off", "first", "all"]
Standing = Literal[
    "none",  # there is no rollout, or it is paused
    "runs-it",  # and has said so
    "newer",  # it runs a newer one
    "given",  # it is told to, and has not come to it
    "trying",  # it is told to, and has begun
    "failed",  # it is told to, and could not install it so far
    "went-back",  # it ran it, and went back to the one before
    "not-yet",  # the stage has not come to it
    "held",  # too many others went back
    "no-bundle",  # the release has none for this machine
    "too-old",  # the release cannot follow the version that runs there
    "by-hand",  # it never updates itself
    "silent",  # it has not said for which machine it needs a bundle
    "gone",  # revoked
]
Update = Literal["ready", "trying", "failed", "rolled-back", "off"]

HOUR = 3600 * 1_000_000_000
HELD_AFTER = 3  # devices that went back
TOLD: frozenset[Standing] = frozenset({"given", "trying", "failed"})


@dataclass(frozen=True, slots=True)
class Target:
    """The release to give, as far as it decides who gets it."""

    version: Version
    min_version: Version
    targets: frozenset[str]


@dataclass(frozen=True, slots=True)
class Rollout:
    """What the admin chose. `target` None: nothing is given, or this server has it no more.

    `automatic_hours`: go on to all when the first ones have run it well for so long.
    """

    target: Target | None = None
    stage: Stage = "off"
    first: frozenset[DeviceId] = field(default_factory=frozenset)
    automatic_hours: int | None = None


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What a device said of itself. `update` and `update_version`: of its last update.

    `runs_since`: when it first said that it runs `version`; 0 where that is not known.
    """

    device: DeviceId
    version: str
    target: str = ""
    revoked: bool = False
    update: Update | None = None
    update_version: str = ""
    runs_since: int = 0


@dataclass(frozen=True, slots=True)
class RolloutVerdict:
    """`goes_on`: when it goes on to all by itself; None where it does not, as far as is known."""

    standings: dict[DeviceId, Standing]
    goes_on: int | None

    def told(self, device: DeviceId) -> bool:
        """Whether the device is told to run the release."""
        return self.standings.get(device) in TOLD


def judge_rollout(rollout: Rollout, devices: Iterable[DeviceFacts]) -> RolloutVerdict:
    """How each device stands with the rollout, and when it goes on by itself."""
    every = list(devices)
    version = str(rollout.target.version) if rollout.target else ""
    back = sum(one.update == "rolled-back" and one.update_version == version for one in every)
    held = is_held(back=back, stayed=sum(one.version == version for one in every))
    standings = {one.device: judge_device(rollout, one, held=held) for one in every}
    return RolloutVerdict(standings, _goes_on(rollout, every, standings))


def judge_device(rollout: Rollout, device: DeviceFacts, *, held: bool) -> Standing:
    """`held`: too many went back, so nobody else begins; the first ones still do."""
    target = rollout.target
    if device.revoked:
        return "gone"
    if target is None:
        return "none"
    running = version_of(device.version)
    if running is not None and running >= target.version:
        return "runs-it" if running == target.version else "newer"
    said = device.update if device.update_version == str(target.version) else None
    if said == "rolled-back":
        return "went-back"
    if rollout.stage == "off":
        return "none"
    return _ability(target, device, running) or _turn(rollout, device, said, held=held)


def _turn(rollout: Rollout, device: DeviceFacts, said: Update | None, *, held: bool) -> Standing:
    """Whether it is this device's turn. `said`: what it said of this very release."""
    is_first = device.device in rollout.first
    if rollout.stage == "first" and not is_first:
        return "not-yet"
    if said in ("trying", "failed"):
        return said
    return "held" if held and not is_first else "given"


def _ability(target: Target, device: DeviceFacts, running: Version | None) -> Standing | None:
    """Why the device cannot become the release at all; None where it can."""
    if device.update == "off":
        return "by-hand"
    if not device.target:
        return "silent"
    if device.target not in target.targets:
        return "no-bundle"
    return "too-old" if running is None or running < target.min_version else None


def is_held(*, back: int, stayed: int) -> bool:
    """Some machine is always odd; several that go back, and as many as stay, are no accident."""
    return back >= HELD_AFTER and back >= stayed


def _goes_on(
    rollout: Rollout, devices: Iterable[DeviceFacts], standings: dict[DeviceId, Standing]
) -> int | None:
    if rollout.stage != "first" or rollout.automatic_hours is None or not rollout.first:
        return None
    first = [one for one in devices if one.device in rollout.first and not one.revoked]
    well = bool(first) and all(standings[one.device] in ("runs-it", "newer") for one in first)
    well = well and all(one.runs_since for one in first)
    if not well or any(standing == "went-back" for standing in standings.values()):
        return None
    return max(one.runs_since for one in first) + rollout.automatic_hours * HOUR


def version_of(text: str) -> Version | None:
    """A device may call its version what it likes."""
    try:
        return read_version(text)
    except Malformed:
        return None
