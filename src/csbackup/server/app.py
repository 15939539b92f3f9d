"""The server put together: folder, identity, catalog, store, services, application."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from ipaddress import ip_network
from pathlib import Path

from starlette.types import ASGIApp

from csbackup import __version__
from csbackup.errors import ConfigInvalid, CsbError
from csbackup.protocol.messages import Listing, PublicNames
from csbackup.rules.access import is_loopback
from csbackup.rules.calling import Way
from csbackup.server.api.application import build_application
from csbackup.server.api.workers import Workers
from csbackup.server.catalog.database import CATALOG, Database
from csbackup.server.config import Config
from csbackup.server.durable import replace_file
from csbackup.server.folder import (
    IDENTITY,
    FolderLock,
    check_version,
    prepare_folder,
)
from csbackup.server.names import LOOPBACK, gateways, names_of_this_machine
from csbackup.server.services.accounts import Accounts, Registering
from csbackup.server.services.changes import Changes
from csbackup.server.services.client_wheel import ClientWheel
from csbackup.server.services.commit import Commits
from csbackup.server.services.deletion import Deletions
from csbackup.server.services.devices import Devices
from csbackup.server.services.download_codes import DownloadCodes
from csbackup.server.services.downloads import Downloads
from csbackup.server.services.enrolment import Enrolments
from csbackup.server.services.enrolment_requests import EnrolmentRequests
from csbackup.server.services.erasing import Eraser
from csbackup.server.services.export import Export
from csbackup.server.services.handing_out import HandingOut
from csbackup.server.services.history import History
from csbackup.server.services.ingest import Ingest
from csbackup.server.services.invitations import Invitations
from csbackup.server.services.moments import Moment
from csbackup.server.services.name_index import NameIndex
from csbackup.server.services.order_reading import OrderReading
from csbackup.server.services.ordering import Orders
from csbackup.server.services.overview import Overview
from csbackup.server.services.rebuild import (
    RebuildProgress,
    RebuildReport,
    needs_rebuild,
    rebuild,
)
from csbackup.server.services.releases import Releases
from csbackup.server.services.rollout_rows import bring_back_rollouts
from csbackup.server.services.rollouts import Rollouts
from csbackup.server.services.searching import Search
from csbackup.server.services.services import Face, Services
from csbackup.server.services.sessions import Sessions
from csbackup.server.services.settings_changes import SettingsChanges
from csbackup.server.services.settings_kept import SettingsShelf
from csbackup.server.services.settings_revisions import Revisions
from csbackup.server.services.settings_telling import SettingsTelling
from csbackup.server.services.templates import Templates
from csbackup.server.services.versions import Versions
from csbackup.server.store import FolderRecords, FolderStore
from csbackup.server.store.server_records import ServerRecords
from csbackup.server.trust import Identity
from csbackup.web.files import built_folder

WORKERS = 8
_PAUSE_SECONDS = 0.02
_log = logging.getLogger("csbackup.server")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that could answer; `serve` lets it."""

    config: Config
    identity: Identity
    way: Way
    services: Services
    eraser: Eraser
    application: ASGIApp
    leave: Callable[[], None]  # it will stop soon: whoever waits for news is answered


@dataclass(frozen=True, slots=True)
class Looking:
    """What can be read beside a running server."""

    devices: Devices
    overview: Overview
    history: History

    def listing(
        self, device: int, at_ns: int | None, path: bytes, *, offset: int, limit: int
    ) -> Listing:
        return self.history.listing(device, Moment(None, at_ns), path, offset=offset, limit=limit)


def clock() -> int:
    return time.time_ns()


@contextmanager
def open_server(config: Config) -> Iterator[Server]:
    """Hold the data folder and everything in it; nobody else writes there meanwhile.

    What a crash left half done is put right before anything is accepted.
    """
    prepare_folder(config.folder)
    with FolderLock(config.folder):
        if needs_rebuild(config.folder):
            raise ConfigInvalid(
                f"The catalog of {config.folder} is missing, its records are there. "
                f"Run `csb-server rebuild --data {config.folder}` first."
            )
        database = Database(config.folder / CATALOG)
        workers = Workers(WORKERS)
        closing = threading.Event()
        index = NameIndex(database, FolderStore(config.folder))
        catching_up = threading.Thread(target=_catch_up, args=(index, closing), name="name-index")
        try:
            server = _put_together(config, database, workers)
            catching_up.start()
            yield server
        finally:
            closing.set()
            if catching_up.ident is not None:
                catching_up.join()
            workers.close()
            database.close()


@contextmanager
def open_beside(folder: Path) -> Iterator[Looking]:
    """Read what there is, also while a server runs."""
    check_version(folder)
    if not (folder / CATALOG).exists():
        raise ConfigInvalid(f"{folder} has no catalog yet. Start the server, or run rebuild.")
    database = Database(folder / CATALOG, beside=True)
    try:
        store = FolderStore(folder)
        yield Looking(
            Devices(database, heads=Ingest(database, store).heads, release_for=lambda *_: None),
            Overview(database, store, folder=folder, version=__version__, started=0),
            History(database, store),
        )
    finally:
        database.close()


def rebuild_folder(
    folder: Path, progress: Callable[[RebuildProgress], None] | None = None
) -> RebuildReport:
    """Make the catalog anew; refuses a folder that a server holds."""
    check_version(folder)
    with FolderLock(folder):
        store, records = FolderStore(folder), FolderRecords(folder)
        return rebuild(folder, store, records, now_ns=clock(), progress=progress)


def _put_together(config: Config, database: Database, workers: Workers) -> Server:
    identity = _identity(config)
    store, records = FolderStore(config.folder), FolderRecords(config.folder)
    store.sweep()
    records.sweep()
    changing = threading.Lock()
    deletions = Deletions(database, records, changing, days=config.deletion_days)
    deletions.settle()
    commits = Commits(database, store, records)
    for line in commits.adopt_orphans():
        _log.warning("%s", line)
    orders = Orders(database, store, records)
    for line in orders.recover(clock()):
        _log.warning("%s", line)
    ingest = Ingest(database, store)
    registering = Registering(
        config.registration, config.default_quota_bytes, config.registrations_per_hour
    )
    secret = _answer_secret(config.folder)
    sessions = Sessions(database, failures_per_minute=config.sign_in_failures_per_minute)
    server_records = ServerRecords(config.folder)
    for line in bring_back_rollouts(database, server_records):
        _log.warning("%s", line)
    releases = Releases(config.release_folders)
    rollouts = Rollouts(database, server_records, releases)
    devices = Devices(
        database,
        heads=ingest.heads,
        release_for=rollouts.release_for,
        overdue_after_seconds=config.overdue_after_hours * 3600,
    )
    revisions = Revisions(SettingsShelf(database, records))
    templates = Templates(revisions)
    codes = DownloadCodes()
    way = _way(config)
    services = Services(
        face=_face(config, identity, way),
        accounts=Accounts(database, records, registering, secret, changing),
        sessions=sessions,
        deletions=deletions,
        export=Export(database, sessions, devices, deletions),
        invitations=Invitations(database),
        enrolments=Enrolments(database, records),
        enrolment_requests=EnrolmentRequests(codes),
        devices=devices,
        ingest=ingest,
        commits=commits,
        history=History(database, store),
        versions=Versions(database, store),
        changes=Changes(database, store),
        search=Search(database, store),
        downloads=Downloads(database, store),
        orders=orders,
        order_reading=OrderReading(database, store),
        settings=SettingsChanges(revisions),
        settings_telling=SettingsTelling(revisions, templates),
        templates=templates,
        overview=Overview(
            database, store, folder=config.folder, version=__version__, started=clock()
        ),
        client=ClientWheel(),
        releases=releases,
        rollouts=rollouts,
        download_codes=codes,
        handing_out=HandingOut(releases, codes),
    )
    application = build_application(services, workers, clock, built_folder())
    eraser = Eraser(database, store, records, changing)
    return Server(config, identity, way, services, eraser, application, workers.leave)


def _catch_up(index: NameIndex, closing: threading.Event) -> None:
    """After an update that began to keep names: beside everything else, and not in its way."""
    try:
        while not closing.is_set() and index.catch_up():
            closing.wait(_PAUSE_SECONDS)
    except (OSError, CsbError) as problem:
        _log.warning("Names are made searchable at the next start: %s", problem)


def _identity(config: Config) -> Identity:
    find_names = partial(names_of_this_machine, config.url_host)
    identity = Identity(config.folder / IDENTITY, find_names)
    identity.renew(datetime.now(UTC))
    return identity


def _face(config: Config, identity: Identity, way: Way) -> Face:
    return Face(
        name=config.name or socket.gethostname(),
        version=__version__,
        registration=config.registration,
        url=config.url,
        pin=identity.authority.pin,
        ca_pem=identity.authority.pem,
        way=way,
        statement=lambda now: PublicNames(*identity.authority.vouch(config.public_names, now)),
        leaf_pin=lambda: identity.leaf_pin,
    )


def _way(config: Config) -> Way:
    """What may stand before us. Whoever comes from our gateway may have been let through by it, as
    engines of containers do; and where people reach us by another port than ours, somebody passes
    requests on, perhaps from this very machine. A proxy that is named there says for whom it asks.
    """
    proxies = tuple(map(ip_network, config.trusted_proxies))
    loopback = tuple(map(ip_network, LOOPBACK))
    named = any(is_loopback(str(proxy.network_address)) for proxy in proxies)
    veils = loopback if config.is_passed_on and not named else ()
    return Way(proxies, (*veils, *map(ip_network, gateways())))


def _answer_secret(folder: Path) -> bytes:
    """What makes up the answers about accounts that do not exist: the same for ever."""
    path = folder / IDENTITY / "answers"
    if not path.exists():
        replace_file(path, secrets.token_bytes(32))
    return path.read_bytes()
