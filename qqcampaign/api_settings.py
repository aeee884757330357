"""The settings of the HTTP API: what they are unless the environment says otherwise."""

from __future__ import annotations

#: A program that asks ten times a second is not limited.
REQUESTS_PER_MINUTE = 600.0
#: A table of some five million people.
LARGEST_UPLOAD = 256 * 1024 * 1024
