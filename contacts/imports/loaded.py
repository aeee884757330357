"""The result of loading a chunk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Loaded:
    """The result of loading a chunk.

    Attributes:
        created: people who are new.
        updated: people who were changed.
        unchanged: people who were not.
        added: people who were added to the list.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    added: int = 0
