"""The placeholder for an empty value, on every page and in the output of every command."""

from __future__ import annotations

EMPTY = "–"
