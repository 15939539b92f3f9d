"""The server's configuration, limits and addresses."""

from __future__ import annotations

from pathlib import Path

import pytest

from csbackup.errors import ConfigInvalid, TooMany
from csbackup.server.config import load_config
from csbackup.server.services.limits import SECOND, Limit, neighbourhood


def test_flags_beat_variables_beat_the_file_beat_defaults(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('data = "/file"\nname = "file"\nurl = "https://file.example"\n')
    environment = {"CSB_SERVER_NAME": "variable", "CSB_SERVER_URL": "https://variable.example"}

    config = load_config({"url": "https://flag.example"}, environment, file)

    assert (config.data, config.name, config.url) == ("/file", "variable", "https://flag.example")
    assert config.address == ("0.0.0.0", 8443)


def test_the_file_can_be_named_by_a_variable(tmp_path: Path) -> None:
    file = tmp_path / "server.toml"
    file.write_text('data = "/file"\ntrusted_proxies = ["10.0.0.1"]\n')

    config = load_config({}, {"CSB_SERVER_CONFIG": str(file)})

    assert (config.data, config.trusted_proxies) == ("/file", ("10.0.0.1",))


def test_variables_are_read_as_what_they_are_for() -> None:
    environment = {
        "CSB_SERVER_DATA": "/x",
        "CSB_SERVER_DEFAULT_QUOTA_BYTES": "1000",
        "CSB_SERVER_TRUSTED_PROXIES": "10.0.0.1, fd00::/8",
        "OTHER": "ignored",
    }

    config = load_config({}, environment)

    assert config.default_quota_bytes == 1000
    assert config.trusted_proxies == ("10.0.0.1", "fd00::/8")


@pytest.mark.parametrize(
    ("toml", "part"),
    [
        ("port = 1", "Unknown key `port`"),
        ("listen = 1", "`listen`"),
        ("default_quota_bytes = 'x'", "`default_quota_bytes`"),
        ("default_quota_bytes = -1", "negative"),
        ("registration = 'all'", "none of local"),
        ("url = 'http://x'", "https"),
        ("trusted_proxies = ['x']", "no address"),
        ("trusted_proxies = ['10.0.0.1/8']", "no address"),
        ("tls = 'some'", "none of own, none"),
        ("tls = 'none'", "listen to everybody"),
        ("listen = ':1'", "no host"),
        ("listen = 'x:y'", "port"),
        ("[table]\nx = 1", "Unknown key"),
        ("=", "not valid TOML"),
    ],
)
def test_a_wrong_file_says_which_key(tmp_path: Path, toml: str, part: str) -> None:
    file = tmp_path / "server.toml"
    file.write_text(toml)

    with pytest.raises(ConfigInvalid, match=part):
        load_config({"data": "/x"}, {}, file)


def test_unknown_variables_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid, match="CSB_SERVER_PORT"):
        load_config({"data": "/x"}, {"CSB_SERVER_PORT": "1"})
    with pytest.raises(ConfigInvalid, match="cannot be read"):
        load_config({"data": "/x"}, {}, tmp_path / "none.toml")


@pytest.mark.parametrize(
    "safe",
    [
        {"listen": "127.0.0.1:80"},
        {"listen": "[::1]:80"},
        {"listen": "localhost:80"},
        {"trusted_proxies": ["172.30.0.2"]},
    ],
)
def test_plain_http_is_for_loopback_and_for_named_proxies(safe: dict[str, object]) -> None:
    assert load_config({"data": "/x", "tls": "none", **safe}, {}).tls == "none"


@pytest.mark.parametrize(
    ("url", "passed_on", "names"),
    [
        ("", False, ()),
        ("https://nas.lan:8443", False, ("nas.lan",)),
        ("https://192.168.1.5:8443", False, ()),
        ("https://backup.example.org", True, ("backup.example.org",)),
        ("https://nas.lan:9443", True, ("nas.lan",)),
    ],
)
def test_the_address_for_people_tells_what_stands_before_us(
    url: str, passed_on: bool, names: tuple[str, ...]
) -> None:
    config = load_config({"data": "/x", "url": url}, {})

    assert (config.is_passed_on, config.public_names) == (passed_on, names)


@pytest.mark.parametrize(
    ("listen", "address"),
    [
        ("127.0.0.1:0", ("127.0.0.1", 0)),
        ("[::]:443", ("::", 443)),
        ("nas", ("nas", 8443)),
        ("9000", ("0.0.0.0", 9000)),
    ],
)
def test_addresses_to_listen_on(listen: str, address: tuple[str, int]) -> None:
    assert load_config({"data": "/x", "listen": listen}, {}).address == address


def test_a_limit_ends_with_its_time() -> None:
    limit = Limit("tries", 2, 60)
    limit.take("a", 0)
    limit.take("a", 10 * SECOND)

    with pytest.raises(TooMany) as refused:
        limit.take("a", 20 * SECOND)

    assert refused.value.extra["retry_after"] == 40
    limit.take("b", 20 * SECOND)
    limit.take("a", 60 * SECOND)


def test_waiting_as_told_is_enough() -> None:
    limit = Limit("tries", 1, 60)
    limit.take("a", 5)
    with pytest.raises(TooMany) as refused:
        limit.take("a", 30 * SECOND + 7)

    wait = refused.value.extra["retry_after"]

    assert isinstance(wait, int)
    limit.take("a", 30 * SECOND + 7 + wait * SECOND)


def test_what_is_given_back_does_not_count() -> None:
    limit = Limit("tries", 1, 60)

    for moment in range(5):
        limit.take("a", moment)
        limit.give_back("a")


def test_a_limit_remembers_a_bounded_number_of_keys() -> None:
    limit = Limit("tries", 1, 60, keys=10)

    for key in range(1000):
        limit.take(key, 1)

    assert len(limit) == 10


def test_a_clock_that_goes_back_locks_nobody_out() -> None:
    limit = Limit("tries", 1, 60)
    limit.take("a", 1_000_000 * SECOND)

    limit.take("a", 5 * SECOND)


def test_an_ipv6_network_counts_as_one_address() -> None:
    assert neighbourhood("2003:1:2:3::1") == neighbourhood("2003:1:2:3:ffff::9")
    assert neighbourhood("2003:1:2:3::1") != neighbourhood("2003:1:2:4::1")
    assert neighbourhood("::ffff:1.2.3.4") != neighbourhood("::ffff:1.2.3.5")
    assert neighbourhood("1.2.3.4") == "1.2.3.4"
