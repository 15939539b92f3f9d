"""Everything the API may ask, put together once by `server.app`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from csbackup.protocol.messages import PublicNames
from csbackup.rules.calling import Way
from csbackup.server.services.accounts import Accounts
from csbackup.server.services.changes import Changes
from csbackup.server.services.client_wheel import ClientWheel
from csbackup.server.services.commit import Commits
from csbackup.server.services.deletion import Deletions
from csbackup.server.services.devices import Devices
from csbackup.server.services.download_codes import DownloadCodes
from csbackup.server.services.downloads import Downloads
from csbackup.server.services.enrolment import Enrolments
from csbackup.server.services.enrolment_requests import EnrolmentRequests
from csbackup.server.services.export import Export
from csbackup.server.services.handing_out import HandingOut
from csbackup.server.services.history import History
from csbackup.server.services.ingest import Ingest
from csbackup.server.services.invitations import Invitations
from csbackup.server.services.order_reading import OrderReading
from csbackup.server.services.ordering import Orders
from csbackup.server.services.overview import Overview
from csbackup.server.services.releases import Releases
from csbackup.server.services.rollouts import Rollouts
from csbackup.server.services.searching import Search
from csbackup.server.services.sessions import Sessions
from csbackup.server.services.settings_changes import SettingsChanges
from csbackup.server.services.settings_telling import SettingsTelling
from csbackup.server.services.templates import Templates
from csbackup.server.services.versions import Versions


@dataclass(frozen=True, slots=True)
class Face:
    """What this server tells anyone of itself."""

    name: str
    version: str
    registration: Literal["local", "open", "invite", "closed"]
    url: str  # empty: it is reached by its own addresses
    pin: str
    ca_pem: bytes
    way: Way  # what may stand between callers and us
    statement: Callable[[int], PublicNames]  # where a public certificate is good too, as of now
    leaf_pin: Callable[[], str]  # changes when the leaf is renewed


@dataclass(frozen=True, slots=True)
class Services:
    face: Face
    accounts: Accounts
    sessions: Sessions
    deletions: Deletions
    export: Export
    invitations: Invitations
    enrolments: Enrolments
    enrolment_requests: EnrolmentRequests
    devices: Devices
    ingest: Ingest
    commits: Commits
    history: History
    versions: Versions
    changes: Changes
    search: Search
    downloads: Downloads
    orders: Orders
    order_reading: OrderReading
    settings: SettingsChanges
    settings_telling: SettingsTelling
    templates: Templates
    overview: Overview
    client: ClientWheel
    releases: Releases
    rollouts: Rollouts
    download_codes: DownloadCodes
    handing_out: HandingOut
