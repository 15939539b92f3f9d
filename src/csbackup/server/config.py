"""The configuration: defaults, then a TOML file, then CSB_SERVER_* variables, then flags."""

from __future__ import annotations

import dataclasses
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, get_args
from urllib.parse import urlsplit

from csbackup.errors import ConfigInvalid
from csbackup.rules.access import is_loopback
from csbackup.server.names import is_dns_name

Policy = Literal["local", "open", "invite", "closed"]
Tls = Literal["own", "none"]
PREFIX = "CSB_SERVER_"
DEFAULT_PORT = 8443
RELEASES = "releases"  # in the data folder


@dataclass(frozen=True, slots=True)
class Config:
    """What an admin may choose; each field is a key of the file and, in capitals, a variable."""

    data: str = ""
    listen: str = f"0.0.0.0:{DEFAULT_PORT}"
    url: str = ""  # how people reach this server, when it is not by its own addresses
    name: str = ""  # shown to people; the machine's host name when empty
    registration: Policy = "local"  # `local`: from private and loopback addresses only
    default_quota_bytes: int = 0  # of a new account; 0: no limit
    overdue_after_hours: int = 26
    deletion_days: int = 7  # from asking that an account be deleted to deleting it
    sign_in_failures_per_minute: int = 10  # for each address and account
    registrations_per_hour: int = 60  # for each address
    connections: int = 1000
    releases: str = ""  # a folder with releases of the client that is only read, as in a container
    releases_url: str = ""  # where `csb-server releases fetch` looks
    trusted_proxies: tuple[str, ...] = ()  # whose X-Forwarded-For is believed
    tls: Tls = "own"  # `none`: plain HTTP, for loopback and the trusted proxies only

    @property
    def folder(self) -> Path:
        return Path(self.data).expanduser().resolve()

    @property
    def release_folders(self) -> tuple[Path, ...]:
        """Where releases of the client lie: the first is written by `csb-server releases`."""
        own = self.folder / RELEASES
        return (own, Path(self.releases).expanduser().resolve()) if self.releases else (own,)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        return split_address(self.listen)

    @property
    def is_on_loopback(self) -> bool:
        return self.address[0] == "localhost" or is_loopback(self.address[0])

    @property
    def url_host(self) -> str:
        return urlsplit(self.url).hostname or ""

    @property
    def public_names(self) -> tuple[str, ...]:
        """Under which names a public CA may vouch for whoever stands before us."""
        return (self.url_host,) if is_dns_name(self.url_host) else ()

    @property
    def is_passed_on(self) -> bool:
        """Whether people reach us by another port than ours, so that somebody passes them on."""
        return bool(self.url) and (urlsplit(self.url).port or 443) != self.address[1]


def load_config(
    flags: Mapping[str, object], environment: Mapping[str, str], file: Path | None = None
) -> Config:
    """The checked configuration; `ConfigInvalid` names the key that is wrong."""
    named = environment.get(f"{PREFIX}CONFIG", "")
    source = file or (Path(named) if named else None)
    values: dict[str, Any] = {} if source is None else _from_file(source)
    values |= _from_environment(environment)
    values |= {key: _checked(key, value, "flags") for key, value in flags.items() if value}
    config = Config(**values)
    _check(config)
    return config


def split_address(listen: str) -> tuple[str, int]:
    """`HOST:PORT`, `[V6]:PORT`, or a host or port alone."""
    parts = urlsplit(f"//{listen}") if not listen.isdigit() else urlsplit(f"//0.0.0.0:{listen}")
    try:
        port = parts.port
    except ValueError as problem:
        raise ConfigInvalid(f"`listen` has no valid port: {listen}.") from problem
    if not parts.hostname:
        raise ConfigInvalid(f"`listen` has no host: {listen}. Write HOST:PORT.")
    return parts.hostname, DEFAULT_PORT if port is None else port


def _from_file(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as problem:
        raise ConfigInvalid(
            f"The configuration {path} cannot be read: {problem.strerror}."
        ) from None
    except ValueError as problem:
        raise ConfigInvalid(f"The configuration {path} is not valid TOML: {problem}.") from None
    return {key: _checked(key, value, str(path)) for key, value in values.items()}


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for variable, text in environment.items():
        if variable.startswith(PREFIX) and variable != f"{PREFIX}CONFIG":
            key = variable.removeprefix(PREFIX).lower()
            found[key] = _checked(key, _from_text(key, text), variable)
    return found


def _from_text(key: str, text: str) -> object:
    kind = _KINDS.get(key)
    if kind is int and text.strip().isdigit():
        return int(text)
    if kind is tuple:
        return [one.strip() for one in text.split(",") if one.strip()]
    return text


def _checked(key: str, value: object, where: str) -> object:
    kind = _KINDS.get(key)
    if kind is None:
        raise ConfigInvalid(f"Unknown key `{key}` in {where}. Known: {', '.join(_KINDS)}.")
    if kind is tuple and isinstance(value, list | tuple):
        return tuple(str(one) for one in value)
    if type(value) is not kind:
        expected = {int: "a whole number", str: "text", tuple: "a list"}[kind]
        raise ConfigInvalid(f"`{key}` in {where} is not {expected}.")
    return value


def _check(config: Config) -> None:
    split_address(config.listen)
    if not config.data:
        raise ConfigInvalid("No data folder is named. Give --data DIR or set CSB_SERVER_DATA.")
    if config.registration not in get_args(Policy):
        raise ConfigInvalid(f"`registration` is none of {', '.join(get_args(Policy))}.")
    if config.url and (urlsplit(config.url).scheme != "https" or not config.url_host):
        raise ConfigInvalid(f"`url` is not an https address: {config.url}.")
    _check_numbers(config)
    _check_tls(config)
    for proxy in config.trusted_proxies:
        try:
            ip_network(proxy)
        except ValueError:
            raise ConfigInvalid(f"`trusted_proxies` has {proxy}, which is no address.") from None


def _check_tls(config: Config) -> None:
    if config.tls not in get_args(Tls):
        raise ConfigInvalid(f"`tls` is none of {', '.join(get_args(Tls))}.")
    if config.tls == "none" and not config.trusted_proxies and not config.is_on_loopback:
        raise ConfigInvalid(
            "`tls` is none, and the server would listen to everybody. Name your proxy in "
            "`trusted_proxies`, or listen on 127.0.0.1."
        )


def _check_numbers(config: Config) -> None:
    for key, kind in _KINDS.items():
        if kind is int and getattr(config, key) < 0:
            raise ConfigInvalid(f"`{key}` is negative.")
    if not config.deletion_days:
        raise ConfigInvalid("`deletion_days` is 0: nobody could take a deletion back.")


_KINDS: dict[str, type] = {
    field.name: {"int": int, "tuple[str, ...]": tuple}.get(str(field.type), str)
    for field in dataclasses.fields(Config)
}
