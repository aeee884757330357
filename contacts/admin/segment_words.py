"""What the form of a segment offers: the attributes with their types, the comparisons, the labels.

The browser builds the rows from it (`console/segment.js`), for the kinds of conditions that are
registered (`contacts.segments.kinds`).
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _

from contacts.models import Attribute
from contacts.segments.comparisons import DATE_LABELS, OFFERED
from contacts.segments.kinds import Kind, Phrase, kind_named, kinds
from contacts.segments.references import leaves, missing_in, names_in, reference_to
from contacts.typed_values.types import AttributeType

#: The most attributes offered. If there are more, the text form takes any name.
MOST_ATTRIBUTES = 2_000


def form_words() -> dict[str, Any]:
    """Return what the form offers, as JSON."""
    return {
        "kinds": [_kind(kind) for kind in kinds()],
        "attributes": _attributes(),
        "offered": {kind: list(comparisons) for kind, comparisons in OFFERED.items()},
        "dateLabels": {name: str(label) for name, label in DATE_LABELS.items()},
        "labels": _labels(),
    }


def names_of_references(conditions: Any) -> dict[str, dict[str, Any]]:
    """Return what a tree refers to: by key and id, the name, and whether it was deleted."""
    found: dict[str, dict[str, Any]] = {}
    for node in leaves(conditions):
        kind = kind_named(node.get("kind"))
        if kind is None or not isinstance(node.get(kind.refers_to), list):
            continue
        names = names_in(node, reference_to(kind.refers_to))
        of_key = found.setdefault(kind.refers_to, {})
        of_key |= {str(n): {"name": name} for n, name in names.items() if name is not None}
    for missing in missing_in(conditions):
        entry = {"name": missing.name, "gone": True}
        found.setdefault(missing.key, {})[str(missing.id)] = entry
    return found


def _kind(kind: Kind) -> dict[str, Any]:
    return {
        "name": kind.name,
        "label": str(kind.label),
        "usual": kind.usual,
        "refersTo": kind.refers_to,
        "phrases": [_phrase(phrase) for phrase in kind.phrases if not phrase.is_synonym],
    }


def _phrase(phrase: Phrase) -> dict[str, Any]:
    return {
        "label": str(phrase.label),
        "fixed": dict(phrase.fixed),
        "slots": [slot for slot in phrase.slots if slot != "name"],
    }


def _attributes() -> list[dict[str, str]]:
    rows = Attribute.objects.order_by("name").values_list("name", "kind")[:MOST_ATTRIBUTES]
    labels = dict(AttributeType.choices)
    return [
        {"name": name, "type": kind, "typeLabel": str(labels.get(kind, ""))} for name, kind in rows
    ]


def _labels() -> dict[str, str]:
    return {
        "all": _("all of these"),
        "any": _("any of these"),
        "none": _("none of these"),
        "notAll": _("not all of these"),
        "who": _("People who meet"),
        "whichPart": _("The group’s rule"),
        "meets": _("if"),
        "meetsNot": _("if not"),
        "meetsLabel": _("Must the condition hold?"),
        "condition": _("Condition"),
        "group": _("Group"),
        "subject": _("What the condition is about"),
        "choose": _("Choose …"),
        "comparison": _("How it compares"),
        "attributes": _("Attributes"),
        "others": _("Lists and messages"),
        "unknownAttribute": _("no person has it"),
        "value": _("Value"),
        "values": _("Values, one per line"),
        "from": _("From"),
        "to": _("To"),
        "hours": _("Hours"),
        "days": _("Days"),
        "years": _("Years"),
        "search": _("Type to search"),
        "gone": _("deleted"),
        "nothing": _("Nothing found"),
        "remove": _("Remove"),
        "removeGroup": _("Remove the group"),
        "addCondition": _("Add a condition"),
        "addGroup": _("Add a group"),
        "counting": _("Counting …"),
        "failed": _("The count could not be loaded. The next change tries again."),
    }
