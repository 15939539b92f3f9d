"""Devices that wait to be enrolled with a code: for ten minutes, in memory.

Anybody may ask, so nothing of it is written to disk, and there is a limit to how much is kept. A
server that started anew knows none: a device that hears so sends its offer again.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from dataclasses import dataclass, replace

from csbackup.errors import CodeExpired, Conflict, NotFound, RequestError, TooMany
from csbackup.format.enrolment import LIFE_NS, PROOF_BYTES, handle_of, read_bundle, read_offer
from csbackup.protocol import messages
from csbackup.rules.access import Person
from csbackup.server.services.download_codes import DownloadCodes
from csbackup.server.services.limits import Limit, neighbourhood

_MOST = 1_000
_HANDLE_LETTERS = 4


@dataclass(frozen=True, slots=True)
class _Waiting:
    offer: bytes
    proof: bytes
    claim: bytes
    address: str
    download: str  # the code of the download that it came by
    account: int | None  # whose download that was
    created: int
    bundle: bytes = b""

    @property
    def expires(self) -> int:
        return self.created + LIFE_NS

    def shown(self, request: bytes) -> messages.EnrolmentRequest:
        return messages.EnrolmentRequest(
            request, self.offer, self.proof, self.address, self.created, self.expires
        )


class EnrolmentRequests:
    """`codes`: of downloads, which say whose a device is likely to be."""

    def __init__(self, codes: DownloadCodes) -> None:
        self._codes = codes
        self._waiting: dict[bytes, _Waiting] = {}
        self._lock = threading.Lock()
        self._offers = Limit("devices that ask to be set up", 30, 600)
        self._looks = Limit("codes", 20, 60)

    def ask(
        self, request: bytes, told: messages.EnrolmentOffer, address: str, now: int
    ) -> messages.EnrolmentKept:
        """Keep what a device asks for; sent again, it is the same and holds no longer."""
        if read_offer(told.offer).request != request:
            raise RequestError("The offer is for another request.")
        if len(told.proof) != PROOF_BYTES or len(told.claim) != hashlib.sha256().digest_size:
            raise RequestError("The proof or the claim has another length.")
        code = self._codes.open(told.download, now)
        account = code.account if code else None
        new = _Waiting(told.offer, told.proof, told.claim, address, told.download, account, now)
        with self._lock:
            self._forget(now)
            known = self._waiting.get(request)
            if known is not None:
                return _kept_before(known, new)
            self._offers.take(neighbourhood(address), now)
            if len(self._waiting) >= _MOST:
                raise TooMany("Too many devices wait to be set up. Try later.", retry_after=60)
            self._waiting[request] = new
        return messages.EnrolmentKept(new.expires)

    def claim(self, request: bytes, claim: bytes, now: int) -> messages.EnrolmentAnswer:
        """What was brought for a device, to whoever asked for it."""
        found = self._find(request, now)
        if not secrets.compare_digest(hashlib.sha256(claim).digest(), found.claim):
            raise _no_such_request()
        return messages.EnrolmentAnswer(found.expires, found.bundle)

    def waiting(self, person: Person, handle: str, now: int) -> messages.EnrolmentRequestList:
        """Devices that came by the person's downloads; with the beginning of a code, those that it
        may be of."""
        if handle:
            if len(handle) != _HANDLE_LETTERS:
                raise RequestError("The beginning of a code has four letters.")
            self._looks.take(person.number, now)
        with self._lock:
            self._forget(now)
            found = [
                one.shown(request)
                for request, one in self._waiting.items()
                if not one.bundle
                and (handle_of(request) == handle if handle else one.account == person.number)
            ]
        return messages.EnrolmentRequestList(tuple(found))

    def approve(self, person: Person, request: bytes, bundle: bytes, now: int) -> None:
        """Keep what the person's browser made for a device, once."""
        account = read_bundle(bundle).head.account
        if account != person.account:
            raise RequestError("What was made for the device is of another account.")
        with self._lock:
            self._forget(now)
            known = self._waiting.get(request)
            if known is None:
                raise CodeExpired("This request is too old, or was never made.")
            if known.bundle not in (b"", bundle):
                raise Conflict("Somebody agreed to this request already.")
            self._waiting[request] = replace(known, bundle=bundle)
        self._codes.use(known.download, now)

    def _find(self, request: bytes, now: int) -> _Waiting:
        with self._lock:
            self._forget(now)
            found = self._waiting.get(request)
        if found is None:
            raise _no_such_request()
        return found

    def _forget(self, now: int) -> None:
        over = [
            one for one, kept in self._waiting.items() if not kept.created <= now < kept.expires
        ]
        for request in over:
            del self._waiting[request]


def _kept_before(known: _Waiting, new: _Waiting) -> messages.EnrolmentKept:
    if (known.offer, known.proof, known.claim) != (new.offer, new.proof, new.claim):
        raise Conflict("Another device asks under this name.")
    return messages.EnrolmentKept(known.expires)


def _no_such_request() -> NotFound:
    return NotFound("There is no such request, or it is too old.")
