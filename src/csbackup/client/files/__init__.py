"""The seam to the file systems that are backed up."""

from csbackup.client.files.live import LiveFiles
from csbackup.client.files.open_file import LiveFile
from csbackup.client.files.source import FileSource, FolderItem, OpenFile

__all__ = ["FileSource", "FolderItem", "LiveFile", "LiveFiles", "OpenFile"]
