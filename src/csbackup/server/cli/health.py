"""`health`: whether the server of this configuration answers, for whoever watches it.

It is asked every minute, on small machines too: so no more is imported than a request needs.
"""

from __future__ import annotations

import http.client
import json
import ssl
from pathlib import Path

import click

from csbackup.errors import ConfigInvalid
from csbackup.server.config import Config

_SECONDS = 8.0
_BEGIN = "-----BEGIN CERTIFICATE-----"
_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  what to ask where all are listened on


def show_health(config: Config, *, as_json: bool) -> bool:
    """Print it; False when the server does not work."""
    problem = ask_health(config)
    if as_json:
        click.echo(json.dumps({"status": "failed" if problem else "ok", "problem": problem}))
    else:
        click.echo(problem or "The server works.")
    return not problem


def ask_health(config: Config) -> str:
    """Why the server does not work, or an empty text: whatever stands before it is not asked."""
    host, port = config.address
    if not port:
        raise ConfigInvalid("`listen` has port 0: nobody can tell which one was taken.")
    connection = _connection(config, _ANY.get(host, host), port)
    try:
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        works = answer.status == 200 and json.loads(answer.read(1024)).get("status") == "ok"
    except (OSError, ValueError, http.client.HTTPException) as problem:
        return f"The server does not answer: {problem}."
    finally:
        connection.close()
    return "" if works else f"The server answers with status {answer.status}."


def _connection(config: Config, host: str, port: int) -> http.client.HTTPConnection:
    if config.tls == "none":
        return http.client.HTTPConnection(host, port, timeout=_SECONDS)
    context = _trusting_own(config.folder / "secret" / "ca.pem")
    return http.client.HTTPSConnection(host, port, timeout=_SECONDS, context=context)


def _trusting_own(path: Path) -> ssl.SSLContext:
    """TLS with this server's own CA; its key, which lies in the same file, is not needed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    try:
        content = path.read_text("ascii")
        context.load_verify_locations(cadata=content[content.index(_BEGIN) :])
    except (OSError, ValueError, ssl.SSLError) as problem:
        raise ConfigInvalid(f"The server's certificate {path} cannot be read: {problem}.") from None
    return context
