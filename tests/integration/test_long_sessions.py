"""How long a session lasts: a restore may take longer than an hour."""

from __future__ import annotations

from csbackup.server.app import clock
from support.api import Api, PersonCaller

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
DAY = 24 * HOUR


def _used(api: Api, token: str, start: int, until: int, step: int) -> int:
    """The last time at which the token was good, used every `step`."""
    now = good = start
    while now < start + until:
        now += step
        if api.server.services.sessions.recognise(token, now) is None:
            break
        good = now
    return good - start


def test_a_clients_session_goes_on_while_it_is_used(api: Api, anna: PersonCaller) -> None:
    assert _used(api, anna.token, clock(), 8 * HOUR, 20 * MINUTE) == 8 * HOUR


def test_a_clients_session_ends_an_hour_after_its_last_use(api: Api, anna: PersonCaller) -> None:
    now = clock() + 30 * MINUTE
    api.server.services.sessions.recognise(anna.token, now)

    assert api.server.services.sessions.recognise(anna.token, now + HOUR + MINUTE) is None


def test_a_clients_session_ends_after_a_fortnight_at_the_latest(
    api: Api, anna: PersonCaller
) -> None:
    assert _used(api, anna.token, clock(), 20 * DAY, 50 * MINUTE) <= 14 * DAY


def test_a_browsers_session_ends_after_twelve_hours(api: Api, anna: PersonCaller) -> None:
    answer = api.server.services.sessions.start(1, clock(), browser=True)

    assert _used(api, answer.token, clock(), DAY, 20 * MINUTE) <= 12 * HOUR
