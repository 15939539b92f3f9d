"""Invitations: one-time codes that let somebody register, in a role."""

from __future__ import annotations

from dataclasses import dataclass

from csbackup.errors import CodeExpired, NameTaken
from csbackup.rules.naming import checked_name, folded
from csbackup.server.catalog.database import QUERIES, Connection, Database
from csbackup.server.services.tokens import new_token, token_hash

LIFE_MINUTES = 60
_LIFE = LIFE_MINUTES * 60 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a code allows; an empty name leaves the choice to the person."""

    role: str
    name: str


class Invitations:
    def __init__(self, database: Database) -> None:
        self._database = database

    def invite_first_admin(self, now: int) -> str | None:
        """A code for the first admin, or None when there is one; earlier such codes end."""
        if QUERIES.account_count_admins(self._database.read())["admins"]:
            return None
        return self._invite("admin", "", now, replaces_first=True)

    def invite_admin(self, name: str, now: int) -> str:
        """A code with which an account of that name can be made, as an admin."""
        checked = checked_name(name, "The account")
        if QUERIES.account_by_name(self._database.read(), name=checked):
            raise NameTaken(f"There is an account `{checked}` already. Choose another name.")
        return self._invite("admin", checked, now)

    def _invite(self, role: str, name: str, now: int, *, replaces_first: bool = False) -> str:
        code = new_token()

        def change(connection: Connection) -> None:
            if replaces_first:
                QUERIES.invitation_drop_first_admin(connection)
            QUERIES.invitation_add(
                connection,
                code_hash=token_hash(code),
                role=role,
                name=name,
                now=now,
                expires=now + _LIFE,
            )

        self._database.write(change)
        return code


def read_invitation(connection: Connection, code: str, name: str, now: int) -> Invitation:
    """What this code allows an account called `name`; `CodeExpired` when nothing."""
    row = QUERIES.invitation_by_hash(connection, code_hash=token_hash(code))
    if row is None or row["used"] is not None or row["expires"] <= now:
        raise CodeExpired("This link was used already, or is too old. Ask for a new one.")
    if row["name"] and folded(row["name"]) != folded(name):
        raise CodeExpired(f"This link is for an account called `{row['name']}`.")
    return Invitation(row["role"], row["name"])
