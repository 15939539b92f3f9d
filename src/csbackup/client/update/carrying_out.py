"""Becoming another version: what is written first, and what a crash leaves behind.

    1  .download/<hash>.part     the bundle; what came of it is gone on with
    2  versions/.<v>.new         unpacked and fsynced; swept away by the next start or attempt
    3  versions/<v>              whole, and started by nobody: the next attempt makes it anew
    4  (the new version checks itself)
    5  update.json               `newest`: from now on nothing older is taken, though this never ran
    6  trial                     of a version that is not current, which counts for nothing
    7  current                   the new version starts, on trial: see the start script
    8  (the service ends, and is started again)

Up to 7 the old version starts as ever. The new one takes `trial` away once the server answered it,
and only then do the download and older versions go.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace

from csbackup.client.config import Home
from csbackup.client.connection import ReleaseSource
from csbackup.client.log import LOG
from csbackup.client.platform.durable import remove_tree
from csbackup.client.update.checking import start_once
from csbackup.client.update.failures import BundleUnsafe, SelfCheckFailed
from csbackup.client.update.fetching import download, fetch_verdict
from csbackup.client.update.installation import Installation
from csbackup.client.update.memory import UpdateMemory, load_memory, save_memory
from csbackup.client.update.trial import Terms, put_on_trial
from csbackup.client.update.unpacking import check_pinned, unpack
from csbackup.errors import CsbError, LocalDiskFull, PathProblem
from csbackup.format.releases import ReleaseFile, Version
from csbackup.protocol.messages import UpdateReport
from csbackup.rules.updating import UpdatePlan

_ROOM = 5  # times the bundle: itself, and what it unpacks to
_AGAINST_THE_RELEASE = (BundleUnsafe, SelfCheckFailed)

Step = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Update:
    """Where to, from where, on which terms. `tell` hears of each step."""

    installation: Installation
    home: Home
    source: ReleaseSource
    terms: Terms
    now_ns: int
    tell: Step


def carry_out(plan: UpdatePlan, update: Update) -> Version:
    """Install what is planned and put it on trial; its version, which is to be started next.

    A failure leaves the running version as it was, and is remembered for the server.
    """
    version = plan.version
    if plan.action != "update" or version is None:
        raise ValueError("nothing is planned")
    LOG.info("updating to version %s", version)
    try:
        _install(version, update)
    except _AGAINST_THE_RELEASE as failure:
        _remember(update.home, version, failure)
        remove_tree(
            update.installation.version_folder(version)
        )  # or a lost pointer would lead here
        remove_tree(update.installation.downloads)
        raise
    except CsbError as failure:
        _remember(update.home, version, failure)
        raise
    except OSError as problem:
        named = PathProblem(f"{update.installation.folder}: {problem.strerror}.")
        _remember(update.home, version, named)
        raise named from problem
    return version


def _install(version: Version, update: Update) -> None:
    installation, source = update.installation, update.source
    memory = load_memory(update.home)
    newest = memory.newest_version(installation.running)
    update.tell(f"Looking at release {version}.")
    verdict = fetch_verdict(source, version, installation, newest, update.now_ns)
    file = verdict.manifest.files[installation.target]
    _check_room(installation, file)
    update.tell(f"Getting {file.name}.")
    bundle = download(source, version, file, installation.downloads)
    update.tell("Unpacking.")
    unpack(bundle, file.name, version, installation.versions)
    check_pinned(file.name, installation.version_folder(version), verdict.keys)
    update.tell("Checking that it starts.")
    start_once(installation, version, update.home)
    save_memory(update.home, memory.begun(version, installation.running))
    put_on_trial(installation, version, update.terms)


def _check_room(installation: Installation, file: ReleaseFile) -> None:
    if shutil.disk_usage(installation.folder).free < _ROOM * file.size:
        raise LocalDiskFull(str(installation.folder))


def _remember(home: Home, version: Version, failure: CsbError) -> None:
    """What speaks against the release counts as a try; what may be the network, or this disk, does
    not."""
    report = UpdateReport("failed", str(version), failure.code, str(failure))
    memory = load_memory(home)
    save_memory(home, _after(memory, report, failure))


def _after(memory: UpdateMemory, report: UpdateReport, failure: CsbError) -> UpdateMemory:
    if isinstance(failure, _AGAINST_THE_RELEASE):
        return memory.with_failure(report, final=False)
    return replace(memory, last=report)
