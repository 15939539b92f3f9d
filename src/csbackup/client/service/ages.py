"""How long ago things were, by a clock that nobody sets."""

from __future__ import annotations

_SECOND = 1_000_000_000


class Ages:
    """The last success and the last attempt, noticed when they happen.

    Only what happened before the service began is dated by the clock on the wall; a date that lies
    in the future is none, so that a clock that was set back puts nothing off.
    """

    def __init__(self) -> None:
        self._succeeded = 0
        self._success_at: float | None = None
        self._attempt_at: float | None = None

    def notice(self, succeeded_ns: int, now_ns: int, elapsed: float) -> None:
        """`succeeded_ns`: what is kept of the last snapshot, by this process or another."""
        if succeeded_ns == self._succeeded:
            return
        self._succeeded = succeeded_ns
        age = (now_ns - succeeded_ns) / _SECOND
        self._success_at = elapsed - age if succeeded_ns and age >= 0 else None

    def succeeded(self, succeeded_ns: int, elapsed: float) -> None:
        """A snapshot was made now, also where that could not be written down."""
        self._succeeded = succeeded_ns
        self._success_at = elapsed

    def attempted(self, elapsed: float) -> None:
        """A run ended now, however."""
        self._attempt_at = elapsed

    def since_success(self, elapsed: float) -> float | None:
        return None if self._success_at is None else elapsed - self._success_at

    def since_attempt(self, elapsed: float) -> float | None:
        return None if self._attempt_at is None else elapsed - self._attempt_at
