"""The rows to which conditions refer by id: lists, accounts, campaigns; some may have been deleted.

A condition keeps the names beside the ids: {"kind": "list", "lists": [3], "names": ["VIP"]}. So a
deleted row is still shown by its former name.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from contacts.models import ContactList, Segment
from contacts.segments.kinds import kind_named
from foundation.characters import is_storable
from foundation.deletion import quoted
from foundation.names import name_key
from foundation.sentences import Sentence as _


@dataclass(frozen=True, slots=True)
class Reference:
    """Something that conditions refer to.

    Attributes:
        key: the key of the ids in a condition.
        noun: "list", translated lazily.
        names_of: returns the names of those ids that exist.
        find: returns the id of a name, None if there is none.
        search: returns the first (id, name) whose name contains a text.
        is_named: whether conditions keep names beside the ids; the UIN of an account is its name.
    """

    key: str
    noun: Any
    names_of: Callable[[Collection[int]], dict[int, str]]
    find: Callable[[str], int | None]
    search: Callable[[str, int], list[tuple[int, str]]]
    is_named: bool = True


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that a segment refers to and that was deleted."""

    key: str
    noun: Any
    id: int
    name: str


_references: dict[str, Reference] = {}


def register_reference(reference: Reference) -> None:
    """Register something that conditions may refer to."""
    _references[reference.key] = reference


def reference_to(key: str) -> Reference:
    """Return the reference that is registered under a key of conditions.

    Raises:
        KeyError: nothing is registered under the key.
    """
    return _references[key]


def reference_keys() -> list[str]:
    """Return the keys that are registered."""
    return list(_references)


def names_in(node: Mapping[str, Any], reference: Reference) -> dict[int, str | None]:
    """Return the names of a condition's ids, in their order; None for those that are gone."""
    ids = [number for number in node.get(reference.key, ()) if type(number) is int]
    names = reference.names_of(ids)
    return {number: names.get(number) for number in ids}


def last_names(node: Mapping[str, Any], reference: Reference) -> dict[int, str]:
    """Return the names that a condition keeps beside its ids."""
    names = node.get("names")
    if not isinstance(names, list):
        return {}
    pairs = zip(node.get(reference.key, ()), names, strict=False)
    return {number: name for number, name in pairs if isinstance(name, str) and name}


def missing_in(conditions: Any) -> list[Missing]:
    """Return what a segment's JSON refers to and that was deleted, each once."""
    found: dict[tuple[str, int], Missing] = {}
    for node in leaves(conditions):
        kind = kind_named(node.get("kind"))
        if kind is None or not kind.refers_to or not isinstance(node.get(kind.refers_to), list):
            continue
        reference = reference_to(kind.refers_to)
        kept = last_names(node, reference)
        for number, name in names_in(node, reference).items():
            if name is None:
                unnamed = f"#{number}" if reference.is_named else str(number)
                found[kind.refers_to, number] = Missing(
                    kind.refers_to, reference.noun, number, kept.get(number, unnamed)
                )
    return list(found.values())


def leaves(conditions: Any) -> Iterator[Mapping[str, Any]]:
    """Yield the conditions of a tree that combine no others, also of one not understood."""
    waiting = [conditions]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(reversed(node))
        elif isinstance(node, Mapping):
            if "kind" in node:
                yield node
            else:
                waiting.extend(node.values())


def refusals_of_segments(key: str, number: int) -> list[str]:
    """Return why something is not deleted that segments refer to: one sentence, or none.

    Segments whose conditions are not understood count too.

    Args:
        key: the key of the ids in a condition.
        number: the id.
    """
    names = [
        segment.name
        for segment in Segment.objects.order_by("name")
        if number in _ids_referred_to(segment.conditions, key)
    ]
    if not names:
        return []
    return [
        _("These segments refer to it: %(names)s. Change their conditions first.")
        % {"names": quoted(names)}
    ]


def _ids_referred_to(conditions: Any, key: str) -> set[int]:
    return {
        number
        for node in leaves(conditions)
        if isinstance(node.get(key), list)
        for number in node[key]
        if type(number) is int
    }


def named_rows(key: str, noun: Any, rows: QuerySet[Any]) -> Reference:
    """Return the reference to the rows of a `NamedModel`."""

    def names_of(ids: Collection[int]) -> dict[int, str]:
        return dict(rows.filter(pk__in=_storable(ids)).values_list("pk", "name"))

    def find(name: str) -> int | None:
        if not is_storable(name):
            return None
        return rows.filter(name_key=name_key(name)).values_list("pk", flat=True).first()

    def search(text: str, most: int) -> list[tuple[int, str]]:
        found = rows.filter(name__icontains=text).order_by("name").values_list("pk", "name")
        return list(found[:most])

    return Reference(key, noun, names_of, find, search)


def _storable(ids: Collection[int]) -> list[int]:
    """Return the ids that a column of 64 bits can hold; no row can have another one."""
    return [number for number in ids if 0 < number < 2**63]


register_reference(named_rows("lists", gettext_lazy("list"), ContactList.objects.all()))
