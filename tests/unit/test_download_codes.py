"""Download codes live an hour, serve one enrolment, and are not many."""

from __future__ import annotations

from csbackup.server.services.download_codes import LENGTH, LETTERS, DownloadCodes

NOW = 1_800_000_000_000_000_000
HOUR = 3600 * 1_000_000_000


def test_a_code_has_no_letter_that_looks_like_another() -> None:
    text, _ = DownloadCodes().mint(None, NOW)

    assert len(text) == LENGTH >= 10
    assert set(text) <= set(LETTERS)
    assert not set(LETTERS) & set("0Oo1lIi")


def test_a_code_lives_an_hour() -> None:
    codes = DownloadCodes()
    text, code = codes.mint(7, NOW)

    assert codes.open(text, NOW + HOUR - 1) == code
    assert codes.open(text, NOW + HOUR) is None
    assert codes.use(text, NOW + HOUR) is None
    assert codes.open(text, NOW - 1) is None, "a clock that was set back opens none"


def test_a_code_serves_one_enrolment_and_more_downloads() -> None:
    codes = DownloadCodes()
    text, code = codes.mint(7, NOW)

    assert codes.use(text, NOW + 1) == code
    assert codes.use(text, NOW + 2) is None
    found = codes.open(text, NOW + 3)
    assert found is not None
    assert found.used
    assert found.account == 7


def test_another_word_opens_nothing() -> None:
    codes = DownloadCodes()
    text, _ = codes.mint(None, NOW)

    assert codes.open(text.upper(), NOW) is None
    assert codes.open("", NOW) is None


def test_the_oldest_code_gives_way() -> None:
    codes = DownloadCodes(most=2)
    texts = [codes.mint(None, NOW + one)[0] for one in range(3)]

    assert [codes.open(text, NOW + 5) is not None for text in texts] == [False, True, True]
