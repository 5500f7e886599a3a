# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""An upload's body, streamed: the file is never held in memory a second time."""

import io
import os
import re
import secrets
from collections.abc import Iterator
from typing import BinaryIO

_BLOCK = 64 * 1024
_MIME = re.compile(r"[\w.+-]+/[\w.+-]+(?:; ?[\w-]+=[\w.+-]+)*", re.ASCII)
_BREAK = re.compile("[\r\n\0]")


class FileUnusable(ValueError):
    """The file, or its name, is such that it cannot be sent: one of ``REASONS``."""


class MultipartFile:
    """``multipart/form-data`` of one text field and one file, readable once.

    Has a length, so that the request announces it and need not be sent in chunks,
    which not every server takes.

    :param name: file name; non-ASCII goes as UTF-8, a quote as ``%22`` (RFC 7578)
    :param content: bytes, or a seekable binary file, read from its present position
    :raises FileUnusable: an empty name, a line break or NUL in it, an unreadable file
    """

    def __init__(
        self,
        fields: dict[str, str],
        name: str,
        content: BinaryIO | bytes,
        mimetype: str = "application/octet-stream",
    ):
        if not name or _BREAK.search(name):
            raise FileUnusable("file_name")
        if not _MIME.fullmatch(mimetype):
            mimetype = "application/octet-stream"
        boundary = secrets.token_hex(16)
        self.content_type = f"multipart/form-data; boundary={boundary}"
        head = "".join(
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="{field}"\r\n\r\n{value}\r\n'
            for field, value in fields.items()
        )
        filename = name.replace('"', "%22")
        head += (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{filename}"\r\n'
            f"Content-Type: {mimetype}\r\n\r\n"
        )
        file = io.BytesIO(content) if isinstance(content, bytes) else content
        start = file.tell()
        self.size = file.seek(0, os.SEEK_END) - start
        file.seek(start)
        before = head.encode("utf-8", "replace")
        after = f"\r\n--{boundary}--\r\n".encode()
        self._parts = [io.BytesIO(before), file, io.BytesIO(after)]
        self._left = len(before) + self.size + len(after)
        self._length = self._left

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[bytes]:
        return iter(lambda: self.read(_BLOCK), b"")

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes, at most ``size`` (or a block), empty at the end.

        :raises FileUnusable: it cannot be read, or has become shorter than announced
        """
        size = min(_BLOCK if size is None or size < 0 else size, self._left)
        while size and self._parts:
            try:
                block = self._parts[0].read(size)
            except OSError:
                # Not to be taken for trouble with the connection.
                raise FileUnusable("file_unreadable") from None
            if block:
                self._left -= len(block)
                return block
            self._parts.pop(0)
        if size:
            raise FileUnusable("file_shrank")
        return b""
