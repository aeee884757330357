"""The values of conditions: read from JSON, checked, and brought into their normal form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_noop

from contacts.segments.characters import shown
from contacts.segments.kinds import Kind
from contacts.segments.references import last_names, names_in, reference_to
from foundation.characters import is_storable
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The most values and ids in one segment: a longer enumeration of people is a list.
MOST_VALUES = 10_000
#: The most characters of a value and of an attribute's name.
LONGEST_VALUE, LONGEST_ATTRIBUTE_NAME = 10_000, 255
#: The largest numbers of hours, of days and of years.
MOST = {"hours": 100_000, "days": 100_000, "years": 200}


_AMOUNTS = {
    "hours": gettext_noop("A number of hours, from 0 to %(most)d."),
    "days": gettext_noop("A number of days, from 0 to %(most)d."),
    "years": gettext_noop("A number of years, from 0 to %(most)d."),
}


@dataclass(slots=True)
class ValueBudget:
    """Counts down how many values a tree may still have."""

    left: int

    def take(self, n: int) -> None:
        """Count values.

        Raises:
            Refusal: the tree has more than MOST_VALUES.
        """
        self.left -= n
        if self.left < 0:
            raise Refusal(
                _(
                    "The segment has more than %(most)d values. Import the people as a list, and "
                    "ask for the list."
                )
                % {"most": MOST_VALUES},
                code="too_many_values",
            )


def read_slot(
    slot: str, node: Mapping[str, Any], kind: Kind, budget: ValueBudget
) -> dict[str, Any]:
    """Return the keys of a condition that a slot of its phrase fills, in their normal form.

    Raises:
        Refusal: the value is missing or wrong, or there are too many.
    """
    if slot == "name":
        return {"name": _attribute_name(node)}
    if slot == "value":
        return {"value": text_value(node.get("value"))}
    if slot == "values":
        return {"value": _values(node, budget)}
    if slot in ("from", "to"):
        return {"value": _two_values(node)}
    if slot in MOST:
        return {slot: _amount(slot, node)}
    return _references(node, kind, budget)


def text_value(value: Any) -> str:
    """Return a value as text.

    Raises:
        Refusal: it is missing or empty, no text or number, or cannot be stored.
    """
    if value is None or value == "":
        raise Refusal(_("Which value?"), code="value_missing")
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise nonsense(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise Refusal(
            _("“%(value)s” is not a number, like 18 or 2.5.") % {"value": value},
            code="not_a_number",
        )
    try:
        text = str(value)
    except ValueError:  # an integer of more digits than Python writes
        raise _too_long() from None
    if len(text) > LONGEST_VALUE:
        raise _too_long()
    return storable(text)


def storable(text: str) -> str:
    """Return a text that both databases can store and compare.

    Raises:
        Refusal: it contains NUL or half of a surrogate pair.
    """
    if not is_storable(text):
        raise Refusal(
            _("“%(value)s” contains a character that no text can contain. Type it again.")
            % {"value": shown(text)},
            code="bad_character",
        )
    return text


def nonsense(node: Any) -> Refusal:
    """Return the refusal of a condition that is not understood."""
    return Refusal(
        _("This condition is not understood: %(condition)s.") % {"condition": shown(node)},
        code="condition",
    )


def _too_long() -> Refusal:
    return Refusal(
        _("The value is too long, at most %(most)d characters.") % {"most": LONGEST_VALUE},
        code="value_too_long",
    )


def _attribute_name(node: Mapping[str, Any]) -> str:
    name = node.get("name")
    if name is None or (isinstance(name, str) and not name):
        raise Refusal(_("Which attribute?"), code="attribute_missing")
    if not isinstance(name, str):
        raise nonsense(node)
    if len(name) > LONGEST_ATTRIBUTE_NAME:
        raise Refusal(
            _("The name of the attribute is too long, at most %(most)d characters.")
            % {"most": LONGEST_ATTRIBUTE_NAME},
            code="attribute_name_too_long",
        )
    return storable(name)


def _values(node: Mapping[str, Any], budget: ValueBudget) -> list[str]:
    values = node.get("value")
    if values is None or values == []:
        raise Refusal(
            _("“One of” has no values: it would select nobody. Give at least one."),
            code="values_missing",
        )
    if not isinstance(values, list):
        raise nonsense(node)
    budget.take(len(values))
    return [text_value(value) for value in values]


def _two_values(node: Mapping[str, Any]) -> list[str]:
    values = node.get("value")
    if not isinstance(values, list) or len(values) != 2:
        raise Refusal(_("“Between” needs two values, from and to."), code="values_missing")
    return [text_value(value) for value in values]


def _amount(slot: str, node: Mapping[str, Any]) -> int | float:
    """Return the number of hours, days or years."""
    number, most = node.get(slot), MOST[slot]
    is_number = isinstance(number, int | float) and not isinstance(number, bool)
    if not is_number or not 0 <= number <= most:  # type: ignore[operator]
        raise Refusal(
            _(_AMOUNTS[slot]) % {"most": most},
            code="bad_amount",
        )
    rounded = round(float(number), 6)  # type: ignore[arg-type]
    return int(rounded) if rounded.is_integer() else rounded


def _references(node: Mapping[str, Any], kind: Kind, budget: ValueBudget) -> dict[str, Any]:
    """Return the ids of a condition, and the names they have, or had before they were deleted."""
    key = kind.refers_to
    ids = node.get(key)
    if not isinstance(ids, list) or not all(type(number) is int for number in ids):
        raise nonsense(node)
    reference = reference_to(key)
    if not ids:
        raise Refusal(
            _("Choose at least one: %(what)s.") % {"what": reference.noun}, code="nothing_chosen"
        )
    budget.take(len(ids))
    ids = list(dict.fromkeys(ids))
    if not reference.is_named:
        return {key: ids}
    kept = last_names(node, reference)
    names = names_in({key: ids}, reference)
    return {key: ids, "names": [names[n] or kept.get(n, f"#{shown(n)}") for n in ids]}
