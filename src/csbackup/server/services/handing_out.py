"""Handing out the client: what is offered, a code for each download, what travels with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from csbackup.errors import CodeExpired, NotFound, TooMany
from csbackup.format.releases import MANIFEST, SIGNATURES, ReleaseFile
from csbackup.protocol import messages
from csbackup.server.services.download_codes import DownloadCode, DownloadCodes
from csbackup.server.services.installer import (
    RUN,
    Parcel,
    Sender,
    curl,
    network_script,
    parcel_names,
    refusing_script,
    run_parcel,
    tar_parcel,
)
from csbackup.server.services.limits import Limit, neighbourhood
from csbackup.server.services.releases import KeptRelease, Releases

_MOST_PER_HOUR = 120  # of an address: a household, or a class of a school
_WRONG_PER_MINUTE = 20
_OVER = "this download is over: its code was for an hour. Get a new one on the page of the server."


class HandingOut:
    def __init__(self, releases: Releases, codes: DownloadCodes) -> None:
        self._releases = releases
        self._codes = codes
        self._downloads = Limit("downloads", _MOST_PER_HOUR, 3600)
        self._wrong = Limit("wrong download codes", _WRONG_PER_MINUTE, 60)

    def offer(self) -> messages.Offer:
        newest = self._releases.newest()
        if newest is None or newest.manifest is None:
            return messages.Offer("", 0, ())
        manifest = newest.manifest
        files = [
            _offered(target, one, one.name, one.size, f"/releases/{manifest.version}/{one.name}")
            for target, one in sorted(manifest.files.items())
        ]
        return messages.Offer(str(manifest.version), manifest.released_ns, tuple(files))

    def begin(
        self,
        account: int | None,
        target: str,
        sender: Sender,
        leaf_pin: str,
        address: str,
        now: int,
    ) -> messages.Download:
        """A new code, and everything that can be had with it. The sender's own code is empty."""
        self._downloads.take(neighbourhood(address), now)
        text, code = self._codes.mint(account, now)
        command = f"{curl(leaf_pin)} {sender.url}/i/{text} | sh"
        newest, sent = self._releases.newest(), replace(sender, code=text)
        if newest is None:
            return messages.Download(text, code.expires, command, "", ())
        files = [
            _offered(of, file, name, self._parcel(newest, name, sent).size, f"/d/{text}/{name}")
            for of, file, name in _parcels(newest)
            if target in ("", of)
        ]
        return messages.Download(text, code.expires, command, str(newest.version), tuple(files))

    def state(self, code: str, address: str, now: int) -> messages.DownloadState:
        found = self._known(code, address, now)
        return messages.DownloadState(
            "used" if found.used else "fetched" if found.fetched else "waiting", found.expires
        )

    def script(self, sender: Sender, without: Callable[[], str], address: str, now: int) -> str:
        """What is piped into a shell: `without` where there is no release; a script that says why
        for a code that is over, because a shell takes no other answer for a failure."""
        try:
            self._known(sender.code, address, now)
        except (CodeExpired, TooMany) as problem:
            return refusing_script(_OVER if isinstance(problem, CodeExpired) else str(problem))
        self._codes.mark_fetched(sender.code, now)
        newest = self._releases.newest()
        return without() if newest is None else network_script(newest, sender)

    def parcel(self, sender: Sender, name: str, address: str, now: int) -> tuple[Parcel, str]:
        """The parcel of that name, and the hash of the file in it."""
        self._known(sender.code, address, now)
        newest = self._releases.newest()
        for _, file, known in _parcels(newest) if newest else []:
            if newest and known == name:
                self._codes.mark_fetched(sender.code, now)
                return self._parcel(newest, name, sender), file.sha256
        raise NotFound("There is no such file of the client.")

    def release_file(self, version: str, name: str) -> tuple[Path, ReleaseFile | None]:
        """Where a file of a release lies; without a description for manifest and signatures."""
        release = self._releases.get(version)
        if name in (MANIFEST, SIGNATURES):
            return release.folder / name, None
        file = release.file(name)
        if file is None:
            raise NotFound(f"Release {version} has no such file.")
        return release.folder / file.name, file

    def _known(self, code: str, address: str, now: int) -> DownloadCode:
        key = neighbourhood(address)
        self._wrong.take(key, now)
        found = self._codes.open(code, now)
        if found is None:
            raise CodeExpired("This download is over. Get a new one on the page of the server.")
        self._wrong.give_back(key)
        return found

    def _parcel(self, release: KeptRelease, name: str, sender: Sender) -> Parcel:
        target, file = next((of, file) for of, file, one in _parcels(release) if one == name)
        make = run_parcel if name.endswith(RUN) else tar_parcel
        return make(release, target, file, sender)


def _parcels(release: KeptRelease) -> list[tuple[str, ReleaseFile, str]]:
    return parcel_names(sorted(release.manifest.files.items())) if release.manifest else []


def _offered(
    target: str, file: ReleaseFile, name: str, size: int, path: str
) -> messages.OfferedFile:
    """`sha256` is that of the signed file, which a parcel holds."""
    return messages.OfferedFile(target, name, size, file.sha256, path)
