"""The one table from failures to HTTP statuses, and problem documents (RFC 9457)."""

from __future__ import annotations

from typing import Any

from csbackup import errors

CONTENT_TYPE = "application/problem+json"

STATUS: dict[type[errors.CsbError], int] = {
    errors.NotSignedIn: 401,
    errors.SignInFailed: 401,
    errors.NotLetIn: 401,
    errors.Forbidden: 403,
    errors.RegistrationClosed: 403,
    errors.CodeExpired: 403,
    errors.NotFound: 404,
    errors.NameTaken: 409,
    errors.MissingReferences: 409,
    errors.NotNext: 409,
    errors.Conflict: 409,
    errors.TooSlow: 408,
    errors.TooLarge: 413,
    errors.RangeUnmet: 416,
    errors.WrongHost: 421,
    errors.PackDamaged: 422,
    errors.FormatError: 422,
    errors.SignatureInvalid: 422,
    errors.KeyFailure: 422,
    errors.TooMany: 429,
    errors.QuotaExceeded: 507,
    errors.StorageFull: 507,
    errors.RemoteError: 502,  # what a device's own page says of the server behind it
    errors.TrustError: 502,
    errors.RequestError: 400,
    errors.ClientError: 400,  # what a device's own page says of the device
}


def status_of(failure: errors.CsbError) -> int:
    """The status of the nearest class in the table; 500 for what no request can cause."""
    for kind in type(failure).__mro__:
        if kind in STATUS:
            return STATUS[kind]
    return 500


def problem_document(failure: errors.CsbError) -> dict[str, Any]:
    """`type` and `title` stay the same for a code; `detail` is for people."""
    document: dict[str, Any] = {
        "type": f"urn:csb:problem:{failure.code}",
        "title": failure.code.replace("-", " "),
        "status": status_of(failure),
        "code": failure.code,
        "detail": str(failure),
    }
    if isinstance(failure, errors.RequestError):
        document.update(failure.extra)
    return document
