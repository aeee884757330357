"""Who is a known contact: `contacts` is beside this app, so a higher one registers the answer."""

from __future__ import annotations

from collections.abc import Callable, Collection

#: Returns those of the UINs that are known contacts.
FindKnown = Callable[[Collection[int]], set[int]]

_finders: list[FindKnown] = []


def register_known_people(find: FindKnown) -> None:
    """Register a function that finds known contacts; called once, at start-up."""
    if find not in _finders:
        _finders.append(find)


def known_people(uins: Collection[int]) -> set[int]:
    """Return those of the UINs that are known contacts."""
    known: set[int] = set()
    for find in _finders:
        known |= find(uins)
    return known
