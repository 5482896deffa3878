"""How large an Arrow file becomes when it is unpacked, told before anything of it is.

A compressed buffer says in its first eight bytes how many it unpacks to, and pyarrow, which has no limit, makes room
for as many. Where the buffers lie is in the header of their message (Arrow columnar format 1.x, IPC; Message.fbs).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

HEADER, BATCH_OF_DICTIONARY, BUFFERS, COMPRESSION = 2, 1, 2, 3
"""Numbers of fields: of a message, of a dictionary, of a batch."""


def unpacked(message: Any) -> int:
    """Bytes that the buffers of a message unpack to. Raises ValueError for one that is not whole."""
    try:
        return sum(_sizes(bytes(message.metadata), message.body, is_dictionary=message.type == "dictionary"))
    except (struct.error, IndexError) as exc:
        raise ValueError("a message that is not whole") from exc


def _sizes(head: bytes, body: Any, *, is_dictionary: bool) -> Iterator[int]:
    batch = _target(head, _field(head, _target(head, 0), HEADER))
    if is_dictionary:
        batch = _target(head, _field(head, batch, BATCH_OF_DICTIONARY))
    compressed, buffers = _field(head, batch, COMPRESSION), _target(head, _field(head, batch, BUFFERS))
    for number in range(_number(head, "<I", buffers)):
        offset, length = struct.unpack_from("<qq", head, buffers + 4 + 16 * number)
        packed = compressed and length >= 8
        yield max(length, _number(body, "<q", offset)) if packed else length


def _number(held: Any, form: str, at: int) -> int:
    if at < 0:
        raise IndexError(at)
    return int(struct.unpack_from(form, held, at)[0])


def _target(head: bytes, at: int) -> int:
    """Where the offset that stands here leads to."""
    return at + _number(head, "<I", at)


def _field(head: bytes, table: int, number: int) -> int:
    """Where a field of a table stands; 0 if the table does not have it."""
    names = table - _number(head, "<i", table)
    entry = 4 + 2 * number
    offset = _number(head, "<H", names + entry) if entry < _number(head, "<H", names) else 0
    return table + offset if offset else 0
