"""The conditions of segments: a small tree of JSON becomes one condition of a query.

A condition is {"kind": ..., ...}; {"all": [...]}, {"any": [...]} and {"not": {...}} combine them.
Kinds that need data of apps above (accounts, campaigns) are registered by those apps at start:
this app asks and does not know whom.

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

DEEPEST, MOST_CONDITIONS = 10, 100
_NUMBER = r"^-?[0-9]{1,15}(\.[0-9]{1,9})?$"
_builders: dict[str, Builder] = {}


def register_condition(kind: str, build: Builder) -> None:
    """Teach segments a kind of condition.

    Args:
        kind: its name in the JSON.
        build: makes the Q, over Contact, of the condition's JSON; raises Refusal on nonsense.
    """
    _builders[kind] = build


def known_kinds() -> list[str]:
    """Return the kinds of condition there are."""
    return sorted(_builders)


def condition_of(conditions: Any) -> Q:
    """Return the query condition of a segment's JSON; an empty segment is nobody.

    Raises:
        Refusal: it is not understood, or too large.
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
    """Return the lists that a segment's JSON names, whether it is understood or not."""
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
    """Return a condition's list of ids.

    Raises:
        Refusal: it is none.
    """
    ids = node.get(key)
    if not isinstance(ids, list) or not all(type(number) is int for number in ids):
        raise nonsense(node)
    return ids


def days_ago(node: Mapping[str, Any]) -> Any:
    """Return the moment a condition's "days" lie back.

    Raises:
        Refusal: "days" is no number from 0 to 100000.
    """
    days = node.get("days")
    if isinstance(days, bool) or not isinstance(days, int | float) or not 0 <= days <= 100_000:
        raise nonsense(node)
    return timezone.now() - timedelta(days=days)


def _compared(text: Any, node: Mapping[str, Any]) -> Q:
    """Return the condition on a text (an expression) that "is" and "value" make."""
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
    # A person without the attribute does not equal anything.
    return ~Q(_present(text)) | ~found if comparison == "not_equals" else found


def _lookup(text: Any, name: str, value: Any) -> Any:
    """Return a lookup as a condition: names of attributes never get into a keyword."""
    lookup = text.output_field.get_lookup(name)
    return lookup(text, value)


def _present(text: Any) -> Any:
    return _lookup(text, "isnull", False)


def _as_number(text: Any, comparison: str, value: Any, node: Mapping[str, Any]) -> Q:
    """Attributes are text: only those that look like a number are compared as numbers."""
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
    # Nobody without a number, also under "not".
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
        # Without it “not in this list” would be everybody.
        raise Refusal(_("It asks about a list that has been deleted."), code="list_gone")
    return Q(Exists(Membership.objects.filter(contact=OuterRef("pk"), contact_list_id__in=ids)))


def _suppressed(_node: Mapping[str, Any]) -> Q:
    return Q(Exists(Suppression.objects.filter(uin=OuterRef("uin"), contact_list=None)))


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
