"""What stops an update; the version that runs goes on running."""

from __future__ import annotations

from pathlib import Path

from csbackup.errors import ClientError, TrustError


class UpdatesOff(ClientError):
    """This installation never updates itself."""

    code = "updates-off"


class UpdateRunsAlready(ClientError):
    code = "update-runs-already"

    def __init__(self) -> None:
        super().__init__("Another process updates this installation already. Let it finish.")


class BundleDamaged(TrustError):
    """What the server sent is not what the signed manifest names."""

    code = "bundle-damaged"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} is not the file that the release names: {why}.")


class BundleUnsafe(TrustError):
    """A bundle that would write where it must not, or too much."""

    code = "bundle-unsafe"

    def __init__(self, name: str, why: str) -> None:
        super().__init__(f"{name} is not unpacked: {why}.")


class SelfCheckFailed(ClientError):
    code = "self-check-failed"

    def __init__(self, version: object, why: str) -> None:
        super().__init__(f"Version {version} does not start here: {why}. The old one goes on.")


class UpdateMemoryDamaged(ClientError):
    """Without it nobody knows which versions ran here, so none is taken that may be older."""

    code = "update-memory-damaged"

    def __init__(self, path: Path, why: object) -> None:
        super().__init__(
            f"{path} is damaged: {why} Nothing is updated until you have removed it; then a "
            "release counts as new that is newer than the one that runs."
        )
