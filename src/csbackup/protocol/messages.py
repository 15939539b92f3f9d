"""The JSON that client, web and server exchange. Times are nanoseconds since 1970 unless said.

Written once, here: `openapi.json` and the web's types come from it. A nanosecond time does not fit
a JavaScript number exactly; the web needs milliseconds only, so it may round.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from csbackup.protocol.adapter import Blob, Hex
from csbackup.rules.comparing import Change, Property
from csbackup.rules.narrowing import Effect
from csbackup.rules.rollout import Stage, Standing, Update
from csbackup.rules.source import Part, SourceChange, SourceSettings

Role = Literal["user", "admin"]
Kind = Literal["file", "folder", "symlink", "fifo", "socket", "char-device", "block-device"]


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What anyone may know of this server."""

    name: str
    version: str
    protocol_oldest: int
    protocol_newest: int
    pin: str
    leaf_pin: str  # base64 SHA-256 of the leaf's public key, as `curl` takes it; empty: a proxy's
    url: str
    registration: Literal["local", "open", "invite", "closed"]
    may_register: bool  # whether this caller may, from where it calls
    needs_admin: bool  # no admin exists yet
    client_wheel: str  # path of the client's wheel on this server, or empty
    client_wheel_sha256: str


@dataclass(frozen=True, slots=True)
class KdfRequest:
    account: str


@dataclass(frozen=True, slots=True)
class KdfAnswer:
    """How to stretch the password of an account; for an unknown one a stable made-up answer."""

    account_id: Hex
    kdf: Blob
    epoch: int


@dataclass(frozen=True, slots=True)
class Registration:
    """A new account. The client has made every key; only proofs and wraps are here."""

    name: str
    account_id: Hex
    kdf: Blob
    auth: Blob
    wrap_password: Blob
    recovery_auth: Blob
    wrap_recovery: Blob
    sealing_public: Blob
    account_public: Blob
    invitation: str = ""


@dataclass(frozen=True, slots=True)
class SignIn:
    """Exactly one of `auth` (password) and `recovery_auth` (recovery key) is given."""

    account: str
    auth: Blob | None = None
    recovery_auth: Blob | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account as its owner sees it: what the device needs to unwrap the master secret."""

    account_id: Hex
    name: str
    role: Role
    epoch: int
    kdf: Blob
    wrap_password: Blob
    wrap_recovery: Blob
    sealing_public: Blob
    account_public: Blob
    quota_bytes: int  # 0: no limit
    stored_bytes: int
    created: int
    closing: int | None = None  # when it will be deleted, unless that is taken back


@dataclass(frozen=True, slots=True)
class Session:
    """`token` is empty for a browser, which gets a cookie instead."""

    token: str
    expires: int
    account: Account


@dataclass(frozen=True, slots=True)
class PasswordChange:
    """A new password; `proof` is the old password's auth or the recovery key's."""

    proof: Blob
    kdf: Blob
    auth: Blob
    wrap_password: Blob
    epoch: int  # the epoch this replaces, plus one


@dataclass(frozen=True, slots=True)
class RecoveryChange:
    """A new recovery key; `proof` is the password's auth."""

    proof: Blob
    recovery_auth: Blob
    wrap_recovery: Blob


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """Where somebody is signed in. All that is kept of it stands here, but for its token's hash."""

    session: Hex  # a name for it, which lets nobody in
    program: str  # as it calls itself, such as `Firefox`; may be empty
    system: str
    address: str  # from where it signed in
    browser: bool
    created: int
    last_used: int  # to the minute
    expires: int  # at the latest
    current: bool  # the one that asks


@dataclass(frozen=True, slots=True)
class SessionList:
    """Last used first."""

    sessions: tuple[SessionInfo, ...]


@dataclass(frozen=True, slots=True)
class Deletion:
    """What deleting the account takes away, and whether that was asked for."""

    due: int | None  # when it will be deleted; null: nobody asked
    days: int  # from asking to deleting
    devices: int
    snapshots: int
    packs: int
    stored_bytes: int
    last_admin: bool  # then it cannot be asked for


@dataclass(frozen=True, slots=True)
class DeletionRequest:
    """`proof` is the password's auth or the recovery key's; `name` is the account's, typed."""

    proof: Blob
    name: str


@dataclass(frozen=True, slots=True)
class DeviceEnrolment:
    """A device's certificate, signed by the account key. With `take_over` the device exists
    already: its serial is the old one plus one, and its old token ends. `download`: the code of
    the download that brought the client, whose page waits for it."""

    device: Hex
    name: str
    os: str
    version: str
    certificate: Blob
    signature: Blob
    take_over: bool = False
    download: str = ""


@dataclass(frozen=True, slots=True)
class DeviceChange:
    """A new name for a device."""

    name: str


@dataclass(frozen=True, slots=True)
class DeviceToken:
    token: str


@dataclass(frozen=True, slots=True)
class CertificateInfo:
    serial: int
    certificate: Blob
    signature: Blob
    revoked: int | None  # when


@dataclass(frozen=True, slots=True)
class Device:
    """A device with what is known of it."""

    device: Hex
    account: str
    name: str
    os: str
    version: str
    created: int
    serial: int
    revoked: int | None
    last_contact: int | None
    last_file_backed_up: int | None  # when a snapshot last brought a new or changed file
    last_snapshot: int | None  # when received
    snapshots: int
    files: int  # of the newest snapshot
    bytes: int  # of the newest snapshot
    stored_bytes: int  # of the packs this device sent
    coverage: float
    problems: int
    state: Literal["never", "running", "ok", "problems", "overdue", "paused", "revoked"]
    reason: str  # of the state, for people
    overdue_after_seconds: int


@dataclass(frozen=True, slots=True)
class DeviceList:
    devices: tuple[Device, ...]


@dataclass(frozen=True, slots=True)
class CertificateList:
    certificates: tuple[CertificateInfo, ...]


@dataclass(frozen=True, slots=True)
class DeviceHead:
    """The newest snapshot of a device; sequence 0 and an empty id when there is none."""

    device: Hex
    sequence: int
    snapshot: Hex


@dataclass(frozen=True, slots=True)
class UploadRequest:
    """`source` of the device; the client's view of its own newest snapshot for the run's sake."""

    source: Hex


@dataclass(frozen=True, slots=True)
class Upload:
    upload: Hex
    account_empty: bool  # nothing is stored yet: no need to ask `have`
    heads: tuple[DeviceHead, ...]  # every device of the account, this one included
    lease_days: int


@dataclass(frozen=True, slots=True)
class Commit:
    """A signed snapshot: the exact bytes and their signature."""

    snapshot: Blob
    signature: Blob


@dataclass(frozen=True, slots=True)
class Committed:
    snapshot: Hex
    sequence: int
    received: int


@dataclass(frozen=True, slots=True)
class PackReceived:
    pack: Hex
    new: bool


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """How the client's update of itself stands: `version` is the one it is about.

    `off`: this installation never updates itself; `failed`: a version could not be installed;
    `rolled-back`: it was, did not work, and the one before runs again. `code` and `reason` say why.
    """

    state: Update
    version: str = ""
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CheckIn:
    """A device's word that it lives. An empty `target`, or no `update`: nothing is said of it."""

    version: str
    os: str
    state: Literal["idle", "running", "paused"] = "idle"
    progress_files: int = 0
    progress_bytes: int = 0
    target: str = ""  # which bundles run here, such as `linux-amd64`
    update: UpdateReport | None = None


@dataclass(frozen=True, slots=True)
class CheckInAnswer:
    now: int
    heads: tuple[DeviceHead, ...]
    resend: tuple[Hex, ...]
    orders: int = 0  # to this device, that have not ended
    settings: int = 0  # revision of the device's settings here; 0: nobody changed them here yet
    release: str | None = None  # the version that this device should run; null: as it is


@dataclass(frozen=True, slots=True)
class ProblemCount:
    problem: str
    count: int


@dataclass(frozen=True, slots=True)
class SnapshotInfo:
    """A snapshot with what the server knows of it; `signed` and `signature` prove it."""

    snapshot: Hex
    sequence: int
    started: int
    finished: int
    received: int
    files: int
    folders: int
    bytes: int
    files_changed: int
    bytes_read: int
    coverage: float
    partial: bool
    problems: tuple[ProblemCount, ...]
    expired: bool  # only its stub is left
    signed: Blob
    signature: Blob


@dataclass(frozen=True, slots=True)
class SnapshotList:
    """Oldest first."""

    snapshots: tuple[SnapshotInfo, ...]


@dataclass(frozen=True, slots=True)
class ListingEntry:
    """`name` is for people (not text: replacement characters); `name_bytes` is exact."""

    name: str
    name_bytes: Blob
    kind: Kind
    size: int  # a file's own; a folder's total
    files: int  # in a folder, all below
    mtime: int
    mode: int


@dataclass(frozen=True, slots=True)
class Listing:
    """One folder as of one snapshot, or its entry alone when the path is no folder."""

    snapshot: Hex
    sequence: int
    received: int
    path: str
    path_bytes: Blob
    entries: tuple[ListingEntry, ...]
    total: int  # entries in the folder
    next_offset: int | None


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A path whose name was looked for, as the newest snapshot that has it shows it."""

    name: str
    path: str
    path_bytes: Blob
    kind: Kind
    size: int  # a file's own; a folder's total
    mtime: int
    last_sequence: int  # the newest snapshot that has it
    last_received: int
    present: bool  # no whole snapshot after that one lacks it


@dataclass(frozen=True, slots=True)
class SearchPage:
    """What is in the newest snapshot first, then what is gone, by the snapshot that had it last.

    A page may be short, or empty, while `complete` is false: the time of one request was over.
    """

    hits: tuple[SearchHit, ...]
    next: str | None  # `after` of the page that follows
    complete: bool  # nothing follows


@dataclass(frozen=True, slots=True)
class FileVersion:
    """How a path was from one snapshot to another; of a removed one `kind` says what it was."""

    sequence: int
    received: int
    change: Change
    kind: Kind
    size: int  # a file's own; a folder's total; 0 when removed
    mtime: int  # 0 when removed
    mode: int  # 0 when removed
    differs: tuple[Property, ...]  # from the version before; empty when added or removed
    until_sequence: int  # the last snapshot that has it so
    until_received: int


@dataclass(frozen=True, slots=True)
class VersionList:
    """Newest first. A checkpoint that lacks the path does not count: it may not have come to it."""

    path: str
    path_bytes: Blob
    versions: tuple[FileVersion, ...]
    next_before: int | None  # `before` of the page that follows


@dataclass(frozen=True, slots=True)
class ChangeEntry:
    """An entry that differs; of a folder with the sums of everything below it.

    `inside`: the folder itself is the same, something below it is not. What a changed file grew
    by is in `bytes_added`, what it shrank by in `bytes_removed`.
    """

    name: str
    name_bytes: Blob
    kind: Kind  # after, or before when removed
    change: Literal["added", "removed", "changed", "metadata", "inside"]
    size_before: int
    size_after: int
    files_added: int
    files_removed: int
    files_changed: int  # contents or metadata
    bytes_added: int
    bytes_removed: int


@dataclass(frozen=True, slots=True)
class ChangeList:
    """One folder of the comparison of two snapshots: what differs in it, and its sums."""

    from_sequence: int
    to_sequence: int
    path: str
    path_bytes: Blob
    entries: tuple[ChangeEntry, ...]
    total: int  # entries that differ
    next_offset: int | None
    files_added: int
    files_removed: int
    files_changed: int
    bytes_added: int
    bytes_removed: int
    exact: bool  # false: the time of one request was over, and there may be more than this


@dataclass(frozen=True, slots=True)
class ReportEntry:
    """A problem of a run; `path` is for people, `path_bytes` exact."""

    problem: str
    path: str
    path_bytes: Blob
    message: str


@dataclass(frozen=True, slots=True)
class ReportPage:
    """What a run could not do; `total` are the lines that were kept, at most 4 MiB of them."""

    lines: tuple[ReportEntry, ...]
    total: int
    next_offset: int | None


@dataclass(frozen=True, slots=True)
class AccountSummary:
    """An account as the admin sees it."""

    name: str
    role: Role
    created: int
    devices: int
    stored_bytes: int
    quota_bytes: int
    last_sign_in: int | None
    closing: int | None = None  # when it will be deleted


@dataclass(frozen=True, slots=True)
class AccountList:
    accounts: tuple[AccountSummary, ...]


@dataclass(frozen=True, slots=True)
class ServerStatus:
    version: str
    started: int
    accounts: int
    devices: int
    snapshots: int
    packs: int
    stored_bytes: int
    free_bytes: int
    data_folder: str


@dataclass(frozen=True, slots=True)
class Done:
    done: bool = True


@dataclass(frozen=True, slots=True)
class PublicNames:
    """Under which names a certificate of a public CA is good too; see `format.vouching`."""

    statement: Blob
    signature: Blob


@dataclass(frozen=True, slots=True)
class Health:
    status: Literal["ok"] = "ok"


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem document (RFC 9457); some codes bring more fields."""

    type: str
    title: str
    status: int
    code: str
    detail: str


# --- restore orders -----------------------------------------------------------------------------

OrderState = Literal[
    "waiting", "accepted", "running", "done", "failed", "refused", "withdrawn", "expired"
]


@dataclass(frozen=True, slots=True)
class OrderDraft:
    """What is to be put back: paths of a snapshot of `source`, on `device`; everything without."""

    device: Hex
    source: Hex
    sequence: int
    paths: tuple[Blob, ...]  # exact bytes


@dataclass(frozen=True, slots=True)
class OrderPlan:
    """What the browser needs to make the order. `certificate` is the device's newest, `number`
    the next one that the device will take, `data_keys` the sealed keys of all blocks it needs."""

    number: int
    serial: int
    certificate: Blob
    certificate_signature: Blob
    snapshot: Hex
    received: int
    files: int
    bytes: int
    data_keys: tuple[Blob, ...]


@dataclass(frozen=True, slots=True)
class NewOrder:
    """A signed order: the exact bytes and their signature."""

    order: Blob
    signature: Blob


@dataclass(frozen=True, slots=True)
class OrderProblem:
    problem: str
    path: str
    message: str


@dataclass(frozen=True, slots=True)
class OrderInfo:
    """An order and how it goes, as the account sees it."""

    order: Hex
    number: int
    device: Hex
    device_name: str
    source: Hex
    source_name: str
    sequence: int
    received: int  # of the snapshot
    paths: tuple[str, ...]  # the first ones; empty: everything
    paths_total: int
    target: str  # empty: where it was
    overwrite: bool
    created: int
    expires: int
    state: OrderState
    needs_person: bool  # somebody at the device has to agree first; `message` says why
    files: int
    bytes: int
    files_done: int
    bytes_done: int
    files_skipped: int  # were there already
    problems: int
    problem_lines: tuple[OrderProblem, ...]  # the first ones
    message: str
    updated: int


@dataclass(frozen=True, slots=True)
class OrderList:
    """Newest first."""

    orders: tuple[OrderInfo, ...]


@dataclass(frozen=True, slots=True)
class DeviceOrderHead:
    order: Hex
    number: int
    state: OrderState


@dataclass(frozen=True, slots=True)
class DeviceOrderList:
    """The orders that a device may carry out. `revision` changes whenever one comes or goes."""

    now: int
    revision: int
    orders: tuple[DeviceOrderHead, ...]
    settings: int = 0  # revision of the device's settings, as at its check-in


@dataclass(frozen=True, slots=True)
class DeviceOrder:
    """An order with all that proves it: the signed snapshot, and its source's certificate."""

    now: int
    state: OrderState
    document: Blob
    signature: Blob
    source_name: str
    snapshot: Blob
    snapshot_signature: Blob
    received: int
    certificate: Blob
    certificate_signature: Blob
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class OrderReport:
    """A device's word of how an order goes."""

    state: Literal["waiting", "accepted", "running", "done", "failed", "refused"]
    files: int = 0
    bytes: int = 0
    files_done: int = 0
    bytes_done: int = 0
    files_skipped: int = 0
    problems: int = 0
    problem_lines: tuple[OrderProblem, ...] = ()
    message: str = ""
    needs_person: bool = False


@dataclass(frozen=True, slots=True)
class OrderVerdict:
    """Where the order stands now: one that is `withdrawn` or `expired` is not gone on with."""

    state: OrderState


# --- settings of devices ------------------------------------------------------------------------

SettingsState = Literal["waiting", "applied", "refused", "failed", "replaced"]
SettingsOutcome = Literal["told", "applied", "refused", "failed"]
StandingState = Literal["untold", "waiting", "applied", "refused", "failed"]
SettingsOrigin = Literal["web", "template", "device", "refusal", "permission"]


@dataclass(frozen=True, slots=True)
class SettingsEvent:
    """One revision of a device's settings: who changed what, and what became of it.

    `waiting` for the device; `applied`; `refused` or `failed` there, `reason` says why; `replaced`
    by a later one before the device took it. Of what the device itself changed `by` is empty.
    """

    revision: int
    changed: int
    by: str  # an account's name
    by_owner: bool  # the device's own account, or the device
    origin: SettingsOrigin
    template: str  # its name, where it came from one
    parts: tuple[Part, ...]  # what it changed
    effects: tuple[Effect, ...]
    settings: SourceSettings  # as they are, or were meant to be, from then on
    person_may: tuple[Part, ...]  # what the owner may change in the web from then on
    state: SettingsState
    reason: str
    warnings: tuple[str, ...]  # what the device noted when it applied them
    answered: int | None
    seen: int | None  # when the owner was shown what somebody else had changed
    needs_seeing: bool


@dataclass(frozen=True, slots=True)
class DeviceSettings:
    """A device's settings: what it says it has, and what waits for it.

    `told` is null until the device first told; nobody can change what is not known. `expected` is
    what it will have when it took what waits: this is what to edit.
    """

    device: Hex
    revision: int
    told: SourceSettings | None
    told_at: int | None
    home: Blob  # what `~` stands for there; empty: not known
    expected: SourceSettings | None
    state: StandingState
    reason: str
    locked: bool  # a person at the device takes no settings from the server
    may_change: tuple[Part, ...]  # what the one who asks may change
    person_may: tuple[Part, ...]  # what the owner may change here
    template: Hex | None
    template_name: str
    unseen: tuple[SettingsEvent, ...]  # what others changed, newest first


@dataclass(frozen=True, slots=True)
class SettingsEdit:
    """A change, by somebody who saw the settings at `revision`; `conflict` when there is a newer
    one. A root may begin with `~/`: the person's own folder on the device."""

    revision: int
    change: SourceChange


@dataclass(frozen=True, slots=True)
class SettingsPreview:
    """What a change would do, and what is wrong with it; it can be saved when nothing is."""

    effects: tuple[Effect, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SettingsHistory:
    """Newest first."""

    events: tuple[SettingsEvent, ...]
    next_before: int | None  # `before` of the page that follows


@dataclass(frozen=True, slots=True)
class SettingsSeen:
    """Up to which revision the owner has seen what others changed."""

    revision: int


@dataclass(frozen=True, slots=True)
class SettingsRefusal:
    """The owner takes back what somebody else changed in this revision."""

    revision: int


@dataclass(frozen=True, slots=True)
class SettingsPermission:
    """What the owner of a device may change in the web."""

    person_may: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class TemplateDraft:
    """A template as it is to be. `revision`: the one seen; 0 for a new one."""

    name: str
    revision: int
    change: SourceChange
    person_may: tuple[Part, ...]  # what owners may change on devices that follow it


@dataclass(frozen=True, slots=True)
class TemplateDevice:
    device: Hex
    name: str
    account: str
    state: StandingState
    differs: tuple[Part, ...]  # what is not as the template says


@dataclass(frozen=True, slots=True)
class SettingsTemplate:
    """Settings for many devices; what it leaves null stays each device's own."""

    template: Hex
    name: str
    revision: int
    everyone: bool  # made by an admin, for any device
    change: SourceChange
    person_may: tuple[Part, ...]
    changed: int
    by: str
    devices: tuple[TemplateDevice, ...]


@dataclass(frozen=True, slots=True)
class TemplateList:
    """By name."""

    templates: tuple[SettingsTemplate, ...]


@dataclass(frozen=True, slots=True)
class TemplateAssignment:
    """The devices that follow a template; one that is no longer named keeps what it has."""

    devices: tuple[Hex, ...]


@dataclass(frozen=True, slots=True)
class PushedSettings:
    """What the server has for a device: the change `waiting` (0: none) wants `wanted`, made by
    somebody who saw `base`. `told_id`: what the device told last; empty: nothing."""

    revision: int  # the newest
    waiting: int
    told_id: Hex
    kept: tuple[Part, ...]  # what the admin does not let the owner change in the web
    changed: int = 0
    by: str = ""
    by_owner: bool = True
    base: SourceSettings | None = None
    wanted: SourceSettings | None = None


@dataclass(frozen=True, slots=True)
class SettingsReport:
    """A device's word of the settings it has. `told`: they changed there, or are told at first;
    else what became of `revision`."""

    revision: int
    outcome: SettingsOutcome
    settings: SourceSettings
    settings_id: Hex  # the device's own name for them
    home: Blob = b""
    reason: str = ""
    warnings: tuple[str, ...] = ()
    locked: bool = False
    seen: bool = False  # a person there has seen what was changed


@dataclass(frozen=True, slots=True)
class SettingsVerdict:
    """The newest revision there is for the device."""

    revision: int


# --- releases and who gets them ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ReleaseInfo:
    """A release that this server has. `problem` empty: it can be given to devices.

    `signed` is `unknown` where the server was not told the release keys; devices know them.
    """

    version: str
    released: int
    expires: int
    min_version: str
    targets: tuple[str, ...]
    signed: Literal["yes", "no", "unknown"]
    problem: str


@dataclass(frozen=True, slots=True)
class Rollout:
    """Which version devices should run, and how far that has come: `first` devices, then all.

    `automatic_hours`: go on to all once the first ones have run it well for so long; null: when an
    admin says so.
    """

    version: str | None
    stage: Stage
    first: tuple[Hex, ...] = ()
    automatic_hours: int | None = None


@dataclass(frozen=True, slots=True)
class RolloutChange:
    """Who set the rollout, when; `by` is empty where it went on by itself."""

    changed: int
    by: str
    rollout: Rollout


@dataclass(frozen=True, slots=True)
class DeviceRelease:
    """What a device runs, and how it stands with the rollout."""

    device: Hex
    account: str
    name: str
    version: str
    target: str
    last_contact: int | None
    standing: Standing
    update: UpdateReport | None


@dataclass(frozen=True, slots=True)
class ReleaseOverview:
    """Newest releases and changes first. `goes_on`: when the rollout goes on to all by itself."""

    now: int
    releases: tuple[ReleaseInfo, ...]
    rollout: Rollout
    goes_on: int | None
    devices: tuple[DeviceRelease, ...]
    history: tuple[RolloutChange, ...]


# --- getting the client ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OfferedFile:
    """One file of the client; `path` is where this server has it."""

    target: str  # such as `linux-amd64`
    name: str
    size: int
    sha256: str
    path: str


@dataclass(frozen=True, slots=True)
class Offer:
    """The release that this server hands out; an empty `version` when it has none."""

    version: str
    released: int
    files: tuple[OfferedFile, ...]


@dataclass(frozen=True, slots=True)
class DownloadRequest:
    """`target` empty: for any machine."""

    target: str = ""


@dataclass(frozen=True, slots=True)
class Download:
    """A code for one enrolment, and how the client comes with it to a machine.

    `files` carry address, pin and code to the machine: a `.run` to start, a `.tar` to unpack.
    """

    code: str
    expires: int
    command: str  # for a terminal; it detects the machine by itself
    version: str  # empty: without a release, the command takes the way with Python
    files: tuple[OfferedFile, ...]


@dataclass(frozen=True, slots=True)
class DownloadState:
    """How far a download has come: `fetched` by a machine, `used` by one to enrol."""

    state: Literal["waiting", "fetched", "used"]
    expires: int


# --- enrolment in the browser -------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class EnrolmentOffer:
    """A device's wish to be enrolled, for whom it is shown as a code. `claim` is SHA-256 of what
    the device asks for the answer with, `download` the code of the download that it came by."""

    offer: Blob
    proof: Blob
    claim: Blob
    download: str = ""


@dataclass(frozen=True, slots=True)
class EnrolmentKept:
    """How long the server keeps it."""

    expires: int


@dataclass(frozen=True, slots=True)
class EnrolmentClaim:
    claim: Blob


@dataclass(frozen=True, slots=True)
class EnrolmentAnswer:
    """`bundle` is empty while nobody agreed."""

    expires: int
    bundle: Blob


@dataclass(frozen=True, slots=True)
class EnrolmentRequest:
    """A device that waits. Whether the offer is the device's own, only the code tells."""

    request: Hex
    offer: Blob
    proof: Blob
    address: str  # from where it asked
    created: int
    expires: int


@dataclass(frozen=True, slots=True)
class EnrolmentRequestList:
    requests: tuple[EnrolmentRequest, ...]


@dataclass(frozen=True, slots=True)
class EnrolmentApproval:
    """What the browser made for the device; the server cannot open it."""

    bundle: Blob


# --- the device's own page ----------------------------------------------------------------------
# Not the server: `csb setup` answers these below `/device/v1/`, to the one browser it let in.

Measuring = Literal["waiting", "running", "done", "partly", "failed"]


@dataclass(frozen=True, slots=True)
class PlaceJunk:
    """What is seldom worth a backup. `pattern` leaves it out, here or wherever it stands;
    `ticked`: unless the person says otherwise."""

    kind: str
    path: str  # for people; one of several
    pattern: str
    ticked: bool
    places: int
    files: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Place:
    """A folder that could be backed up. `partly`: it is so large that measuring stopped."""

    path: str  # for people
    path_bytes: Blob
    why: Literal["documents", "home", "settings", "data", "chosen", "added"]
    ticked: bool
    measuring: Measuring
    files: int
    bytes: int
    problems: int  # what cannot be read


@dataclass(frozen=True, slots=True)
class FirstRun:
    """The first backup, as it goes."""

    state: Literal["none", "running", "done", "problems", "failed"]
    phase: str
    files: int
    bytes: int
    files_done: int
    bytes_done: int
    bytes_sent: int
    problems: int
    message: str  # of a failure
    seconds: float


@dataclass(frozen=True, slots=True)
class ServiceStanding:
    """Whether it goes on by itself from now on; `command` does what could not be done here."""

    state: Literal["unknown", "running", "not-possible"]
    message: str
    command: str


@dataclass(frozen=True, slots=True)
class Choosing:
    """What can be backed up here, what it would take, and how the first backup goes."""

    account: str
    device: Hex
    device_name: str
    server: str
    system: bool  # everything of this machine can be read: it runs as root
    places: tuple[Place, ...]
    junk: tuple[PlaceJunk, ...]
    bytes_per_second: int  # to the server, as assumed
    run: FirstRun
    service: ServiceStanding


@dataclass(frozen=True, slots=True)
class OwnFolder:
    name: str
    path_bytes: Blob
    readable: bool


@dataclass(frozen=True, slots=True)
class OwnFolders:
    """The folders in a folder of this device; `total` may be more than are listed."""

    path: str
    path_bytes: Blob
    parent: Blob  # empty at the top
    folders: tuple[OwnFolder, ...]
    total: int


@dataclass(frozen=True, slots=True)
class NewPlace:
    path_bytes: Blob


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the person decided: begin."""

    roots: tuple[Blob, ...]
    exclusions: tuple[str, ...]


DEVICE_PAGE = (Choosing, OwnFolders, NewPlace, Chosen)
