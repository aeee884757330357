"""Reading a large file in a process of its own, beside the one that loads its rows.

A thread that reads takes turns with the one that loads, because both compute: SQLite runs in this
process. Two processes take the longer of the two times and not the sum. A process is started with
the same Python and not forked, because a worker has other threads (decision 0085).
"""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict

from django.conf import settings

from contacts.imports.chunks import Chunk, FileToRead
from contacts.imports.chunks_as_bytes import CHUNK, HEAD, PROBLEM, chunk_of, values_of
from foundation.own_python import own_command
from foundation.sentences import read
from tabular import FileProblem


class ReadingEnded(Exception):
    """The process ended before the end of the file; it may have been killed."""


class ReadingProcess:
    """An iterator over the chunks of a file, which another process reads.

    It must be closed; a `with` statement closes it.

    Args:
        file: the file.
        while_waiting: called while no chunk comes, about every `every` seconds. What it raises
            ends the iteration.
        every: see `while_waiting`.

    Raises:
        ReadingEnded: while it is iterated, or if the process cannot be started.
    """

    def __init__(
        self, file: FileToRead, *, while_waiting: Callable[[], None], every: float
    ) -> None:
        self._while_waiting = while_waiting
        self._every = every
        told = {
            "file": asdict(file),
            "language_code": settings.LANGUAGE_CODE,
            "languages": [[code, code] for code, _name in settings.LANGUAGES],
            "locale_paths": [str(path) for path in settings.LOCALE_PATHS],
        }
        try:
            self._process = subprocess.Popen(
                own_command("contacts.imports.reading_child"),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
        except OSError as problem:
            raise ReadingEnded(str(problem)) from None
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._out = self._process.stdout.fileno()
        with suppress(BrokenPipeError), self._process.stdin as told_to:
            told_to.write(json.dumps(told).encode())

    def __enter__(self) -> ReadingProcess:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def __iter__(self) -> Iterator[Chunk]:
        while True:
            kind, length = HEAD.unpack(self._taken(HEAD.size))
            if kind == CHUNK:
                yield chunk_of(values_of(self._taken(length)))
            elif kind == PROBLEM:
                code, sentence = values_of(self._taken(length))
                raise FileProblem(read(sentence), code=code)
            else:
                return

    def close(self) -> None:
        """End the process, and wait for it."""
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _taken(self, length: int) -> bytearray:
        content = bytearray(length)
        left = memoryview(content)
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        while left:
            if not poll.poll(self._every * 1000):
                self._while_waiting()
                continue
            count = os.readv(self._out, [left])
            if not count:
                raise ReadingEnded(f"exit code {self._process.wait()}")
            left = left[count:]
        return content
