"""Where inputs come from, and where half-made things are kept for the next build."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from debian import Archive

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Workshop:
    """`scratch` lives as long as one build; `cache` stays."""

    archive: Archive
    cache: Path
    scratch: Path
    allow_drift: bool = False

    def once(self, name: str, inputs: list[str], make: Callable[[Path], None]) -> Path:
        """What `make` puts into a folder; from the cache when inputs and builder are the same.

        Made aside and renamed when complete: a build that is broken off leaves nothing behind, and
        of two at the same time one wins.
        """
        digest = hashlib.sha256("\n".join([*inputs, _builder()]).encode()).hexdigest()
        kept = self.cache / "made" / f"{name}-{digest[:16]}"
        if kept.is_dir():
            return kept
        kept.parent.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix=".making-", dir=kept.parent))
        try:
            make(aside)
            aside.rename(kept)
        except OSError:
            if not kept.is_dir():
                raise
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return kept


def _builder() -> str:
    """Changes with every change of the builder itself."""
    files = sorted([*_HERE.glob("*.py"), *_HERE.glob("*.sh")])
    return "".join(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)
