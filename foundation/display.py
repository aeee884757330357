"""The one mark of a value that is not there: on every page, in every table, of every command."""

from __future__ import annotations

EMPTY = "–"
