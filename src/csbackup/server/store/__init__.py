"""Where packs and records rest: a folder, or memory."""

from csbackup.server.store.folder import FolderStore
from csbackup.server.store.memory import MemoryStore
from csbackup.server.store.packs import Incoming, Store, StoredPack
from csbackup.server.store.records import FolderRecords, MemoryRecords, Records

__all__ = [
    "FolderRecords",
    "FolderStore",
    "Incoming",
    "MemoryRecords",
    "MemoryStore",
    "Records",
    "Store",
    "StoredPack",
]
