"""The process that reads a large file: it is told a file, and answers with chunks.

It starts in a quarter of a second, because it knows no model and opens no database. It ends when
the file does, and when nobody takes its answers any more.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from contextlib import suppress
from typing import Any, BinaryIO

from django.apps import apps
from django.conf import settings
from django.utils import translation

from contacts.imports.chunks import FileToRead, read_chunks
from contacts.imports.chunks_as_bytes import CHUNK, END, PROBLEM, as_values, frame
from foundation.own_python import no_messages_told
from foundation.sentences import stored
from tabular import FileProblem, ReadAhead


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
    with no_messages_told(), suppress(BrokenPipeError):  # a message may quote a row
        _answer(file, out)


def _answer(file: FileToRead, out: BinaryIO) -> None:
    # One chunk is read while another waits to be taken, as bytes: they need a third of the memory.
    ahead = ReadAhead(
        lambda: (frame(CHUNK, as_values(chunk)) for chunk in read_chunks(file)),
        prepare=lambda: translation.activate(file.language),
    )
    try:
        with ahead:
            for answer in ahead:
                _write(out, answer)
    except FileProblem as problem:
        _write(out, frame(PROBLEM, (problem.code, stored(problem.sentence))))
    else:
        _write(out, frame(END, ()))


def _write(out: BinaryIO, answer: bytes) -> None:
    content = memoryview(answer)
    while content:
        content = content[out.write(content) :]


if __name__ == "__main__":
    main()
