"""Whether this machine runs on its battery, and how full that is."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

_SUPPLIES = Path("/sys/class/power_supply")


@dataclass(frozen=True, slots=True)
class Power:
    """`percent`: of the fullest battery; None where there is none, or it does not say."""

    on_battery: bool = False
    percent: int | None = None


def read_power(supplies: Path = _SUPPLIES) -> Power:
    """As sysfs tells it; a machine that says nothing is on mains.

    A battery of a mouse has the scope `Device` and counts for nothing.
    """
    if sys.platform != "linux":
        return Power()
    try:
        folders = sorted(supplies.iterdir())
    except OSError:
        return Power()
    batteries = [one for one in folders if _is_battery(one)]
    discharging = any(_read(one / "status") == "Discharging" for one in batteries)
    plugged = any(_read(one / "online") == "1" for one in folders if one not in batteries)
    charges = [_read(one / "capacity") for one in batteries]
    percents = [min(int(text), 100) for text in charges if text.isascii() and text.isdigit()]
    return Power(discharging and not plugged, max(percents, default=None))


def _is_battery(folder: Path) -> bool:
    return _read(folder / "type") == "Battery" and _read(folder / "scope") != "Device"


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()
    except OSError:
        return ""
