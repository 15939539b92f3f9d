"""Who may, as plain values."""

from __future__ import annotations

import pytest

from csbackup.errors import Forbidden, NotSignedIn, RequestError
from csbackup.format.ids import AccountId, DeviceId
from csbackup.rules.access import (
    Caller,
    DeviceCaller,
    Person,
    Who,
    is_near,
    may_register,
    may_see_device,
    refusal,
)
from csbackup.rules.naming import checked_name, folded

USER = Person(1, AccountId(b"a" * 16), "user", b"")
ADMIN = Person(2, AccountId(b"b" * 16), "admin", b"")
DEVICE = DeviceCaller(1, AccountId(b"a" * 16), 7, DeviceId(b"d" * 16))


@pytest.mark.parametrize("caller", [None, USER, ADMIN, DEVICE])
def test_a_route_that_names_nobody_lets_nobody_in(caller: Caller) -> None:
    assert refusal(caller, frozenset()) is not None


@pytest.mark.parametrize(
    ("admitted", "let_in"),
    [
        (Who.ANYONE, [None, USER, ADMIN, DEVICE]),
        (Who.PERSON, [USER, ADMIN]),
        (Who.DEVICE, [DEVICE]),
        (Who.ADMIN, [ADMIN]),
    ],
)
def test_only_who_is_named_gets_in(admitted: Who, let_in: list[Caller]) -> None:
    everybody: list[Caller] = [None, USER, ADMIN, DEVICE]

    found = [caller for caller in everybody if refusal(caller, frozenset({admitted})) is None]

    assert found == let_in


def test_strangers_are_asked_to_sign_in_and_others_are_refused() -> None:
    people = frozenset({Who.PERSON})

    assert isinstance(refusal(None, people), NotSignedIn)
    assert isinstance(refusal(DEVICE, people), Forbidden)


def test_a_device_sees_itself_a_person_their_own_an_admin_all() -> None:
    mine, other = DeviceId(b"d" * 16), DeviceId(b"e" * 16)

    assert may_see_device(DEVICE, owner=1, device=mine)
    assert not may_see_device(DEVICE, owner=1, device=other)
    assert may_see_device(USER, owner=1, device=other)
    assert not may_see_device(USER, owner=2, device=mine)
    assert may_see_device(ADMIN, owner=1, device=mine)


@pytest.mark.parametrize(
    ("address", "near"),
    [
        ("127.0.0.1", True),
        ("::1", True),
        ("10.1.2.3", True),
        ("172.31.0.1", True),
        ("192.168.0.1", True),
        ("169.254.1.1", True),
        ("fe80::1%eth0", True),
        ("fd12::1", True),
        ("::ffff:192.168.0.1", True),
        ("::ffff:8.8.8.8", False),
        ("8.8.8.8", False),
        ("172.32.0.1", False),
        ("2003::1", False),
        ("", False),
        ("testclient", False),
    ],
)
def test_near_is_this_machine_and_private_networks(address: str, near: bool) -> None:
    assert is_near(address) is near


def test_only_open_and_local_servers_take_strangers() -> None:
    here = {policy: may_register(policy, "10.0.0.1") for policy in POLICIES}
    far = {policy: may_register(policy, "8.8.8.8") for policy in POLICIES}

    assert here == {"local": True, "open": True, "invite": False, "closed": False}
    assert far == {"local": False, "open": True, "invite": False, "closed": False}


POLICIES = ("local", "open", "invite", "closed")


def test_names_have_one_spelling() -> None:
    assert checked_name(" A\u0308nne ", "X") == "\u00c4nne"
    assert folded("ANNA ") == folded("anna")
    assert checked_name("Laptop (alt) \u2013 B\u00fcro", "X") == "Laptop (alt) \u2013 B\u00fcro"


@pytest.mark.parametrize("name", ["", "  ", "a/b", "a\nb", "a\u202eb", "x" * 65, "\ud800"])
def test_names_that_would_confuse_are_refused(name: str) -> None:
    with pytest.raises(RequestError, match="The account has"):
        checked_name(name, "The account")
