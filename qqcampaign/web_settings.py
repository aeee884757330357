"""Settings of the console's web server."""

from __future__ import annotations

import os

from qqcampaign import environment

#: Megabytes: the most of one upload, of a user's uploads at a time, and of all at a time.
_UPLOADS = {"UPLOAD_MB": 500, "UPLOAD_MB_PER_USER": 1000, "UPLOAD_MB_IN_ALL": 4000}


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
