"""Reads files, cuts them into chunks and hands those on; notices when a file changes meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NamedTuple, Protocol

from csbackup.client.backup.gathering import SMALL_CHUNK
from csbackup.client.files import FileSource, OpenFile
from csbackup.client.platform.attributes import Extents, may_be_sparse
from csbackup.format.chunking import WHOLE_FILE, make_cutter
from csbackup.format.ids import ChunkId, chunk_id
from csbackup.format.keys import DeviceKeys
from csbackup.format.sealing import Bytes
from csbackup.format.tree import INLINE_CHUNKS, Node, build_chunk_list

READ_BYTES = 4 * 1024 * 1024  # as long as the longest chunk, so that one always fits
ATTEMPTS = 3
READ_AGAIN_BYTES = 256 * 1024 * 1024  # a longer file that changes meanwhile is read once
# So much more than it says is read of a file; the kernel makes some up that say they are empty.
SURPLUS_BYTES = 64 * 1024 * 1024
UNSAID_BYTES = 4 * 1024 * 1024
_UNSAID_AT_ONCE = 64 * 1024


class SendChunk(Protocol):
    """`quick`: a chunk of a big file."""

    def __call__(self, id: ChunkId, content: Bytes, *, quick: bool = False) -> None: ...


SendNode = Callable[[Node], None]


class FileContent(NamedTuple):
    """What was read of a file. `status` is from after; `steady`: it was the same before.

    `endless`: it has far more than it says, and what was read is only the beginning.
    """

    status: os.stat_result
    content: bytes | list[bytes]
    size: int
    extents: Extents | None
    xattrs: tuple[tuple[bytes, bytes], ...]
    bytes_read: int
    steady: bool
    endless: bool = False


class ContentReader:
    """Reads for one run."""

    def __init__(
        self,
        files: FileSource,
        keys: DeviceKeys,
        send_chunk: SendChunk,
        send_node: SendNode,
        *,
        inline_chunks: int = INLINE_CHUNKS,
    ) -> None:
        self._inline_chunks = inline_chunks
        self._files = files
        self._id_key = keys.id_key
        self._cut = make_cutter(keys.cut_key)
        self._send_chunk = send_chunk
        self._send_node = send_node

    def read(self, path: bytes) -> FileContent:
        """A file's content, once more when it changed meanwhile; `OSError` when there is none.

        The last attempt is kept as it came, not `steady`: what it holds was there, if not at
        one moment.
        """
        for _ in range(ATTEMPTS):
            file = self._files.open(path)
            try:
                found = self._read_once(file)
            finally:
                file.close()
            if found.steady or found.bytes_read > READ_AGAIN_BYTES:
                break
        return found

    def keep_small(self, content: bytes) -> ChunkId:
        """Hand on something that is one chunk whatever its length."""
        id = chunk_id(content, self._id_key)
        self._send_chunk(id, content)
        return id

    def _read_once(self, file: OpenFile) -> FileContent:
        before = file.status()
        xattrs = file.xattrs()
        size = before.st_size
        extents = file.extents(size) if may_be_sparse(before) else None
        whole, endless = True, False
        if extents is not None:
            content, length = self._read_big(file, extents)
            whole = length == sum(part for _, part in extents)
            extents = extents if whole else _beginning(extents, length)
        else:
            content, length, endless = self._read_plain(file, before)
            size = length
        after = file.status()
        steady = whole and _same(before, after)
        return FileContent(after, content, size, extents, xattrs, length, steady, endless)

    def _read_plain(
        self, file: OpenFile, before: os.stat_result
    ) -> tuple[bytes | list[bytes], int, bool]:
        """A file without holes: its content, how long it is, and whether there is no end to it.

        Of one that has more than it says, and did not grow just now, the rest is read as well:
        its file system does not know better.
        """
        size = before.st_size
        if size <= WHOLE_FILE:
            asked = size + 1 if size else _UNSAID_AT_ONCE
            beginning = file.read(asked)
            if len(beginning) < asked:
                return self._keep_whole(beginning), len(beginning), False
            if not _same(before, file.status()):
                return self._keep_whole(beginning[:size]), size, False
        else:
            content, length = self._read_big(file, ((0, size),))
            more = length == size and file.read_into(memoryview(bytearray(1)), size)
            if not more or not _same(before, file.status()):
                return content, length, False
        most = size + SURPLUS_BYTES if size else UNSAID_BYTES
        content, length = self._read_big(file, ((0, most),))
        return content, length, length >= most

    def _keep_whole(self, content: bytes) -> bytes:
        return self.keep_small(content) if content else b""

    def _read_big(self, file: OpenFile, extents: Extents) -> tuple[bytes | list[bytes], int]:
        """The content's ids, joined or as a list's node, and how many bytes there were."""
        stream = _Stream(file, extents)
        ids: list[ChunkId] = []
        length = 0
        rest: Bytes = b""
        while not stream.ended:
            view, filled = _fill(stream, rest)
            cuts = self._cut(view[:filled]) if filled else []
            # The last chunk may be cut short by the buffer's end: it begins the next buffer.
            held = cuts.pop() if len(cuts) > 1 and not stream.ended else 0
            at = 0
            for cut in cuts:
                ids.append(self._keep(view[at : at + cut], big=filled > WHOLE_FILE))
                at += cut
            rest = view[at : at + held]
            length += at
        return self._name(ids), length

    def _keep(self, content: memoryview, *, big: bool) -> ChunkId:
        id = chunk_id(content, self._id_key)
        small = len(content) <= SMALL_CHUNK  # it waits in a block, and would keep the whole buffer
        self._send_chunk(id, bytes(content) if small else content, quick=big)
        return id

    def _name(self, ids: list[ChunkId]) -> bytes | list[bytes]:
        if len(ids) <= self._inline_chunks:
            return b"".join(ids)
        nodes = build_chunk_list(ids)
        for node in nodes:
            self._send_node(node)
        return [nodes[-1].id]


def _same(before: os.stat_result, after: os.stat_result) -> bool:
    return (before.st_size, before.st_mtime_ns, before.st_ctime_ns) == (
        after.st_size,
        after.st_mtime_ns,
        after.st_ctime_ns,
    )


def _beginning(extents: Extents, length: int) -> Extents:
    """The first `length` bytes of data: all there was when the file was cut short meanwhile."""
    kept = []
    for offset, part in extents:
        if length <= 0:
            break
        kept.append((offset, min(part, length)))
        length -= part
    return tuple(kept)


def _fill(stream: _Stream, rest: Bytes) -> tuple[memoryview, int]:
    """A new buffer that begins with `rest`: chunks of the last one are still on their way.

    No longer than what is left: every chunk of it that waits keeps all of it in memory.
    """
    view = memoryview(bytearray(min(READ_BYTES, len(rest) + stream.left)))
    view[: len(rest)] = rest
    return view, len(rest) + stream.read_into(view[len(rest) :])


class _Stream:
    """The data of some extents, one after the other."""

    def __init__(self, file: OpenFile, extents: Extents) -> None:
        self._file = file
        self._left = list(reversed(extents))
        self.left = sum(length for _, length in extents)  # bytes still to be read

    @property
    def ended(self) -> bool:
        return not self._left

    def read_into(self, view: memoryview) -> int:
        """Fills `view`, unless the data ends before."""
        filled = 0
        while self._left and filled < len(view):
            offset, length = self._left.pop()
            got = self._file.read_into(view[filled : filled + length], offset)
            filled += got
            self.left -= length
            if 0 < got < length:
                self._left.append((offset + got, length - got))
                self.left += length - got
        return filled
