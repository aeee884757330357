"""Write a file or standard output; a file is replaced only when it is complete."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, cast

from django.utils.translation import gettext as _

from campaigns.models import CampaignRun
from campaigns.reports.run_report import write_report
from foundation.refusals import Refusal

#: The file name that means standard output.
STANDARD_OUTPUT = "-"


def write_report_file(*, run: CampaignRun, format: str, file: str, stdout: Any) -> int:
    """Write a report and return its number of rows.

    Args:
        run: the run.
        format: csv, json or xlsx.
        file: a path, or - for `stdout`.
        stdout: the command's standard output.

    Raises:
        Refusal: the file cannot be written (`cannot_write`). An existing file is left unchanged.
    """
    try:
        with opened_file(file, stdout) as out:
            return write_report(run=run, format=format, out=out)
    except BrokenPipeError:
        raise  # the reader closed the pipe, such as head(1)
    except OSError as problem:
        raise Refusal(
            _("The report cannot be written to %(file)s: %(why)s.")
            % {"file": file, "why": problem.strerror or type(problem).__name__},
            code="cannot_write",
            file=file,
        ) from None


@contextmanager
def opened_file(file: str, stdout: Any) -> Iterator[BinaryIO]:
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
