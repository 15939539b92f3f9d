"""Every route there is, and who may use it. What is not here does not exist."""

from __future__ import annotations

from csbackup.errors import (
    CodeExpired,
    Conflict,
    Forbidden,
    FormatError,
    MissingReferences,
    NameTaken,
    NotFound,
    NotNext,
    PackDamaged,
    QuotaExceeded,
    RangeUnmet,
    RegistrationClosed,
    SignatureInvalid,
    SignInFailed,
    StorageFull,
    TooLarge,
    TooMany,
    TooSlow,
)
from csbackup.format.ids import LONG
from csbackup.format.packing import MAX_PACK
from csbackup.protocol import messages
from csbackup.protocol.frames import MAX_HAVE, MAX_LOCATE, MAX_NODES
from csbackup.server.api import (
    accounts,
    admin,
    devices,
    downloads,
    enrolments,
    getting,
    orders,
    past,
    public,
    settings,
    uploads,
)
from csbackup.server.api.description import as_text, describe
from csbackup.server.api.routes import (
    ADMIN,
    ANYONE,
    API,
    DEVICE,
    PERSON,
    READERS,
    Query,
    Raw,
    Route,
)

_IDS = Raw(limit=MAX_HAVE * LONG)
_NODE_IDS = Raw(limit=MAX_NODES * LONG)
_CHUNK_IDS = Raw(limit=MAX_LOCATE * LONG)
_PACK = Raw(limit=MAX_PACK)
_BYTES = Raw()
_TEXT = Raw("text/plain; charset=utf-8", text=True)
_PEM = Raw("application/x-x509-ca-cert", text=True)
_SCRIPT = Raw("text/x-shellscript; charset=utf-8", text=True)
_JSON = Raw("application/json", text=True)

# fmt: off
_PUBLIC = (
    Route(
        "GET", "/healthz", "health", "Whether the server works",
        who=ANYONE, answer=messages.Health, handler=public.health,
    ),
    Route(
        "GET", "/metrics", "metrics", "Figures for Prometheus; from this machine or for an admin",
        who=ANYONE, answer=_TEXT, handler=public.metrics,
    ),
    Route(
        "GET", "/api/openapi.json", "openapi", "This description",
        who=ANYONE, answer=_JSON, handler=lambda call: as_text(describe(ROUTES)).encode(),
    ),
    Route(
        "GET", "/ca.crt", "ca", "The server's own CA; compare its pin before you trust it",
        who=ANYONE, answer=_PEM, handler=public.ca_certificate,
    ),
    Route(
        "GET", f"{API}/public-names", "public_names",
        "Names under which a certificate of a public CA is good too, signed with the CA's key",
        who=ANYONE, answer=messages.PublicNames, handler=public.public_names,
    ),
    Route(
        "GET", "/client/install.sh", "client_installer", "The script that installs the client",
        who=ANYONE, answer=_SCRIPT, handler=public.client_installer,
    ),
    Route(
        "GET", "/client/{wheel}", "client_wheel", "The client, as a Python wheel",
        who=ANYONE, answer=_BYTES, handler=public.client_wheel,
    ),
    Route(
        "GET", f"{API}/server", "server", "What this server is",
        who=ANYONE, answer=messages.ServerInfo, handler=public.server_info,
    ),
)

_ACCOUNTS = (
    Route(
        "POST", f"{API}/kdf", "kdf", "How to stretch the password of an account",
        who=ANYONE, body=messages.KdfRequest, answer=messages.KdfAnswer, handler=accounts.kdf,
    ),
    Route(
        "POST", f"{API}/accounts", "register", "Make an account",
        who=ANYONE, body=messages.Registration, answer=messages.Session,
        handler=accounts.register, statuses=(201,),
        problems=(RegistrationClosed, CodeExpired, NameTaken, Conflict, TooMany, StorageFull),
    ),
    Route(
        "POST", f"{API}/sessions", "sign_in", "Sign in",
        who=ANYONE, body=messages.SignIn, answer=messages.Session, handler=accounts.sign_in,
        statuses=(201,), problems=(SignInFailed, TooMany, StorageFull),
    ),
    Route(
        "DELETE", f"{API}/sessions/current", "sign_out", "Sign out",
        who=PERSON, answer=messages.Done, handler=accounts.sign_out, problems=(StorageFull,),
    ),
    Route(
        "GET", f"{API}/account", "account", "The own account, with what unlocks it",
        who=PERSON, answer=messages.Account, handler=accounts.account,
    ),
    Route(
        "PUT", f"{API}/account/password", "change_password",
        "Set a new password; all other sessions end",
        who=PERSON, body=messages.PasswordChange, answer=messages.Account,
        handler=accounts.change_password, problems=(SignInFailed, Conflict, TooMany, StorageFull),
    ),
    Route(
        "PUT", f"{API}/account/recovery", "change_recovery", "Set a new recovery key",
        who=PERSON, body=messages.RecoveryChange, answer=messages.Account,
        handler=accounts.change_recovery, problems=(SignInFailed, TooMany, StorageFull),
    ),
    Route(
        "GET", f"{API}/account/sessions", "sessions", "Where the account is signed in",
        who=PERSON, answer=messages.SessionList, handler=accounts.sessions,
    ),
    Route(
        "DELETE", f"{API}/account/sessions", "end_other_sessions",
        "End every session but the one that asks",
        who=PERSON, answer=messages.Done, handler=accounts.end_other_sessions,
        problems=(StorageFull,),
    ),
    Route(
        "DELETE", f"{API}/account/sessions/{{session}}", "end_session", "End one session",
        who=PERSON, answer=messages.Done, handler=accounts.end_session, problems=(StorageFull,),
    ),
    Route(
        "GET", f"{API}/account/export", "export", "What the server knows about the account",
        who=PERSON, answer=_JSON, streaming=accounts.export,
    ),
    Route(
        "GET", f"{API}/account/deletion", "deletion", "What deleting the account takes away",
        who=PERSON, answer=messages.Deletion, handler=accounts.deletion,
    ),
    Route(
        "POST", f"{API}/account/deletion", "ask_deletion",
        "Let the account be deleted, with all it stored; other sessions end",
        who=PERSON, body=messages.DeletionRequest, answer=messages.Deletion,
        handler=accounts.ask_deletion, problems=(SignInFailed, Conflict, TooMany, StorageFull),
    ),
    Route(
        "DELETE", f"{API}/account/deletion", "take_back_deletion", "Keep the account after all",
        who=PERSON, answer=messages.Account, handler=accounts.take_back_deletion,
        problems=(StorageFull,),
    ),
)

_DEVICES = (
    Route(
        "GET", f"{API}/devices", "devices", "The own devices and how they do",
        who=PERSON, answer=messages.DeviceList, handler=devices.own_devices,
    ),
    Route(
        "POST", f"{API}/devices", "enrol", "Make a device known, or let a new key speak for it",
        who=PERSON, body=messages.DeviceEnrolment, answer=messages.DeviceToken,
        handler=devices.enrol, statuses=(201,),
        problems=(NameTaken, Conflict, NotFound, SignatureInvalid, FormatError, StorageFull),
    ),
    Route(
        "PATCH", f"{API}/devices/{{device}}", "rename_device", "Give a device another name",
        who=PERSON, body=messages.DeviceChange, answer=messages.Done, handler=devices.rename,
        problems=(NameTaken, StorageFull),
    ),
    Route(
        "DELETE", f"{API}/devices/{{device}}", "revoke", "End a device's token for ever",
        who=PERSON, answer=messages.Done, handler=devices.revoke, problems=(StorageFull,),
    ),
    Route(
        "GET", f"{API}/devices/{{device}}/certificates", "certificates",
        "The certificates of a device, by serial",
        who=READERS, answer=messages.CertificateList, handler=devices.certificates,
    ),
    Route(
        "GET", f"{API}/devices/{{device}}/snapshots", "snapshots",
        "The snapshots of a device, oldest first",
        who=READERS, answer=messages.SnapshotList, handler=devices.snapshots,
    ),
    Route(
        "GET", f"{API}/devices/{{device}}/listing", "listing", "One folder as of one snapshot",
        who=READERS, answer=messages.Listing, handler=devices.listing,
        query=(
            Query("snapshot", "integer", "a sequence number; newest without it", least=1),
            Query("at", "integer", "the newest snapshot received at or before this time, in ns"),
            Query("path", "path", "exact bytes in base64url without padding; roots without it"),
            Query("offset", "integer", "entries to leave out", default=0),
            Query("limit", "integer", "most entries", default=200, least=1, most=1000),
            Query(
                "sort", "choice", "by what; as the listing is kept without it",
                choices=("name", "size", "time"),
            ),
            Query("descending", "integer", "1: the other way round", default=0, most=1),
            Query("folders_first", "integer", "1: folders before all else", default=0, most=1),
        ),
        problems=(TooLarge,),
    ),
    Route(
        "GET", f"{API}/devices/{{device}}/search", "search",
        "Find names in all snapshots of a device, newest first",
        who=READERS, answer=messages.SearchPage, handler=past.search,
        query=(
            Query(
                "name", "text", "a part of the name, or a pattern with `*`, `?` and `[...]`",
                least=1, most=255, required=True,
            ),
            Query("after", "text", "`next` of the page before", most=4000),
            Query("limit", "integer", "most hits", default=50, least=1, most=200),
        ),
    ),
    Route(
        "GET", f"{API}/devices/{{device}}/versions", "versions",
        "The versions of a path in all snapshots, newest first",
        who=READERS, answer=messages.VersionList, handler=past.versions,
        query=(
            Query("path", "path", "exact bytes in base64url without padding", required=True),
            Query("before", "integer", "only versions that began before this snapshot", least=1),
            Query("limit", "integer", "most versions", default=100, least=1, most=1000),
        ),
    ),
    Route(
        "GET", f"{API}/devices/{{device}}/changes", "changes",
        "What differs in one folder between two snapshots",
        who=READERS, answer=messages.ChangeList, handler=past.changes,
        query=(
            Query("from", "integer", "the snapshot before", least=1, required=True),
            Query("to", "integer", "the snapshot after", least=1, required=True),
            Query("path", "path", "exact bytes in base64url without padding; roots without it"),
            Query("offset", "integer", "entries to leave out", default=0),
            Query("limit", "integer", "most entries", default=200, least=1, most=1000),
        ),
    ),
    Route(
        "GET", f"{API}/devices/{{device}}/report", "report",
        "The problems of the run that made a snapshot",
        who=READERS, answer=messages.ReportPage, handler=past.report,
        query=(
            Query("snapshot", "integer", "a sequence number; newest without it", least=1),
            Query("offset", "integer", "lines to leave out", default=0),
            Query("limit", "integer", "most lines", default=200, least=1, most=1000),
        ),
    ),
    Route(
        "POST", f"{API}/checkin", "check_in", "A device's word that it lives",
        who=DEVICE, body=messages.CheckIn, answer=messages.CheckInAnswer,
        handler=devices.check_in, problems=(StorageFull,),
    ),
)

_UPLOADS = (
    Route(
        "POST", f"{API}/uploads", "open_upload", "Begin a backup",
        who=DEVICE, body=messages.UploadRequest, answer=messages.Upload,
        handler=uploads.open_upload, statuses=(201,), problems=(StorageFull,),
    ),
    Route(
        "POST", f"{API}/uploads/{{upload}}/have", "have", "Which of these are here: one bit each",
        who=DEVICE, body=_IDS, answer=_BYTES, handler=uploads.have,
        query=(
            Query("kind", "choice", "of what", choices=("chunks", "nodes"), required=True),
            Query("width", "choice", "bytes of an id", choices=("8", "32"), required=True),
        ),
        problems=(Conflict,),
    ),
    Route(
        "PUT", f"{API}/uploads/{{upload}}/packs/{{pack}}", "put_pack", "Send a pack",
        who=DEVICE, body=_PACK, answer=messages.PackReceived, streaming=uploads.put_pack,
        statuses=(201, 200),
        problems=(
            Conflict, PackDamaged, FormatError, QuotaExceeded, StorageFull, TooLarge, TooSlow,
        ),
    ),
    Route(
        "GET", f"{API}/uploads/{{upload}}/packs/{{pack}}", "read_back",
        "Bytes of a pack of this upload",
        who=DEVICE, answer=_BYTES, streaming=uploads.read_back, statuses=(200, 206),
        problems=(Conflict, RangeUnmet, PackDamaged),
    ),
    Route(
        "POST", f"{API}/uploads/{{upload}}/commit", "commit", "Make a snapshot of what was sent",
        who=DEVICE, body=messages.Commit, answer=messages.Committed, handler=uploads.commit,
        statuses=(201, 200),
        problems=(
            MissingReferences, NotNext, Conflict, SignatureInvalid, FormatError, StorageFull,
        ),
    ),
)

_DOWNLOADS = (
    Route(
        "POST", f"{API}/nodes", "nodes", "Trees by their ids",
        who=PERSON | DEVICE, body=_NODE_IDS, answer=_BYTES, handler=downloads.nodes,
    ),
    Route(
        "POST", f"{API}/locate", "locate", "Where the blocks of these chunks lie",
        who=PERSON, body=_CHUNK_IDS, answer=_BYTES, handler=downloads.locate,
    ),
    Route(
        "GET", f"{API}/packs/{{pack}}", "get_pack", "Bytes of a pack",
        who=PERSON, answer=_BYTES, streaming=downloads.get_pack, statuses=(200, 206),
        problems=(RangeUnmet, PackDamaged),
    ),
)

_ORDERS = (
    Route(
        "POST", f"{API}/orders/prepare", "prepare_order", "What a restore order would take",
        who=PERSON, body=messages.OrderDraft, answer=messages.OrderPlan, handler=orders.prepare,
        problems=(NotFound, Conflict, TooLarge, FormatError),
    ),
    Route(
        "POST", f"{API}/orders", "order", "Have a device write files back",
        who=PERSON, body=messages.NewOrder, answer=messages.OrderInfo, handler=orders.place,
        statuses=(201, 200),
        problems=(NotFound, Conflict, SignatureInvalid, FormatError, TooMany, StorageFull),
    ),
    Route(
        "GET", f"{API}/orders", "orders", "The own restore orders and how they go",
        who=PERSON, answer=messages.OrderList, handler=orders.own,
    ),
    Route(
        "DELETE", f"{API}/orders/{{order}}", "withdraw_order", "Take an order back",
        who=PERSON, answer=messages.OrderInfo, handler=orders.withdraw,
        problems=(NotFound, StorageFull),
    ),
    Route(
        "GET", f"{API}/device/orders", "device_orders", "The orders that this device may carry out",
        who=DEVICE, answer=messages.DeviceOrderList, streaming=orders.for_device,
        query=(
            Query("since", "integer", "answer at once when `revision` differs", default=0),
            Query("wait", "integer", "seconds to wait for that", default=0, most=25),
            Query("settings", "integer", "answer at once when `settings` differs"),
        ),
    ),
    Route(
        "GET", f"{API}/device/orders/{{order}}", "device_order", "An order with what proves it",
        who=DEVICE, answer=messages.DeviceOrder, handler=orders.document, problems=(NotFound,),
    ),
    Route(
        "POST", f"{API}/device/orders/{{order}}", "report_order", "How an order goes",
        who=DEVICE, body=messages.OrderReport, answer=messages.OrderVerdict,
        handler=orders.report, problems=(NotFound, StorageFull),
    ),
    Route(
        "POST", f"{API}/device/orders/{{order}}/locate", "locate_ordered",
        "Where the blocks of these chunks lie, within an order",
        who=DEVICE, body=_CHUNK_IDS, answer=_BYTES, handler=orders.locate, problems=(NotFound,),
    ),
    Route(
        "GET", f"{API}/device/orders/{{order}}/packs/{{pack}}", "get_ordered",
        "Bytes of blocks that belong to an order",
        who=DEVICE, answer=_BYTES, streaming=orders.get_pack, statuses=(200, 206),
        problems=(NotFound, RangeUnmet, PackDamaged),
    ),
)

_SETTINGS = (
    Route(
        "GET", f"{API}/devices/{{device}}/settings", "settings", "The settings of a device",
        who=PERSON, answer=messages.DeviceSettings, handler=settings.show,
    ),
    Route(
        "PUT", f"{API}/devices/{{device}}/settings", "edit_settings",
        "Change what a device backs up, when, and how",
        who=PERSON, body=messages.SettingsEdit, answer=messages.DeviceSettings,
        handler=settings.edit, problems=(Forbidden, Conflict, StorageFull),
    ),
    Route(
        "POST", f"{API}/devices/{{device}}/settings/preview", "preview_settings",
        "What a change of the settings would do",
        who=PERSON, body=messages.SettingsEdit, answer=messages.SettingsPreview,
        handler=settings.preview, problems=(Conflict,),
    ),
    Route(
        "GET", f"{API}/devices/{{device}}/settings/history", "settings_history",
        "Who changed the settings, newest first",
        who=PERSON, answer=messages.SettingsHistory, handler=settings.history,
        query=(
            Query("before", "integer", "only older ones than this revision", default=2**62),
            Query("limit", "integer", "most changes", default=20, least=1, most=100),
        ),
    ),
    Route(
        "POST", f"{API}/devices/{{device}}/settings/seen", "see_settings",
        "The owner has seen what others changed",
        who=PERSON, body=messages.SettingsSeen, answer=messages.DeviceSettings,
        handler=settings.seen, problems=(Forbidden, StorageFull),
    ),
    Route(
        "POST", f"{API}/devices/{{device}}/settings/refuse", "refuse_settings",
        "The owner takes back what somebody else changed",
        who=PERSON, body=messages.SettingsRefusal, answer=messages.DeviceSettings,
        handler=settings.refuse, problems=(Forbidden, NotFound, StorageFull),
    ),
    Route(
        "PUT", f"{API}/devices/{{device}}/settings/permission", "permit_settings",
        "What the owner may change in the web",
        who=ADMIN, body=messages.SettingsPermission, answer=messages.DeviceSettings,
        handler=settings.permit, problems=(StorageFull,),
    ),
    Route(
        "GET", f"{API}/templates", "templates", "Settings for many devices",
        who=PERSON, answer=messages.TemplateList, handler=settings.templates,
    ),
    Route(
        "POST", f"{API}/templates", "add_template", "Make a template",
        who=PERSON, body=messages.TemplateDraft, answer=messages.SettingsTemplate,
        handler=settings.add_template, statuses=(201,), problems=(Conflict, StorageFull),
    ),
    Route(
        "PUT", f"{API}/templates/{{template}}", "change_template",
        "Change a template, and the devices that follow it",
        who=PERSON, body=messages.TemplateDraft, answer=messages.SettingsTemplate,
        handler=settings.change_template, problems=(Conflict, StorageFull),
    ),
    Route(
        "DELETE", f"{API}/templates/{{template}}", "delete_template",
        "Delete a template; devices keep what they have",
        who=PERSON, answer=messages.Done, handler=settings.delete_template,
        problems=(StorageFull,),
    ),
    Route(
        "PUT", f"{API}/templates/{{template}}/devices", "assign_template",
        "Say which devices follow a template",
        who=PERSON, body=messages.TemplateAssignment, answer=messages.SettingsTemplate,
        handler=settings.assign_template, problems=(NotFound, StorageFull),
    ),
    Route(
        "GET", f"{API}/device/settings", "device_settings", "What waits for this device",
        who=DEVICE, answer=messages.PushedSettings, handler=settings.for_device,
    ),
    Route(
        "POST", f"{API}/device/settings", "report_settings", "What settings this device has",
        who=DEVICE, body=messages.SettingsReport, answer=messages.SettingsVerdict,
        handler=settings.report, problems=(NotFound, StorageFull),
    ),
)

_ENROLMENTS = (
    Route(
        "PUT", f"{API}/enrolments/{{request}}", "ask_enrolment",
        "A device asks to be enrolled, and shows its person a code",
        who=ANYONE, body=messages.EnrolmentOffer, answer=messages.EnrolmentKept,
        handler=enrolments.ask, problems=(Conflict, TooMany, FormatError),
    ),
    Route(
        "POST", f"{API}/enrolments/{{request}}/claim", "claim_enrolment",
        "What a person's browser brought for the device that asks",
        who=ANYONE, body=messages.EnrolmentClaim, answer=messages.EnrolmentAnswer,
        handler=enrolments.claim,
    ),
    Route(
        "GET", f"{API}/enrolments", "enrolment_requests",
        "Devices that wait: of the own downloads, or by the beginning of a code",
        who=PERSON, answer=messages.EnrolmentRequestList, handler=enrolments.waiting,
        query=(Query("handle", "text", "the first four letters of the code", least=4, most=4),),
        problems=(TooMany,),
    ),
    Route(
        "POST", f"{API}/enrolments/{{request}}", "approve_enrolment",
        "Hand over what the browser made for a device",
        who=PERSON, body=messages.EnrolmentApproval, answer=messages.Done,
        handler=enrolments.approve, problems=(CodeExpired, Conflict, FormatError),
    ),
)

_ADMIN = (
    Route(
        "GET", f"{API}/admin/devices", "admin_devices", "All devices and how they do",
        who=ADMIN, answer=messages.DeviceList, handler=admin.devices,
    ),
    Route(
        "GET", f"{API}/admin/accounts", "admin_accounts", "All accounts",
        who=ADMIN, answer=messages.AccountList, handler=admin.accounts,
    ),
    Route(
        "GET", f"{API}/admin/status", "admin_status", "The server's totals",
        who=ADMIN, answer=messages.ServerStatus, handler=admin.status,
    ),
    Route(
        "GET", f"{API}/admin/rollout", "rollout", "The releases, and what each device runs",
        who=ADMIN, answer=messages.ReleaseOverview, handler=admin.rollout,
    ),
    Route(
        "PUT", f"{API}/admin/rollout", "set_rollout", "Which release devices should run",
        who=ADMIN, body=messages.Rollout, answer=messages.ReleaseOverview,
        handler=admin.set_rollout, problems=(NotFound, StorageFull),
    ),
)

_GETTING = (
    Route(
        "GET", f"{API}/releases", "offer", "The release of the client that this server hands out",
        who=ANYONE, answer=messages.Offer, handler=getting.offer,
    ),
    Route(
        "POST", f"{API}/downloads", "begin_download",
        "A code, and how the client comes with it to a machine",
        who=ANYONE, body=messages.DownloadRequest, answer=messages.Download,
        handler=getting.begin, statuses=(201,), problems=(RegistrationClosed, TooMany),
    ),
    Route(
        "GET", f"{API}/downloads/{{code}}", "download_state", "How far a download has come",
        who=ANYONE, answer=messages.DownloadState, handler=getting.state,
        problems=(CodeExpired, TooMany),
    ),
    Route(
        "GET", "/i/{code}", "install", "The script that installs the client, for one download",
        who=ANYONE, answer=_SCRIPT, handler=getting.install,
    ),
    Route(
        "GET", "/d/{code}/{name}", "parcel", "The client in a file, for one download",
        who=ANYONE, answer=_BYTES, streaming=getting.parcel, statuses=(200, 206, 304),
        problems=(CodeExpired, NotFound, RangeUnmet, TooMany),
    ),
    Route(
        "GET", "/releases/{version}/{name}", "release_file", "A file of a release",
        who=ANYONE, answer=_BYTES, streaming=getting.release_file, statuses=(200, 206, 304),
        problems=(NotFound, RangeUnmet),
    ),
)

ROUTES: tuple[Route, ...] = (
    *_PUBLIC, *_GETTING, *_ACCOUNTS, *_DEVICES, *_UPLOADS, *_DOWNLOADS, *_ORDERS, *_SETTINGS,
    *_ENROLMENTS, *_ADMIN,
)
