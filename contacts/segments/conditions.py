"""The conditions of segments: a tree of JSON that becomes one condition of a query.

A condition is {"kind": ..., ...}; {"all": [...]}, {"any": [...]} and {"not": {...}} combine them.
Apps that this one must not import (accounts, campaigns) register the kinds that need their data.

    {"all": [{"kind": "attribute", "name": "city", "is": "one_of", "value": ["Bern", "Basel"]},
             {"not": {"kind": "list", "lists": [3]}},
             {"kind": "last_written", "is": "more_than", "days": 30}]}
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, TypeAlias

from django.db.models import Case, Exists, F, FloatField, OuterRef, Q, TextField, Value, When
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThan, LessThan
from django.utils import timezone

from contacts.models import ContactList, Membership, Suppression
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

Builder: TypeAlias = Callable[[Mapping[str, Any]], Q]

#: The most levels and the most nodes of a segment's JSON: larger ones make too large a query.
DEEPEST, MOST_CONDITIONS = 10, 100
_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,9})?$"
_builders: dict[str, Builder] = {}


def register_condition(kind: str, build: Builder) -> None:
    """Register a kind of condition.

    Args:
        kind: its name in the JSON.
        build: a function that returns the Q, on Contact, of a condition's JSON, and raises Refusal
            if it does not understand it.
    """
    _builders[kind] = build


def known_kinds() -> list[str]:
    """Return the registered kinds of condition."""
    return sorted(_builders)


def condition_of(conditions: Any) -> Q:
    """Return the query condition of a segment's JSON; an empty one selects nobody.

    Raises:
        Refusal: a condition is not understood, or the JSON is too large.
    """
    if not conditions:
        return Q(pk__in=())
    budget = [MOST_CONDITIONS]
    return _build(conditions, DEEPEST, budget)


def _build(node: Any, depth: int, budget: list[int]) -> Q:
    budget[0] -= 1
    if depth == 0 or budget[0] < 0:
        raise Refusal(
            _("The segment has too many conditions (at most %(most)d, %(deep)d deep).")
            % {"most": MOST_CONDITIONS, "deep": DEEPEST},
            code="segment_too_large",
        )
    if not isinstance(node, Mapping):
        raise nonsense(node)
    if "not" in node:
        return ~_build(node["not"], depth - 1, budget)
    for word in ("all", "any"):
        if word in node:
            if not isinstance(node[word], list) or not node[word]:
                raise nonsense(node)
            parts = [_build(part, depth - 1, budget) for part in node[word]]
            combined = parts[0]
            for part in parts[1:]:
                combined = combined & part if word == "all" else combined | part
            return combined
    build = _builders.get(str(node.get("kind")))
    if build is None:
        raise Refusal(
            _("There is no condition %(kind)s. There are: %(kinds)s.")
            % {"kind": node.get("kind"), "kinds": ", ".join(known_kinds())},
            code="no_such_condition",
        )
    return build(node)


def lists_asked_about(conditions: Any) -> set[int]:
    """Return the ids of the lists in a segment's JSON, even if it is not understood otherwise."""
    if isinstance(conditions, Mapping):
        found: set[int] = set()
        if conditions.get("kind") == "list" and isinstance(conditions.get("lists"), list):
            found |= {number for number in conditions["lists"] if type(number) is int}
        return found.union(*(lists_asked_about(part) for part in conditions.values()))
    if isinstance(conditions, list):
        return set().union(*(lists_asked_about(part) for part in conditions))
    return set()


def nonsense(node: Any) -> Refusal:
    """Return the refusal of a condition that is not understood."""
    return Refusal(
        _("This condition is not understood: %(condition)s.") % {"condition": str(node)[:200]},
        code="condition",
    )


def whole_numbers(node: Mapping[str, Any], key: str) -> list[int]:
    """Return a condition's list of whole numbers.

    Args:
        node: the condition.
        key: the key of the list.

    Raises:
        Refusal: the value is not a list of whole numbers.
    """
    ids = node.get(key)
    if not isinstance(ids, list) or not all(type(number) is int for number in ids):
        raise nonsense(node)
    return ids


def days_ago(node: Mapping[str, Any]) -> Any:
    """Return the time that is a condition's "days" ago.

    Raises:
        Refusal: "days" is not a number from 0 to 100000.
    """
    days = node.get("days")
    if isinstance(days, bool) or not isinstance(days, int | float) or not 0 <= days <= 100_000:
        raise nonsense(node)
    return timezone.now() - timedelta(days=days)


def _compared(text: Any, node: Mapping[str, Any]) -> Q:
    """Return the condition of "is" and "value" on an expression of a text."""
    value, comparison = node.get("value"), node.get("is", "equals")
    filled = Q(_lookup(text, "gt", ""))
    if comparison in ("filled", "empty"):
        return filled if comparison == "filled" else ~Q(_present(text)) | ~filled
    if comparison == "one_of":
        if not isinstance(value, list):
            raise nonsense(node)
        return Q(_lookup(text, "in", [str(item) for item in value]))
    if comparison in ("above", "below"):
        return _as_number(text, comparison, value, node)
    lookup = {
        "equals": "exact",
        "not_equals": "exact",
        "contains": "icontains",
        "starts_with": "istartswith",
    }.get(str(comparison))
    if lookup is None or value is None or isinstance(value, list | dict):
        raise nonsense(node)
    found = Q(_lookup(text, lookup, str(value)))
    # A missing attribute is not equal to any value.
    return ~Q(_present(text)) | ~found if comparison == "not_equals" else found


def _lookup(text: Any, name: str, value: Any) -> Any:
    """Return a lookup on an expression, so that no attribute's name becomes a keyword argument."""
    lookup = text.output_field.get_lookup(name)
    return lookup(text, value)


def _present(text: Any) -> Any:
    return _lookup(text, "isnull", False)


def _as_number(text: Any, comparison: str, value: Any, node: Mapping[str, Any]) -> Q:
    """Return the comparison of a text as a number; a text that is not a number does not match."""
    try:
        limit = float(value)
    except (TypeError, ValueError):
        raise nonsense(node) from None
    number = Case(
        When(Q(_lookup(text, "regex", _NUMBER)), then=Cast(text, FloatField())),
        default=Value(None),
        output_field=FloatField(),
    )
    compare = GreaterThan if comparison == "above" else LessThan
    # False and not NULL without a number, so that "not" includes those people.
    return Q(Case(When(Q(compare(number, limit)), then=Value(True)), default=Value(False)))


def _attribute(node: Mapping[str, Any]) -> Q:
    name = node.get("name")
    if not isinstance(name, str) or not name:
        raise nonsense(node)
    return _compared(KeyTextTransform(name, "attributes"), node)


def _name(node: Mapping[str, Any]) -> Q:
    return _compared(Cast(F("name"), TextField()), node)


def _list(node: Mapping[str, Any]) -> Q:
    ids = whole_numbers(node, "lists")
    known = set(ContactList.objects.filter(pk__in=ids).values_list("pk", flat=True))
    if set(ids) - known:
        # Otherwise “not in this list” would select everybody.
        raise Refusal(_("It refers to a list that has been deleted."), code="list_gone")
    return Q(Exists(Membership.objects.filter(contact=OuterRef("pk"), contact_list_id__in=ids)))


def _suppressed(_node: Mapping[str, Any]) -> Q:
    in_force = Suppression.objects.in_force().filter(uin=OuterRef("uin"), contact_list=None)
    return Q(Exists(in_force))


def _known_since(node: Mapping[str, Any]) -> Q:
    moment = days_ago(node)
    if node.get("is") == "more_than":
        return Q(created_at__lt=moment)
    return Q(created_at__gte=moment)


register_condition("attribute", _attribute)
register_condition("name", _name)
register_condition("list", _list)
register_condition("suppressed", _suppressed)
register_condition("known_since", _known_since)
