"""The server's CA and leaf: what they may say, and when a leaf is renewed."""

from __future__ import annotations

import ssl
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from csbackup.errors import ConfigInvalid
from csbackup.server.names import Names, is_dns_name, names_of_this_machine
from csbackup.server.trust import (
    Authority,
    Identity,
    leaf_is_due,
    make_authority,
    make_leaf,
    read_authority,
)

NOW = datetime(2026, 3, 24, 12, tzinfo=UTC)
NAMES = Names(
    ("nas", "nas.local", "backup.example.org", "localhost"),
    (ip_address("192.168.1.5"), ip_address("127.0.0.1"), ip_address("::1")),
)


@pytest.fixture(scope="module")
def authority() -> Authority:
    return make_authority(NAMES, NOW)


def verified(authority: Authority, names: Names, asked: str) -> bool:
    """Whether a client that trusts the CA accepts a leaf for these names when it asks for one."""
    _, leaf = make_leaf(authority, names, NOW)
    builder = PolicyBuilder().store(Store([authority.certificate])).time(NOW)
    try:
        try:
            subject: x509.DNSName | x509.IPAddress = x509.IPAddress(ip_address(asked))
        except ValueError:
            subject = x509.DNSName(asked)
        builder.build_server_verifier(subject).verify(leaf, [])
    except VerificationError:
        return False
    return True


@pytest.mark.parametrize(
    "name", ["nas", "nas.local", "backup.example.org", "localhost", "192.168.1.5", "127.0.0.1"]
)
def test_a_leaf_speaks_for_the_names_of_the_machine(authority: Authority, name: str) -> None:
    assert verified(authority, NAMES, name)


@pytest.mark.parametrize("name", ["other.example.org", "example.org", "8.8.8.8", "2003::1"])
def test_a_leaf_leaves_out_what_the_ca_may_not_vouch_for(authority: Authority, name: str) -> None:
    try:
        wider = replace(NAMES, addresses=(*NAMES.addresses, ip_address(name)))
    except ValueError:
        wider = replace(NAMES, dns=(*NAMES.dns, name))

    assert not verified(authority, wider, name)
    assert verified(authority, wider, "nas")


def test_new_private_names_need_no_new_ca(authority: Authority) -> None:
    moved = Names(("other.lan", "localhost"), (ip_address("10.9.8.7"), ip_address("fd00::5")))

    for name in ("other.lan", "10.9.8.7", "fd00::5"):
        assert verified(authority, moved, name)


def test_the_ca_is_constrained_signs_nothing_but_leaves_and_lives_ten_years(
    authority: Authority,
) -> None:
    extensions = authority.certificate.extensions
    constraints = extensions.get_extension_for_class(x509.NameConstraints)
    basic = extensions.get_extension_for_class(x509.BasicConstraints)
    life = authority.certificate.not_valid_after_utc - NOW

    assert constraints.critical
    assert basic.value == x509.BasicConstraints(ca=True, path_length=0)
    assert timedelta(days=3650) <= life <= timedelta(days=3660)
    assert len(authority.pin) == 64


def test_a_leaf_lives_397_days_at_most_and_never_longer_than_its_ca(authority: Authority) -> None:
    _, leaf = make_leaf(authority, NAMES, NOW)
    late = authority.certificate.not_valid_after_utc - timedelta(days=10)
    _, last = make_leaf(authority, NAMES, late)

    assert leaf.not_valid_after_utc - leaf.not_valid_before_utc <= timedelta(days=397)
    assert last.not_valid_after_utc <= authority.certificate.not_valid_after_utc


@pytest.mark.parametrize(("days", "due"), [(0, False), (250, False), (270, True), (500, True)])
def test_a_leaf_is_due_when_under_a_third_of_its_life_is_left(
    authority: Authority, days: int, due: bool
) -> None:
    _, leaf = make_leaf(authority, NAMES, NOW)

    assert leaf_is_due(leaf, NAMES, NOW + timedelta(days=days)) is due


def test_a_leaf_is_due_when_the_machine_has_a_new_address(authority: Authority) -> None:
    _, leaf = make_leaf(authority, NAMES, NOW)
    moved = replace(NAMES, addresses=(ip_address("192.168.1.6"),))
    fewer = replace(NAMES, addresses=(ip_address("127.0.0.1"),))

    assert leaf_is_due(leaf, moved, NOW)
    assert not leaf_is_due(leaf, fewer, NOW)


def test_an_identity_stays_and_its_leaf_changes(tmp_path: Path) -> None:
    first = Identity(tmp_path, lambda: NAMES)
    made = first.renew(datetime.now(UTC))
    leaf_pin = first.leaf_pin
    later = Identity(tmp_path, lambda: NAMES)

    again = later.renew(datetime.now(UTC))
    renewed = later.renew(datetime.now(UTC) + timedelta(days=300))

    assert (made, again, renewed) == (True, False, True)
    assert later.authority.pin == first.authority.pin
    assert later.leaf_pin != leaf_pin


def handshake(identity: Identity, authority: Authority) -> tuple[bytes, str | None]:
    """The leaf that a client that trusts the CA is shown, and the TLS version."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    trusting = ssl.create_default_context(cadata=authority.pem.decode())
    client = trusting.wrap_bio(to_client, to_server, server_hostname="localhost")
    server = identity.context.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (client, server):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    shown = client.getpeercert(binary_form=True)
    assert shown is not None
    return shown, client.version()


def test_a_renewed_leaf_is_served_without_a_restart(tmp_path: Path) -> None:
    names = [NAMES]
    identity = Identity(tmp_path, lambda: names[-1])
    identity.renew(datetime.now(UTC))
    first, version = handshake(identity, identity.authority)

    names.append(replace(NAMES, addresses=(ip_address("192.168.1.6"),)))
    identity.renew(datetime.now(UTC))
    second, _ = handshake(identity, identity.authority)

    assert first != second
    assert version == "TLSv1.3"


def test_a_damaged_leaf_is_made_anew_and_a_damaged_ca_is_an_error(tmp_path: Path) -> None:
    identity = Identity(tmp_path, lambda: NAMES)
    identity.renew(datetime.now(UTC))
    (tmp_path / "leaf.pem").write_bytes(b"damaged")

    assert Identity(tmp_path, lambda: NAMES).renew(datetime.now(UTC))
    (tmp_path / "ca.pem").write_bytes(b"damaged")
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        read_authority(tmp_path / "ca.pem")


def test_this_machine_has_names_that_certificates_can_hold() -> None:
    names = names_of_this_machine("backup.example.org")

    assert "localhost" in names.dns
    assert "backup.example.org" in names.dns
    assert all(is_dns_name(name) for name in names.dns)
    assert ip_address("127.0.0.1") in names.addresses


@pytest.mark.parametrize("text", ["", "a_b", "10.0.0.1", "::1", "-a", "a..b", "x" * 64])
def test_what_a_certificate_cannot_name_is_left_out(text: str) -> None:
    assert not is_dns_name(text)
