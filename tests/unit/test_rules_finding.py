"""Which names somebody means."""

from __future__ import annotations

import pytest

from csbackup.rules.finding import folded, joined_names, last_name, name_pattern


@pytest.mark.parametrize(
    ("wanted", "name"),
    [
        ("port", "Report.pdf"),
        ("REPORT", "report.pdf"),
        ("äpfel", "Äpfel.txt"),
        ("äpfel", "A\u0308PFEL"),  # the same letter, written as two
        ("strasse", "Straße 5"),
        ("ΣΊΣΥΦΟΣ", "σίσυφος"),
        ("*.pdf", "Report.PDF"),
        ("rep?rt", "report"),
        ("[a-c]*", "Budget"),
        ("[!a]b", "bb"),
        ("[]ab]x", "]x"),
        ("[x", "[X"),
        ("?", "ä"),
    ],
)
def test_a_name_is_found(wanted: str, name: str) -> None:
    pattern = name_pattern(wanted)

    assert pattern.matches(name.encode())
    assert pattern.literal in joined_names([b"before", name.encode(), b"after"])


@pytest.mark.parametrize(
    ("wanted", "name"),
    [("reports", "report"), ("*.pdf", "pdf.txt"), ("a", "ä"), ("?", "ab"), ("a/b", "a b")],
)
def test_another_name_is_not_found(wanted: str, name: str) -> None:
    assert not name_pattern(wanted).matches(name.encode())


def test_what_is_no_text_in_a_name_is_replaced() -> None:
    assert name_pattern("CAF\ufffd").matches(b"caf\xe9")
    assert joined_names([b"caf\xe9", b"\xff"]) == "caf\ufffd/\ufffd".encode()


def test_names_stay_apart_when_they_are_joined() -> None:
    names = ["\u0338x", "e\u0301", "É"]

    joined = joined_names([name.encode() for name in names])

    assert joined.decode().split("/") == [folded(name) for name in names]


@pytest.mark.parametrize(("path", "name"), [(b"/home/a", b"a"), (b"/", b""), (b"C:/", b"C:")])
def test_a_root_is_found_by_the_last_part_of_its_path(path: bytes, name: bytes) -> None:
    assert last_name(path) == name
