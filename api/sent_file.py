"""A file as a response: streamed in blocks, then removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.http import StreamingHttpResponse

from api.pipeline.operation import Answer

_BLOCK = 1 << 16


def sent_file(answer: Answer) -> StreamingHttpResponse:
    """Return the response that sends an operation's file."""
    assert answer.file is not None
    size = answer.file.stat().st_size
    # Opened and removed at once: it is gone whatever becomes of the connection.
    response = StreamingHttpResponse(_blocks(answer.file), content_type=answer.content_type)
    response["Content-Length"] = str(size)
    response["Content-Disposition"] = "attachment"
    return response


def _blocks(path: Path) -> Iterator[bytes]:
    file = path.open("rb")
    path.unlink()

    def read() -> Iterator[bytes]:
        with file:
            while block := file.read(_BLOCK):
                yield block

    return read()
