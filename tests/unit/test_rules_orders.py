"""Which restore orders need a person at the device."""

from __future__ import annotations

from dataclasses import replace

import pytest

from csbackup.rules.orders import Reason, reasons_to_ask, sentence
from support.order_samples import ORDER


def reasons(
    target: bytes = b"", *, overwrite: bool = False, here: bool = True, there: bool = False
) -> tuple[Reason, ...]:
    order = replace(ORDER, target=target, overwrite=overwrite)
    return reasons_to_ask(order, signed_here=here, target_is_there=there)


def test_what_the_device_backed_up_itself_comes_back_unasked_beside_what_is_there() -> None:
    assert reasons() == ()
    assert reasons(b"/home/ada/back") == ()


def test_replacing_files_needs_a_person() -> None:
    assert reasons(overwrite=True) == ("replaces",)


def test_what_another_device_or_another_key_signed_needs_a_person() -> None:
    assert reasons(here=False) == ("foreign",)


def test_a_folder_that_is_there_needs_a_person() -> None:
    assert reasons(b"/etc/cron.d", there=True) == ("there",)


@pytest.mark.parametrize("target", [b"/home/ada/.config/autostart", b"/.x", b"/a/.b/c"])
def test_a_hidden_folder_needs_a_person(target: bytes) -> None:
    assert reasons(target) == ("hidden",)


def test_all_reasons_are_said() -> None:
    found = reasons(b"/a/.b", overwrite=True, here=False, there=True)

    assert found == ("replaces", "foreign", "there", "hidden")
    assert sentence(found).count(";") == 3
