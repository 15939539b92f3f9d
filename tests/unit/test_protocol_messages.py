"""Messages between JSON and dataclasses: what is refused, and by which name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import jsonschema
import pytest

from csbackup import errors
from csbackup.protocol import adapter, messages, problems, version
from csbackup.protocol.adapter import Blob, Hex, MessageInvalid


@dataclass(frozen=True, slots=True)
class Inner:
    """A part."""

    id: Hex


@dataclass(frozen=True, slots=True)
class Sample:
    """One field of every kind."""

    text: str
    number: int
    ratio: float
    truth: bool
    data: Blob
    inner: Inner
    parts: tuple[Inner, ...]
    choice: Literal["a", "b"]
    maybe: int | None = None


GOOD: dict[str, Any] = {
    "text": "hello \u00e4",
    "number": -(2**63),
    "ratio": 1,
    "truth": False,
    "data": "AAE=",
    "inner": {"id": "00ff"},
    "parts": [{"id": ""}],
    "choice": "b",
    "maybe": None,
}


def test_a_message_is_parsed_and_rendered_to_the_same() -> None:
    parsed = adapter.parse(Sample, GOOD)

    assert parsed.data == b"\x00\x01"
    assert parsed.inner == Inner(b"\x00\xff")
    assert adapter.render(parsed) == GOOD
    assert adapter.parse(Sample, adapter.render(parsed)) == parsed


def test_unknown_fields_are_ignored_so_that_a_newer_side_can_say_more() -> None:
    assert adapter.parse(Sample, GOOD | {"new": 1}) == adapter.parse(Sample, GOOD)


BAD: list[tuple[str, Any]] = [
    ("text", 1),
    ("text", None),
    ("text", "nul\0"),
    ("text", "\ud800"),
    ("number", True),
    ("number", 1.0),
    ("number", 2**63),
    ("number", "1"),
    ("ratio", True),
    ("ratio", 10**400),
    ("truth", 1),
    ("data", "A"),
    ("data", "AA E="),
    ("data", "\u00e4"),
    ("data", []),
    ("inner", {"id": "0"}),
    ("inner", {"id": "FF"}),
    ("inner", {"id": "0 0"}),
    ("inner", {"id": "\u0660\u0660"}),
    ("inner", {}),
    ("inner", []),
    ("parts", {}),
    ("parts", [1]),
    ("choice", "c"),
    ("choice", ["a"]),
    ("choice", {}),
    ("maybe", "1"),
]


@pytest.mark.parametrize(("field", "value"), BAD, ids=str)
def test_a_field_that_is_wrong_is_named(field: str, value: Any) -> None:
    with pytest.raises(MessageInvalid, match=f"{field}|id"):
        adapter.parse(Sample, GOOD | {field: value})


@pytest.mark.parametrize("value", [None, [], "text", 1], ids=str)
def test_what_is_no_object_is_no_message(value: Any) -> None:
    with pytest.raises(MessageInvalid, match="not an object"):
        adapter.parse(Sample, value)


def test_a_field_that_is_missing_is_named() -> None:
    with pytest.raises(MessageInvalid, match="number"):
        adapter.parse(Sample, {"text": "x"})


def test_the_schema_accepts_what_is_parsed_and_refuses_what_is_not() -> None:
    document = adapter.schema(Sample) | {
        "components": {"schemas": {"Inner": adapter.schema(Inner)}}
    }

    jsonschema.validate(GOOD, document)
    for field, value in (("inner", {"id": "FF"}), ("choice", "c"), ("parts", {}), ("text", 1)):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(GOOD | {field: value}, document)


def test_every_message_has_a_schema() -> None:
    kinds = [kind for kind in vars(messages).values() if hasattr(kind, "__dataclass_fields__")]

    assert messages.Session in kinds
    for kind in kinds:
        assert adapter.schema(kind)["type"] == "object"
        assert kind in adapter.parts(kind)


def all_failures(kind: type[errors.CsbError]) -> list[type[errors.CsbError]]:
    return [kind, *(found for below in kind.__subclasses__() for found in all_failures(below))]


def test_every_failure_has_a_code_of_its_own() -> None:
    failures = {kind.__name__: kind.code for kind in all_failures(errors.CsbError)}

    by_code: dict[str, list[str]] = {}
    for name, code in failures.items():
        by_code.setdefault(code, []).append(name)
    assert {code: names for code, names in by_code.items() if len(names) > 1} == {}


@pytest.mark.parametrize(
    ("failure", "status"),
    [
        (errors.NotSignedIn(), 401),
        (errors.NameTaken("x"), 409),
        (errors.MissingReferences("x"), 409),
        (errors.PackDamaged(b"", "x"), 422),
        (errors.UnknownVersion("x", 2), 422),
        (errors.KdfTooWeak(), 422),
        (errors.TooMany("x"), 429),
        (errors.QuotaExceeded("x"), 507),
        (MessageInvalid("x"), 400),
        (errors.NotEnrolled(), 400),
        (errors.FolderInUse("/x"), 500),
    ],
    ids=lambda value: getattr(value, "code", str(value)),
)
def test_a_failure_has_the_status_of_its_nearest_kind(
    failure: errors.CsbError, status: int
) -> None:
    document = problems.problem_document(failure)

    assert document["status"] == status
    assert document["code"] == failure.code
    assert document["detail"] == str(failure)


def test_a_problem_carries_what_the_other_side_needs() -> None:
    document = problems.problem_document(errors.NotNext("No.", sequence=7))

    assert document["sequence"] == 7


@pytest.mark.parametrize(
    ("oldest", "newest", "expected"), [(1, 1, 1), (1, 9, 1), (2, 9, None), (0, 0, None)]
)
def test_both_sides_speak_the_newest_version_they_share(
    oldest: int, newest: int, expected: int | None
) -> None:
    assert version.common_version(oldest, newest) == expected
