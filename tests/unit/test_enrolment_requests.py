"""Devices that wait for a code: for ten minutes, once, and for whom they are."""

from __future__ import annotations

import hashlib

import pytest

from csbackup.client.connection import read_address
from csbackup.client.enrolling.asking import Asking, ask_by_browser
from csbackup.errors import (
    CodeExpired,
    Conflict,
    EnrolmentExpired,
    NotFound,
    RequestError,
    TooMany,
)
from csbackup.format.enrolment import LIFE_NS, Bundle, BundleHead, handle_of
from csbackup.format.ids import AccountId, DeviceId
from csbackup.protocol import messages
from csbackup.rules.access import Person
from csbackup.server.services.download_codes import DownloadCodes
from csbackup.server.services.enrolment_requests import EnrolmentRequests

NOW = 1_800_000_000_000_000_000
HERE = "192.168.1.5"
CLAIM = b"\1" * 32
ANNA = Person(1, AccountId(b"\2" * 16), "user", b"")
BERT = Person(2, AccountId(b"\3" * 16), "user", b"")


@pytest.fixture
def codes() -> DownloadCodes:
    return DownloadCodes()


@pytest.fixture
def requests(codes: DownloadCodes) -> EnrolmentRequests:
    return EnrolmentRequests(codes)


def asking() -> Asking:
    return ask_by_browser(read_address("https://nas.local:8443"), "", "attic", NOW)


def offered(asked: Asking, download: str = "") -> messages.EnrolmentOffer:
    claim = hashlib.sha256(CLAIM).digest()
    return messages.EnrolmentOffer(asked.document, asked.proof, claim, download)


def bundle_of(person: Person, sealed: bytes = b"sealed") -> bytes:
    head = BundleHead(person.account, "x", DeviceId(bytes(16)), "attic", 1)
    return Bundle(head, sealed, bytes(32)).encode()


def test_a_device_gets_what_was_made_for_it(requests: EnrolmentRequests) -> None:
    asked = asking()
    request = asked.offer.request
    requests.ask(request, offered(asked), HERE, NOW)

    before = requests.claim(request, CLAIM, NOW + 1)
    requests.approve(ANNA, request, bundle_of(ANNA), NOW + 2)

    assert before.bundle == b""
    assert requests.claim(request, CLAIM, NOW + 3).bundle == bundle_of(ANNA)


def test_after_ten_minutes_it_is_gone(requests: EnrolmentRequests) -> None:
    asked = asking()
    request = asked.offer.request
    requests.ask(request, offered(asked), HERE, NOW)

    with pytest.raises(CodeExpired):
        requests.approve(ANNA, request, bundle_of(ANNA), NOW + LIFE_NS)
    with pytest.raises(NotFound):
        requests.claim(request, CLAIM, NOW + LIFE_NS)
    with pytest.raises(EnrolmentExpired):
        asked.take(b"", NOW + LIFE_NS)


def test_it_is_agreed_to_once(requests: EnrolmentRequests) -> None:
    asked = asking()
    request = asked.offer.request
    requests.ask(request, offered(asked), HERE, NOW)
    requests.approve(ANNA, request, bundle_of(ANNA), NOW)

    requests.approve(ANNA, request, bundle_of(ANNA), NOW)  # the same again: an answer was lost
    with pytest.raises(Conflict):
        requests.approve(BERT, request, bundle_of(BERT), NOW)


def test_nobody_hands_over_for_another_account(requests: EnrolmentRequests) -> None:
    asked = asking()
    requests.ask(asked.offer.request, offered(asked), HERE, NOW)

    with pytest.raises(RequestError):
        requests.approve(BERT, asked.offer.request, bundle_of(ANNA), NOW)


def test_only_the_device_may_fetch_it(requests: EnrolmentRequests) -> None:
    asked = asking()
    requests.ask(asked.offer.request, offered(asked), HERE, NOW)

    with pytest.raises(NotFound):
        requests.claim(asked.offer.request, bytes(32), NOW)


def test_a_device_is_found_by_its_code_or_by_the_download_it_came_with(
    requests: EnrolmentRequests, codes: DownloadCodes
) -> None:
    asked, downloaded = asking(), asking()
    code, _ = codes.mint(ANNA.number, NOW)
    requests.ask(asked.offer.request, offered(asked), HERE, NOW)
    requests.ask(downloaded.offer.request, offered(downloaded, code), HERE, NOW)

    def seen(person: Person, handle: str = "") -> list[bytes]:
        return [one.request for one in requests.waiting(person, handle, NOW).requests]

    assert seen(ANNA) == [downloaded.offer.request]
    assert seen(BERT) == []
    assert seen(BERT, handle_of(asked.offer.request)) == [asked.offer.request]


def test_the_page_that_handed_out_the_client_hears_that_its_device_is_there(
    requests: EnrolmentRequests, codes: DownloadCodes
) -> None:
    asked = asking()
    code, _ = codes.mint(ANNA.number, NOW)
    requests.ask(asked.offer.request, offered(asked, code), HERE, NOW)

    requests.approve(ANNA, asked.offer.request, bundle_of(ANNA), NOW)

    found = codes.open(code, NOW)
    assert found is not None
    assert found.used


def test_asking_again_is_asking_once_and_nobody_takes_the_place(
    requests: EnrolmentRequests,
) -> None:
    asked, other = asking(), asking()
    request = asked.offer.request
    first = requests.ask(request, offered(asked), HERE, NOW)

    assert requests.ask(request, offered(asked), HERE, NOW + 5) == first
    with pytest.raises(RequestError):
        requests.ask(request, offered(other), HERE, NOW)


def test_an_address_cannot_ask_without_end(requests: EnrolmentRequests) -> None:
    for _ in range(30):
        asked = asking()
        requests.ask(asked.offer.request, offered(asked), HERE, NOW)
    more = asking()

    with pytest.raises(TooMany):
        requests.ask(more.offer.request, offered(more), HERE, NOW)
