"""Writing a report where the operator wants it: a file, whole or not at all, or the output."""

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

#: The name that stands for standard output.
STANDARD_OUTPUT = "-"


def write_report_file(*, run: CampaignRun, format: str, file: str, stdout: Any) -> int:
    """Write a report and return its rows.

    Args:
        run: the run.
        format: csv, json or xlsx.
        file: a path, or - for `stdout`.
        stdout: the command's standard output.

    Raises:
        Refusal: it cannot be written there (`cannot_write`); a file that was there is untouched.
    """
    try:
        with _opened(file, stdout) as out:
            return write_report(run=run, format=format, out=out)
    except BrokenPipeError:
        raise  # whoever read has seen enough
    except OSError as problem:
        raise Refusal(
            _("The report cannot be written to %(file)s: %(why)s.")
            % {"file": file, "why": problem.strerror or type(problem).__name__},
            code="cannot_write",
            file=file,
        ) from None


@contextmanager
def _opened(file: str, stdout: Any) -> Iterator[BinaryIO]:
    if file == STANDARD_OUTPUT:
        with tempfile.TemporaryFile() as aside:  # a sheet is written back and forth
            yield cast("BinaryIO", aside)
            _copy(cast("BinaryIO", aside), stdout)
        return
    path = Path(file)
    if path.exists() and not path.is_file():  # a pipe or a device; a folder says so itself
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
    """Copy bytes to standard output, or their text where it takes only that."""
    source.seek(0)
    out = getattr(stdout, "buffer", None)
    if out is None:
        stdout.write(source.read().decode(), ending="")
        return
    while block := source.read(1 << 16):
        out.write(block)
    out.flush()
