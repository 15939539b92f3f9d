"""Accounts and sessions."""

from __future__ import annotations

from csbackup.protocol import messages
from csbackup.server.api.calls import Call, Reply
from csbackup.server.services.sessions import Started


def kdf(call: Call) -> messages.KdfAnswer:
    return call.services.accounts.kdf(call.message(messages.KdfRequest))


def register(call: Call) -> Reply:
    request = call.message(messages.Registration)
    number = call.services.accounts.register(request, call.address, call.now)
    return _signed_in(call, call.services.sessions.start(number, call.now, browser=call.browser))


def sign_in(call: Call) -> Reply:
    request = call.message(messages.SignIn)
    started = call.services.sessions.sign_in(request, call.address, call.now, browser=call.browser)
    return _signed_in(call, started)


def sign_out(call: Call) -> Reply:
    call.services.sessions.end(call.person)
    return Reply(messages.Done(), cookie="" if call.person.browser else None)


def account(call: Call) -> messages.Account:
    return call.services.accounts.account(call.person)


def change_password(call: Call) -> messages.Account:
    request = call.message(messages.PasswordChange)
    return call.services.accounts.change_password(call.person, request, call.now)


def change_recovery(call: Call) -> messages.Account:
    request = call.message(messages.RecoveryChange)
    return call.services.accounts.change_recovery(call.person, request, call.now)


def _signed_in(call: Call, started: Started) -> Reply:
    """A browser gets its token as a cookie only, where scripts cannot read it."""
    message = started.message(with_token=not call.browser)
    return Reply(message, 201, cookie=started.token if call.browser else None)
