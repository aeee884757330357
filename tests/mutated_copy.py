"""A copy of the checkout in which one mechanism at a time is taken out, for the mutation tests."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_COPIED = shutil.ignore_patterns(
    ".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis", "staticfiles"
)


@contextmanager
def copied_checkout() -> Iterator[Path]:
    """Yield a copy of the checkout in a temporary folder."""
    with tempfile.TemporaryDirectory(prefix="qqmutant-") as folder:
        copy = Path(folder) / "qqcampaign"
        shutil.copytree(ROOT, copy, ignore=NOT_COPIED, symlinks=True)
        yield copy


def replace_once(file: Path, old: str, new: str) -> bool:
    """Replace a text that must occur once; return False, and change nothing, if it does not."""
    before = file.read_text(encoding="utf-8")
    if before.count(old) != 1:
        return False
    file.write_text(before.replace(old, new), encoding="utf-8")
    return True
