"""Taking all rows of an account out of the catalog, a batch at a time, so that others can write."""

from __future__ import annotations

import sqlite3

from csbackup.server.catalog.database import QUERIES

# What refers to others goes before them: the account itself is the last.
_STEPS = (
    QUERIES.erase_sessions,
    QUERIES.erase_orders,
    QUERIES.erase_settings_events,
    QUERIES.erase_device_settings,
    QUERIES.erase_templates,
    QUERIES.erase_rollouts,
    QUERIES.erase_snapshots,
    QUERIES.erase_uploads,
    QUERIES.erase_nodes,
    QUERIES.erase_names,
    QUERIES.erase_chunks,
    QUERIES.erase_blocks,
    QUERIES.erase_packs,
    QUERIES.erase_certificates,
    QUERIES.erase_devices,
    QUERIES.erase_account,
)


def erase_batch(connection: sqlite3.Connection, account: int) -> bool:
    """Delete a batch of what is left of an account; False when nothing was."""
    QUERIES.erase_count_deletion(connection)
    return any(step(connection, account=account) for step in _STEPS)
