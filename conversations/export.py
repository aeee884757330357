"""Write the messages of conversations as CSV or JSON."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import Any, BinaryIO

from conversations.models import Conversation
from conversations.querysets import ConversationQuerySet
from conversations.threads.message import Message
from conversations.threads.thread import read_thread
from foundation.times import utc_iso
from tabular.writing import FLUSHED_ROWS, CsvText

#: Conversations read at a time, and messages of one.
CHUNK, PAGE = 500, 500
#: The columns. They are a public interface.
COLUMNS = (
    "account",
    "uin",
    "at",
    "direction",
    "kind",
    "text",
    "state",
    "last_res",
    "seq",
    "source",
    "by",
)


def write_csv(rows: ConversationQuerySet, out: BinaryIO) -> int:
    """Write the messages as CSV in UTF-8 with BOM; return how many."""
    written = 0
    for piece, count in csv_pieces(rows):
        out.write(piece)
        written = count
    return written


def csv_pieces(rows: ConversationQuerySet) -> Iterator[tuple[bytes, int]]:
    """Yield a CSV file in pieces, each with the number of messages so far."""
    text, count = CsvText(), 0
    text.add(COLUMNS)
    yield codecs.BOM_UTF8, 0
    for count, row in enumerate(_lines(rows), 1):
        text.add([row[name] for name in COLUMNS])
        if count % FLUSHED_ROWS == 0:
            yield text.take(), count
    yield text.take(), count


def write_json(rows: ConversationQuerySet, out: BinaryIO) -> int:
    """Write the messages as a list of JSON objects; return how many."""
    count = 0
    out.write(b"[")
    for count, row in enumerate(_lines(rows), 1):
        out.write(b"\n" if count == 1 else b",\n")
        out.write(json.dumps(row, ensure_ascii=False, default=str).encode())
    out.write(b"\n]\n")
    return count


def _lines(rows: ConversationQuerySet) -> Iterator[dict[str, Any]]:
    for conversation in rows.iterator(chunk_size=CHUNK):
        for message in reversed(_messages(conversation)):
            yield _line(conversation, message)


def _messages(conversation: Conversation) -> list[Message]:
    """Return all messages of a conversation, newest first."""
    found: list[Message] = []
    place: str | None = ""
    while place is not None:
        thread = read_thread(conversation=conversation, before=place, limit=PAGE)
        found += thread.messages
        place = thread.next
    return found


def _line(conversation: Conversation, one: Message) -> dict[str, Any]:
    return {
        "account": conversation.account.uin,
        "uin": conversation.uin,
        "at": utc_iso(one.at),
        "direction": "out" if one.is_ours else "in",
        "kind": one.kind,
        "text": one.text,
        "state": one.state,
        "last_res": one.last_res,
        "seq": one.seq,
        "source": one.source,
        "by": one.by,
    }
