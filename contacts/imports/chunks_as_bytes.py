"""Chunks as bytes, between the process that reads a file and the one that loads it.

Both run the same program, so `marshal` will do; it takes half of the time of `pickle`. Nothing of
it is stored.
"""

from __future__ import annotations

import marshal
import struct
from dataclasses import fields
from typing import Any

from contacts.imports.chunks import Chunk
from contacts.imports.staging import PackedPeople

#: What an answer is: a chunk, the end of the file, or why it cannot be read.
CHUNK, END, PROBLEM = range(3)
#: The beginning of an answer: what it is, and how many bytes follow.
HEAD = struct.Struct("!BQ")
#: Without references to texts that occur before, looking for which takes longer than writing them.
_VERSION = 2


def as_values(chunk: Chunk) -> tuple[Any, ...]:
    """Return a chunk as plain values."""
    return (
        chunk.people.as_values(),
        *(getattr(chunk, field.name) for field in fields(chunk) if field.name != "people"),
    )


def chunk_of(values: tuple[Any, ...]) -> Chunk:
    """Return the chunk of `as_values`."""
    people, *others = values
    names = [field.name for field in fields(Chunk) if field.name != "people"]
    return Chunk(people=PackedPeople.of(people), **dict(zip(names, others, strict=True)))


def frame(kind: int, values: tuple[Any, ...]) -> tuple[bytes, bytes]:
    """Return an answer as bytes: its head and what follows."""
    content = marshal.dumps(values, _VERSION)
    return HEAD.pack(kind, len(content)), content


def values_of(content: bytearray) -> tuple[Any, ...]:
    """Return the values of an answer, given what follows its head."""
    values: tuple[Any, ...] = marshal.loads(content)  # noqa: S302 - of our own process
    return values
