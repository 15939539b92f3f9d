"""How a device is doing, judged by the server: a device that is gone cannot say so itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

State = Literal["never", "running", "ok", "problems", "overdue", "paused", "revoked"]

SECOND = 1_000_000_000
OVERDUE_AFTER_SECONDS = 26 * 3600  # a day, and two hours for a laptop that wakes up late
RUNNING_FOR_SECONDS = 15 * 60  # a running backup is heard of at least so often


@dataclass(frozen=True, slots=True)
class DeviceFacts:
    """What is known of a device. Times are nanoseconds since 1970, by the server's clock."""

    created: int
    revoked: int | None
    last_contact: int | None
    last_snapshot: int | None
    says_running: bool
    problems: int
    coverage: float
    says_paused: bool = False


@dataclass(frozen=True, slots=True)
class DeviceState:
    state: State
    reason: str


def judge_device(facts: DeviceFacts, *, now: int, overdue_after_seconds: int) -> DeviceState:
    """The one state to show for a device, the most urgent first."""
    if facts.revoked is not None:
        return DeviceState("revoked", f"Revoked {_ago(now - facts.revoked)}.")
    if facts.says_running and _is_recent(facts.last_contact, now):
        return DeviceState("running", "A backup is running.")
    if facts.last_snapshot is None:
        return DeviceState("never", f"Enrolled {_ago(now - facts.created)}, no backup yet.")
    age = now - facts.last_snapshot
    if age > overdue_after_seconds * SECOND:
        return DeviceState("overdue", f"The last backup arrived {_ago(age)}.")
    if facts.problems or facts.coverage < 1:
        return DeviceState("problems", _problems(facts))
    if facts.says_paused and _is_recent(facts.last_contact, now):
        return DeviceState("paused", f"Paused by its person. Backed up {_ago(age)}.")
    return DeviceState("ok", f"Backed up {_ago(age)}.")


def _is_recent(contact: int | None, now: int) -> bool:
    return contact is not None and now - contact <= RUNNING_FOR_SECONDS * SECOND


def _problems(facts: DeviceFacts) -> str:
    count = "One problem" if facts.problems == 1 else f"{facts.problems} problems"
    if facts.coverage < 1:
        percent = int(facts.coverage * 1000) / 10  # rounded down: 99.99 % is not all
        return f"{count}; {percent:g} % of what was chosen is backed up."
    return f"{count} in the last backup."


def _ago(nanoseconds: int) -> str:
    seconds = max(0, nanoseconds) // SECOND
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            count = seconds // length
            return f"{count} {unit}{'' if count == 1 else 's'} ago"
    return "just now"
