"""The process that reads a large file: it is told a file, and answers with chunks.

It starts in a quarter of a second, because it knows no model and opens no database. It ends when
the file does, and when nobody takes its answers any more.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, BinaryIO

from django.apps import apps
from django.conf import settings
from django.utils import translation

from contacts.imports.chunks import Chunk, FileToRead, read_chunks
from contacts.imports.chunks_as_bytes import CHUNK, END, PROBLEM, as_values, frame
from foundation.own_python import no_messages_told
from foundation.sentences import stored
from tabular import FileProblem
from tabular.read_ahead import collect_rarely


def main() -> None:
    """Read the file that standard input names; write its chunks to standard output."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the process that started this one says when
    told: dict[str, Any] = json.load(sys.stdin.buffer)
    settings.configure(
        INSTALLED_APPS=[],
        USE_I18N=True,
        LANGUAGE_CODE=told["language_code"],
        LANGUAGES=told["languages"],
        LOCALE_PATHS=told["locale_paths"],
    )
    apps.populate(())  # translations wait for it
    out = os.fdopen(os.dup(sys.stdout.fileno()), "wb", buffering=0)
    sys.stdout = sys.stderr  # what is printed is no answer
    file = FileToRead(**told["file"])
    translation.activate(file.language)
    collect_rarely()
    with no_messages_told(), suppress(BrokenPipeError):  # a message may quote a row
        _answer(file, out)


def _answer(file: FileToRead, out: BinaryIO) -> None:
    # One thread: a chunk waits to be taken while the one before is loaded. Then the next is read.
    chunks = read_chunks(file)
    try:
        while (answer := _next_answer(chunks)) is not None:
            for part in answer:
                _write(out, part)
    except FileProblem as problem:
        _write(out, b"".join(frame(PROBLEM, (problem.code, stored(problem.sentence)))))
    else:
        _write(out, b"".join(frame(END, ())))


def _next_answer(chunks: Iterator[Chunk]) -> tuple[bytes, bytes] | None:
    """Return the next chunk as bytes, of which only they stay in memory."""
    chunk = next(chunks, None)
    return frame(CHUNK, as_values(chunk)) if chunk is not None else None


def _write(out: BinaryIO, part: bytes) -> None:
    content = memoryview(part)
    while content:
        content = content[out.write(content) :]


if __name__ == "__main__":
    main()
