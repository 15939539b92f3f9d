"""What the device's own page may ask: one table."""

from __future__ import annotations

import json
from typing import Any, TypeVar
from urllib.parse import parse_qs

from csbackup.client.choosing.choice import Choice
from csbackup.client.choosing.folders import list_folders
from csbackup.client.files import FileSource
from csbackup.errors import NotFound
from csbackup.protocol import messages
from csbackup.protocol.adapter import MessageInvalid, parse, read_base64url

Message = TypeVar("Message")


def answer(choice: Choice, files: FileSource, method: str, target: str, body: bytes) -> Any:
    """The answer to a question below `/device/v1/`."""
    path, _, query = target.partition("?")
    match method, path:
        case "GET", "choosing":
            return choice.told()
        case "GET", "folders":
            wanted = parse_qs(query).get("path", [""])[0]
            return list_folders(files, read_base64url(wanted))
        case "POST", "places":
            choice.add(_read(messages.NewPlace, body).path_bytes)
            return choice.told()
        case "POST", "start":
            choice.start(_read(messages.Chosen, body))
            return choice.told()
    raise NotFound("There is nothing at this address.")


def _read(kind: type[Message], body: bytes) -> Message:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise MessageInvalid("The request is not valid JSON.") from None
    return parse(kind, value)
