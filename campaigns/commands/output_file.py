"""Write a file or standard output; a file is replaced only when it is complete."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from campaigns.commands.verb import Call
from foundation.refusals import Refusal

#: The file name that means standard output.
STANDARD_OUTPUT = "-"


def add_out_argument(parser: argparse.ArgumentParser) -> None:
    """Add --out to a parser."""
    parser.add_argument(
        "--out", required=True, metavar="FILE", help="output file; - for standard output"
    )


def refuse_two_outputs(call: Call) -> None:
    """End with a usage error if both the file and the JSON go to standard output."""
    if call.options["out"] == STANDARD_OUTPUT and call.options["json"]:
        call.refuse_usage("--json and --out - both write to standard output: choose one")


@contextmanager
def output_file(file: str, stdout: Any, *, refusal: str) -> Iterator[BinaryIO]:
    """Yield the file to write.

    Args:
        file: a path, or - for `stdout`.
        stdout: the command's standard output.
        refusal: the sentence with %(file)s and %(why)s if the file cannot be written.

    Raises:
        Refusal: the file cannot be written (`cannot_write`). An existing file is left unchanged.
    """
    try:
        with _opened(file, stdout) as out:
            yield out
    except BrokenPipeError:
        raise  # the reader closed the pipe, such as head(1)
    except OSError as problem:
        raise Refusal(
            refusal % {"file": file, "why": problem.strerror or type(problem).__name__},
            code="cannot_write",
            file=file,
        ) from None


@contextmanager
def _opened(file: str, stdout: Any) -> Iterator[BinaryIO]:
    """Yield a file to write: standard output, or a file that appears when it is complete.

    Raises:
        OSError: it cannot be written.
    """
    if file == STANDARD_OUTPUT:
        with tempfile.TemporaryFile() as aside:  # the XLSX writer seeks
            yield cast("BinaryIO", aside)
            _copy(cast("BinaryIO", aside), stdout)
        return
    path = Path(file)
    if path.exists() and not path.is_file():  # a pipe or a device; opening a folder fails
        with path.open("wb") as out:
            yield out
        return
    aside_path = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside_path.open("wb") as out:
            yield out
        aside_path.replace(path)
    finally:
        with suppress(OSError):
            aside_path.unlink()


def _copy(source: BinaryIO, stdout: Any) -> None:
    """Copy bytes to standard output, or text if it accepts only text."""
    source.seek(0)
    out = getattr(stdout, "buffer", None)
    if out is None:
        stdout.write(source.read().decode(), ending="")
        return
    while block := source.read(1 << 16):
        out.write(block)
    out.flush()
