"""Settings of the console's web server."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from qqcampaign import environment

#: Megabytes: the most of one upload, of a user's uploads at a time, and of all at a time.
_UPLOADS = {"UPLOAD_MB": 500, "UPLOAD_MB_PER_USER": 1000, "UPLOAD_MB_IN_ALL": 4000}

#: The folders of our own static files.
_STATIC = ("qqcampaign/console/static", "api/static")


def static_fingerprint(base: Path) -> str:
    """Return a word that changes with the static files: ours, and those of the pinned packages.

    It is a part of their addresses, so a browser keeps them until they change.

    Args:
        base: the folder of the code.
    """
    digest = hashlib.sha256()
    files = [base / "requirements.txt"]
    files += sorted(one for folder in _STATIC for one in (base / folder).rglob("*"))
    for file in files:
        if file.is_file():
            digest.update(file.relative_to(base).as_posix().encode() + b"\0" + file.read_bytes())
    return digest.hexdigest()[:12]


def upload_limits(problems: list[str]) -> tuple[int, int, int]:
    """Return the limits of uploads in bytes; problems are added to the list."""
    found = []
    for name, default in _UPLOADS.items():
        try:
            found.append(environment.read_count(os.environ, name, default) << 20)
        except environment.EnvironmentProblem as problem:
            problems.append(str(problem))
            found.append(default << 20)
    one, per_user, in_all = found
    return one, per_user, in_all
