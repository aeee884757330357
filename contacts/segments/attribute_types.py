"""The attributes that there are, with their types."""

from __future__ import annotations


def attribute_types() -> dict[str, str]:
    """Return the type of each attribute that has one, by name."""
    return {}
