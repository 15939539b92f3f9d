"""Every failure we foresee: one tree, stable codes.

    CsbError
    ├── FormatError          bytes at rest do not mean what they should
    │   ├── Malformed        they cannot be read at all
    │   ├── UnknownVersion   they come from a newer release
    │   ├── BlockDamaged     a block does not open
    │   ├── NodeMismatch     a tree does not match its id
    │   ├── PackDamaged      a pack does not match its id, or its footer is wrong
    │   ├── ReleaseDamaged   a file of a release is not the one its manifest names
    │   └── SignatureInvalid a signature does not hold
    ├── KeyFailure           keys, passwords, recovery keys
    │   ├── WrongPassword
    │   ├── WrongRecoveryKey
    │   ├── RecoveryKeyMistyped
    │   ├── KdfTooWeak
    │   ├── KdfTooCostly
    │   └── KeysMismatch
    ├── TrustError           who we are talking to
    │   ├── PinMismatch
    │   ├── CertificateRefused
    │   ├── ServerWentBack
    │   ├── HistoryBroken
    │   ├── ReleaseRefused   a release of the client that it must not become
    │   ├── EnrolmentInvalid what a browser brought to enrol this machine does not hold
    │   └── OrderInvalid     a restore order does not hold
    │       ├── OrderExpired
    │       └── OrderReplayed
    ├── RemoteError          the server said no, or did not answer
    │   ├── ServerUnreachable
    │   ├── ServerIncompatible
    │   ├── TokenRefused     the server does not know us any more
    │   ├── ContentMissing   the server lacks what a snapshot needs
    │   └── Refused          a problem document; its code is the server's
    ├── RequestError         what the server answers with (status in `protocol.problems`)
    ├── ClientError          what stops the client
    └── ServerError          what stops the server

A message says what happened to what, then what to do.
"""

from __future__ import annotations

from typing import ClassVar


class CsbError(Exception):
    """A failure we foresee; `code` never changes once released."""

    code: ClassVar[str] = "failure"


# --- bytes at rest ---------------------------------------------------------------------------


class FormatError(CsbError):
    code = "format-error"


class Malformed(FormatError):
    code = "malformed"

    def __init__(self, what: str, why: str) -> None:
        super().__init__(f"{what} cannot be read: {why}.")


class UnknownVersion(FormatError):
    code = "unknown-version"

    def __init__(self, what: str, version: object) -> None:
        super().__init__(
            f"{what} has format version {version}, which this release does not know. Update it."
        )


class BlockDamaged(FormatError):
    code = "block-damaged"

    def __init__(self, why: str) -> None:
        super().__init__(f"A block does not open: {why}.")


class NodeMismatch(FormatError):
    code = "tree-mismatch"

    def __init__(self, node: bytes) -> None:
        super().__init__(f"The listing kept as {node.hex()} does not match its id.")
        self.node = node


class PackDamaged(FormatError):
    code = "pack-damaged"

    def __init__(self, pack: bytes, why: str) -> None:
        super().__init__(f"Pack {pack.hex()} is damaged: {why}.")
        self.pack = pack


class ReleaseDamaged(FormatError):
    code = "release-damaged"

    def __init__(self, version: str, why: str) -> None:
        super().__init__(f"Release {version} is damaged: {why}. Add it anew.")
        self.version = version


class SignatureInvalid(FormatError):
    code = "signature-invalid"

    def __init__(self, what: str) -> None:
        super().__init__(f"The signature of {what} does not hold. Do not trust it.")


# --- keys ------------------------------------------------------------------------------------


class KeyFailure(CsbError):
    code = "key-failure"


class WrongPassword(KeyFailure):
    code = "wrong-password"

    def __init__(self) -> None:
        super().__init__("The account name or the password is wrong.")


class WrongRecoveryKey(KeyFailure):
    code = "wrong-recovery-key"

    def __init__(self) -> None:
        super().__init__("This recovery key does not belong to this account.")


class RecoveryKeyMistyped(KeyFailure):
    code = "recovery-key-mistyped"

    def __init__(self, why: str) -> None:
        super().__init__(f"That is not a recovery key: {why}. Compare it with your recovery kit.")


class KdfTooWeak(KeyFailure):
    code = "kdf-too-weak"

    def __init__(self) -> None:
        super().__init__(
            "The server asks for weaker password protection than this client accepts. "
            "Do not type your password; ask the admin what changed."
        )


class KdfTooCostly(KeyFailure):
    code = "kdf-too-costly"

    def __init__(self) -> None:
        super().__init__(
            "The password protection that the server asks for takes more memory or time than any "
            "should. Nothing was derived; ask the admin what changed."
        )


class KeysMismatch(KeyFailure):
    code = "keys-mismatch"

    def __init__(self, what: str) -> None:
        super().__init__(f"The server's {what} is not the one your keys give. Do not trust it.")


# --- trust -----------------------------------------------------------------------------------


class TrustError(CsbError):
    code = "trust-error"


class PinMismatch(TrustError):
    code = "pin-mismatch"

    def __init__(self, expected: str, found: str) -> None:
        super().__init__(
            f"The server shows pin {found}, not {expected}. "
            "Compare it with what `csb-server pin` prints, and do not go on if they differ."
        )


class CertificateRefused(TrustError):
    code = "certificate-refused"

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"{url} does not prove that it is your server: {why}. Check this machine's clock, and "
            "ask the admin whether its certificate is over; else somebody stands in between."
        )


class ServerWentBack(TrustError):
    code = "server-went-back"

    def __init__(self, what: str, advice: str = "run `csb accept-server`") -> None:
        super().__init__(
            f"The server knows less than it did before: {what}. "
            f"If you know why (it was restored from an older copy), {advice}."
        )


class HistoryBroken(TrustError):
    code = "history-broken"

    def __init__(self, why: str) -> None:
        super().__init__(f"The chain of snapshots does not hold: {why}. Do not trust this history.")


class ReleaseRefused(TrustError):
    """`reasons` are those of `rules.releases`."""

    code = "release-refused"

    def __init__(self, version: str, why: str, reasons: tuple[str, ...]) -> None:
        super().__init__(f"Release {version} of the client is not taken: {why}.")
        self.version = version
        self.reasons = reasons


class EnrolmentInvalid(TrustError):
    """What was brought is for another request, from somebody else, or was changed."""

    code = "enrolment-invalid"

    def __init__(self, why: str) -> None:
        super().__init__(
            f"What was brought to set this machine up does not hold: {why}. Run `csb setup` again."
        )


class OrderInvalid(TrustError):
    """A restore order that the account did not give, or not like this."""

    code = "order-invalid"

    def __init__(self, why: str) -> None:
        super().__init__(f"The restore order does not hold: {why}. It is not carried out.")


class OrderExpired(OrderInvalid):
    code = "order-expired"


class OrderReplayed(OrderInvalid):
    code = "order-replayed"

    def __init__(self) -> None:
        super().__init__("it, or one with its number, was carried out or refused before")


# --- the other side ---------------------------------------------------------------------------


class RemoteError(CsbError):
    code = "remote-error"


class ServerUnreachable(RemoteError):
    code = "server-unreachable"

    def __init__(self, url: str, why: str) -> None:
        super().__init__(
            f"No answer from {url}: {why}. Check that the server runs and the address is right."
        )


class ServerIncompatible(RemoteError):
    code = "server-incompatible"

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url} cannot work with this client: {why}.")


class TokenRefused(RemoteError):
    code = "token-refused"

    def __init__(self, *, device: bool) -> None:
        super().__init__(
            "The server no longer accepts this device: it was revoked, or another machine took it "
            "over. Run `csb login URL --account NAME --take-over DEVICE` to set it up again."
            if device
            else "The server ended this sign-in. Run the command again."
        )


class ContentMissing(RemoteError):
    code = "content-missing"

    def __init__(self, what: str) -> None:
        super().__init__(f"The server does not have {what}. Ask its admin to run a scrub.")


class Refused(RemoteError):
    """The server's problem document: `problem` is the server's own code."""

    code = "refused"

    def __init__(self, status: int, code: str, detail: str, extra: dict[str, object]) -> None:
        super().__init__(detail)
        self.status = status
        self.problem = code
        self.extra = extra


class RequestError(CsbError):
    """A request the server does not carry out; the status stands in `protocol.problems`."""

    code = "bad-request"

    def __init__(self, message: str, **extra: object) -> None:
        super().__init__(message)
        self.extra = extra


class NotSignedIn(RequestError):
    code = "not-signed-in"

    def __init__(self) -> None:
        super().__init__("Sign in first, or give a valid device token.")


class Forbidden(RequestError):
    code = "forbidden"


class NotLetIn(RequestError):
    """At a device's own page: this browser did not bring the token."""

    code = "not-let-in"

    def __init__(self) -> None:
        super().__init__("This page opens with the address that `csb open` prints, once.")


class WrongHost(RequestError):
    """At a device's own page: a name that leads here, which is not its address."""

    code = "wrong-host"

    def __init__(self) -> None:
        super().__init__("This is not the address of this page. Use the one `csb open` prints.")


class NotFound(RequestError):
    code = "not-found"


class Conflict(RequestError):
    code = "conflict"


class MissingReferences(RequestError):
    """A commit names chunks or trees that are not here; `extra["missing"]` lists them."""

    code = "missing-references"


class NotNext(RequestError):
    """A snapshot does not follow the newest one of its device."""

    code = "not-next"


class QuotaExceeded(RequestError):
    code = "quota-exceeded"


class TooMany(RequestError):
    """Rate limit; `extra["retry_after"]` in seconds."""

    code = "too-many-requests"


class TooLarge(RequestError):
    code = "too-large"


class RangeUnmet(RequestError):
    code = "range-unmet"


class TooSlow(RequestError):
    """A request that stopped in the middle, or comes too slowly."""

    code = "too-slow"


class StorageFull(RequestError):
    code = "storage-full"


class NameTaken(Conflict):
    code = "name-taken"


class RegistrationClosed(Forbidden):
    code = "registration-closed"


class CodeExpired(Forbidden):
    code = "code-expired"


class AccountClosing(Forbidden):
    """The account waits to be deleted: nothing new is taken in."""

    code = "account-closing"

    def __init__(self) -> None:
        super().__init__(
            "This account is going to be deleted. To keep it, sign in on the server's page and "
            "take the deletion back."
        )


class SignInFailed(RequestError):
    code = "sign-in-failed"

    def __init__(self) -> None:
        super().__init__("The account name or the password is wrong.")


# --- what stops a program ---------------------------------------------------------------------


class ClientError(CsbError):
    code = "client-error"


class NoSuchOrder(ClientError):
    code = "no-such-order"


class NoSuchChange(ClientError):
    code = "no-such-change"

    def __init__(self) -> None:
        super().__init__(
            "There is no such change from the server to take back. `csb settings` shows them."
        )


class KeptByAdmin(ClientError):
    code = "kept-by-admin"

    def __init__(self, part: str) -> None:
        super().__init__(
            f"The server's admin decides the {part} of this device, and may change them again. "
            "Say --anyway to change them all the same."
        )


class OrderInProgress(ClientError):
    code = "order-in-progress"

    def __init__(self) -> None:
        super().__init__("Orders are being carried out on this machine already. Wait for that.")


class NotEnrolled(ClientError):
    code = "not-enrolled"

    def __init__(self) -> None:
        super().__init__(
            "This machine is not set up yet. Run `csb register URL --account NAME` for a new "
            "account, or `csb login URL --account NAME` for one you have."
        )


class AlreadyEnrolled(ClientError):
    code = "already-enrolled"


class EnrolmentExpired(ClientError):
    code = "enrolment-expired"

    def __init__(self) -> None:
        super().__init__("Nobody agreed within ten minutes. Run `csb setup` again.")


class EnrolmentUsed(ClientError):
    code = "enrolment-used"

    def __init__(self) -> None:
        super().__init__("This machine was set up already, a moment ago. Nothing was changed.")


class EnrolmentCodeMistyped(ClientError):
    code = "enrolment-code-mistyped"

    def __init__(self) -> None:
        super().__init__("That is not a code: it has twelve letters and digits, in three groups.")


class NothingToBackUp(ClientError):
    code = "nothing-to-back-up"

    def __init__(self) -> None:
        super().__init__("No folder is chosen yet. Run `csb add PATH` first.")


class PathProblem(ClientError):
    code = "path-problem"


class NoSuchSnapshot(ClientError):
    code = "no-such-snapshot"


class NoSuchPath(ClientError):
    code = "no-such-path"


class NoSuchDevice(ClientError):
    code = "no-such-device"


class RunInProgress(ClientError):
    code = "run-in-progress"

    def __init__(self) -> None:
        super().__init__("Another backup of this device is running. Wait for it, or stop it.")


class LocalDiskFull(ClientError):
    code = "local-disk-full"

    def __init__(self, path: str) -> None:
        super().__init__(f"The disk that holds {path} is full. Free some space and run it again.")


class WebAppMissing(ClientError):
    code = "web-app-missing"

    def __init__(self) -> None:
        super().__init__(
            "This client came without the web pages, so it cannot open them. Install it again from "
            "a server that has its web app, or use `csb ls` and `csb restore`."
        )


class ChunkerMissing(ClientError):
    code = "chunker-missing"

    def __init__(self) -> None:
        super().__init__(
            "The compiled part of pyfastcdc is not installed, and without it a backup would take "
            "days. Install the client again, from wheels made for this machine."
        )


class ServerError(CsbError):
    code = "server-error"


class FolderInUse(ServerError):
    code = "folder-in-use"

    def __init__(self, folder: str) -> None:
        super().__init__(
            f"The data folder {folder} is in use by another csb-server. Stop that one first."
        )


class FolderTooNew(ServerError):
    code = "folder-too-new"

    def __init__(self, folder: str, found: int, known: int) -> None:
        super().__init__(
            f"The data folder {folder} has version {found}; this release knows {known}. "
            "Start the newer release, nothing was changed."
        )


class CatalogDamaged(ServerError):
    code = "catalog-damaged"

    def __init__(self, path: str) -> None:
        super().__init__(
            f"The catalog {path} is damaged. Run `csb-server rebuild`: it makes a new one out of "
            "the packs and records, which hold everything."
        )


class ConfigInvalid(ServerError):
    code = "config-invalid"
