"""What an answer may be like, before anybody looks at what it says.

A hostile server chooses every byte of it: its length, its nesting, the code of its refusal.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from csbackup.client.connection.address import Address
from csbackup.errors import (
    CertificateRefused,
    CsbError,
    HistoryBroken,
    KeysMismatch,
    PinMismatch,
    Refused,
    ServerIncompatible,
    ServerWentBack,
)

MESSAGE_BYTES = 64 * 1024 * 1024  # a list of some ten thousand snapshots takes half of it
REFUSAL_BYTES = 1024 * 1024
LONGEST_WAIT_SECONDS = 60.0
_MOST_VALUES = 2_000_000  # in a message: each takes more memory than it has letters
_ANY_LETTER_BYTES = 4 * 1024 * 1024  # in longer ones a single emoji would take four times as much
_LONGEST_DETAIL = 2_000
_CODE = re.compile(r"[a-z0-9-]{1,64}")
_FINDINGS = frozenset(  # what we find out about a server, it does not say of itself
    kind.code
    for kind in (PinMismatch, CertificateRefused, ServerWentBack, HistoryBroken, KeysMismatch)
)
_USUAL = ("type", "title", "status", "code", "detail")


class AnswerTooLong(ServerIncompatible):
    """The server sends more than anybody asked for."""

    code = "answer-too-long"

    def __init__(self, address: Address) -> None:
        super().__init__(str(address), "its answer is longer than any should be")


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    headers: Mapping[str, str]
    content: bytes


def read_json(content: bytes, address: Address) -> Any:
    """What an answer says, if it is JSON of a bearable size."""
    if sum(map(content.count, (b",", b"[", b"{"))) > _MOST_VALUES:
        raise AnswerTooLong(address)
    if len(content) > _ANY_LETTER_BYTES and not content.isascii():
        raise AnswerTooLong(address)
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as problem:
        raise ServerIncompatible(str(address), "its answer is not JSON") from problem


def problem_of(response: Response, address: Address) -> CsbError:
    """The server's problem document as an error; its words are cut and made fit to print."""
    try:
        document = read_json(response.content, address)
        code, detail = str(document["code"]), str(document["detail"])
    except (ServerIncompatible, KeyError, TypeError, IndexError):
        why = f"it answered with status {response.status} and no explanation"
        return ServerIncompatible(str(address), why)
    if code in _FINDINGS or not _CODE.fullmatch(code):
        code = Refused.code
    detail = detail[:_LONGEST_DETAIL].encode(errors="replace").decode()
    extra = {name: value for name, value in document.items() if name not in _USUAL}
    return Refused(response.status, code, detail, extra)


def seconds_to_wait(response: Response) -> float:
    """What `Retry-After` asks for, within reason."""
    try:
        asked = float(response.headers.get("Retry-After", "1"))
    except ValueError:
        asked = 1.0
    return min(max(asked, 0.1), LONGEST_WAIT_SECONDS) if math.isfinite(asked) else 1.0
