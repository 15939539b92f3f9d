"""Which restore orders a device may carry out by itself, and for which a person there must agree.

Whoever has the account's keys, or a page that was typed a password into, can sign any order and
make up any device. So what is written unasked is only what this device itself backed up and signed,
where it was or into a new folder, and beside what is there: nothing runs because it appeared.
"""

from __future__ import annotations

from typing import Literal

from csbackup.format.orders import Order

Reason = Literal["replaces", "foreign", "there", "hidden"]

WORDS: dict[Reason, str] = {
    "replaces": "it replaces files that are there",
    "foreign": "what it writes was not backed up by this device with the keys it has now",
    "there": "the folder that it writes to is there already",
    "hidden": "it writes into a hidden folder",
}


def reasons_to_ask(order: Order, *, signed_here: bool, target_is_there: bool) -> tuple[Reason, ...]:
    """Why a person at the device has to agree; empty when nobody has to.

    `signed_here`: the snapshot holds under the key that this device signs with now.
    """
    target = order.target
    hidden = any(part.startswith(b".") for part in target.split(b"/"))
    found: dict[Reason, bool] = {
        "replaces": order.overwrite,
        "foreign": not signed_here,
        "there": bool(target) and target_is_there,
        "hidden": hidden,
    }
    return tuple(reason for reason, holds in found.items() if holds)


def sentence(reasons: tuple[Reason, ...]) -> str:
    """The reasons for people, as one sentence."""
    text = "; ".join(WORDS[reason] for reason in reasons)
    return f"A person at the device has to agree: {text}."
