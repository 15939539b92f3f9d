"""From which address a request comes, as plain values."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from csbackup.rules.access import is_near
from csbackup.rules.calling import Way, calling_address

PROXY = "172.30.0.2"
FAR = "9.9.9.9"
WAY = Way((ip_network(PROXY), ip_network("fd00::/64")), (ip_network("172.30.0.1"),))
NOTHING = Way()


def address(peer: str, *lines: str, passed_on: bool = False, way: Way = WAY) -> str:
    return calling_address(peer, lines, passed_on=passed_on, way=way)


@pytest.mark.parametrize("way", [WAY, NOTHING])
@pytest.mark.parametrize("peer", [FAR, "127.0.0.1", "192.168.1.5", "::1", "2001:db8::1"])
def test_who_connects_is_the_caller(peer: str, way: Way) -> None:
    assert address(peer, way=way) == peer


@pytest.mark.parametrize(
    ("lines", "caller"),
    [
        ((FAR,), FAR),
        (("10.0.0.1, 9.9.9.9",), FAR),  # whoever asks may write what they like before it
        (("10.0.0.1", FAR), FAR),
        ((f"{FAR}, {PROXY}",), FAR),  # two proxies in a row
        (("192.168.1.20:50000",), "192.168.1.20"),
        (("[2001:db8::7]:443",), "2001:db8::7"),
        (("2001:db8::7",), "2001:db8::7"),
        (("::ffff:9.9.9.9",), "::ffff:9.9.9.9"),
        ((PROXY,), PROXY),  # the machine of the proxy itself asks
    ],
)
def test_a_trusted_proxy_says_for_whom_it_asks(lines: tuple[str, ...], caller: str) -> None:
    assert address(PROXY, *lines) == caller
    assert address(f"::ffff:{PROXY}", *lines) == caller
    assert address("fd00::5", *lines) == caller


@pytest.mark.parametrize("lines", [(), ("",), ("unknown",), ("_hidden",), ("10.0.0.1, ",)])
def test_a_trusted_proxy_that_does_not_say_it_leaves_the_caller_unknown(
    lines: tuple[str, ...],
) -> None:
    assert address(PROXY, *lines) == f"passed on by {PROXY}"


@pytest.mark.parametrize("way", [WAY, NOTHING])
@pytest.mark.parametrize("peer", ["127.0.0.1", "192.168.1.5", "172.30.0.3"])
def test_what_somebody_else_passes_on_comes_from_nowhere_near(peer: str, way: Way) -> None:
    assert address(peer, "10.0.0.1", way=way) == f"passed on by {peer}"
    assert address(peer, passed_on=True, way=way) == f"passed on by {peer}"


def test_behind_a_veil_anybody_may_be() -> None:
    assert address("172.30.0.1") == "passed on by 172.30.0.1"
    assert address(PROXY, "172.30.0.1") == f"passed on by {PROXY}"


@given(forged=st.lists(st.sampled_from(["10.0.0.1", "127.0.0.1", PROXY, "::1", "", "x", ","])))
def test_whatever_a_far_caller_writes_makes_it_no_near_one(forged: list[str]) -> None:
    through_proxy = address(PROXY, *forged, FAR)
    straight = address(FAR, *forged)

    assert through_proxy == FAR
    assert not is_near(straight)
