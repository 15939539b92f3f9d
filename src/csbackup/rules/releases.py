"""Which release a client may become: signed, not expired, never older than what it ever was.

The server only passes releases on, and may be hostile: it can keep a client from updating, until
the manifest it shows expires; it cannot make it run what the release keys did not sign, nor what
was replaced by something newer.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from csbackup.errors import ReleaseRefused
from csbackup.format.releases import STABLE, Manifest, Version

Reason = Literal[
    "unpinned", "unsigned", "keys-unproved", "expired", "channel", "older", "same", "step", "target"
]

WORDS: dict[Reason, str] = {
    "unpinned": "this client was built without release keys, so it believes none",
    "unsigned": "none of the release keys that this client knows signed it",
    "keys-unproved": "it brings new release keys, and not all of the old ones signed it",
    "expired": "it is too old to be offered; ask the admin for a newer one",
    "channel": "it is of another channel",
    "older": "a newer version runs here, or ran here before",
    "same": "it runs here already",
    "step": "it cannot be reached from this version in one step",
    "target": "it has nothing for this kind of machine",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the device knows of itself. `newest`: the newest version that ever ran here."""

    pinned: tuple[bytes, ...]
    running: Version
    newest: Version
    target: str
    channel: str = STABLE


@dataclass(frozen=True, slots=True)
class ReleaseVerdict:
    """`reasons` empty: the client may become it, and then pins `keys`."""

    manifest: Manifest
    reasons: tuple[Reason, ...]
    keys: tuple[bytes, ...]

    @property
    def is_taken(self) -> bool:
        return not self.reasons

    @property
    def is_current(self) -> bool:
        """Nothing is wrong with it, there is only nothing to do."""
        return self.reasons == ("same",)


def judge_release(
    manifest: Manifest, signers: Collection[bytes], standing: Standing, now_ns: int
) -> ReleaseVerdict:
    """Whether this device may become this release. `signers`: see `format.releases.signers`.

    Going back to the version that ran here before, after a release that does not work, is no
    matter of a manifest: the device does it by itself with what it has kept.
    """
    signed = frozenset(signers) & frozenset(standing.pinned)
    new_keys = manifest.keys and frozenset(manifest.keys) != frozenset(standing.pinned)
    version, running = manifest.version, standing.running
    found: dict[Reason, bool] = {
        "unpinned": not standing.pinned,
        "unsigned": bool(standing.pinned) and not signed,
        "keys-unproved": bool(new_keys) and signed != frozenset(standing.pinned),
        "expired": manifest.expires_ns <= now_ns,
        "channel": manifest.channel != standing.channel,
        "older": version < max(running, standing.newest),
        "same": version == running,
        "step": running < manifest.min_version,
        "target": standing.target not in manifest.files,
    }
    reasons = tuple(reason for reason, holds in found.items() if holds)
    return ReleaseVerdict(manifest, reasons, manifest.keys or standing.pinned)


def refusal(verdict: ReleaseVerdict) -> ReleaseRefused | None:
    """Why the release is not taken, for people; None when it is, or when it runs already."""
    if verdict.is_taken or verdict.is_current:
        return None
    why = "; ".join(WORDS[reason] for reason in verdict.reasons)
    return ReleaseRefused(str(verdict.manifest.version), why, verdict.reasons)
