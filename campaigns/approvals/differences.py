"""What changed between two definitions: field by field, texts line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model
from django.utils.translation import gettext as _

from campaigns.creation.sequence_steps import ways_in_words
from campaigns.models import Campaign
from campaigns.sequence_states import OnlyIf
from foundation.differences import differences
from foundation.display import EMPTY
from foundation.spans import read_span, span_words

#: The most lines of a text's differences, and characters of a value, that are shown.
MOST_LINES, LONGEST_VALUE = 400, 2_000
#: Fields that are spans in seconds.
SPANS = ("deadline_after", "online_within", "decide_after")


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs.

    Attributes:
        name: the name of the field.
        label: its label.
        before, after: the values for people to read; of a text, the texts.
        is_text: whether it is a text, whose lines are compared.
    """

    name: str
    label: str
    before: str = ""
    after: str = ""
    is_text: bool = False

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The lines of a text, each with " ", "-" or "+"; empty for other fields."""
        if not self.is_text:
            return []
        compared = differences(self.before, self.after)[:MOST_LINES]
        return [(line.mark, line.text) for line in compared]


def changes_between(
    before: Mapping[str, Any], after: Mapping[str, Any], *, of: type[Model] = Campaign
) -> list[Change]:
    """Return what differs between two stored definitions, texts first.

    Args:
        before, after: the definitions.
        of: what they define: `Campaign` or `Sequence`. Its fields have the labels.
    """
    return [
        *_text_changes(before.get("texts") or [], after.get("texts") or []),
        *_rule_changes(before.get("rules") or {}, after.get("rules") or {}, of),
    ]


def described(
    definition: Mapping[str, Any], *, of: type[Model] = Campaign
) -> list[tuple[str, str]]:
    """Return the rules of a stored definition that say something, as labels and values."""
    rules = definition.get("rules") or {}
    shown = [(_label(name, of), _shown(name, value, of)) for name, value in rules.items()]
    return [(label, value) for label, value in shown if value != EMPTY]


def changed_labels(
    before: Mapping[str, Any], after: Mapping[str, Any], *, of: type[Model] = Campaign
) -> str:
    """Return the labels of the fields that differ, for a sentence; "" if none does."""
    changes = changes_between(before, after, of=of)
    return ", ".join(dict.fromkeys(change.label for change in changes))


def _text_changes(before: list[Any], after: list[Any]) -> list[Change]:
    olds, news = _by_name(before), _by_name(after)
    changes = []
    for key in [*olds, *(key for key in news if key not in olds)]:
        old, new = olds.get(key, ""), news.get(key, "")
        if old != new:
            label = " ".join(filter(None, (_("text"), *key)))
            changes.append(Change("text", label, old, new, is_text=True))
    return changes


def _by_name(texts: list[Any]) -> dict[tuple[str, str], str]:
    return {(one["variant"], one["language"]): one["text"] for one in texts}


def _rule_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], of: type[Model]
) -> list[Change]:
    names = [*before, *(name for name in after if name not in before)]
    return [
        Change(
            name,
            _label(name, of),
            _shown(name, before.get(name), of),
            _shown(name, after.get(name), of),
        )
        for name in names
        if before.get(name) != after.get(name)
    ]


def _label(name: str, of: type[Model]) -> str:
    own: dict[str, str] = {
        "holiday_dates": _("dates of the holidays"),
        "variants": _("variants"),
        "steps": _("steps"),
        "own_accounts": _("accounts of single steps"),
    }
    return own.get(name) or str(getattr(_field(name, of), "verbose_name", name))


def _shown(name: str, value: Any, of: type[Model]) -> str:
    """Return a value for people to read."""
    if value is None or value == "" or value == []:
        return _("every working account") if name == "accounts" and value == [] else EMPTY
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name in SPANS:
        return span_words(int(value))
    if isinstance(value, list):
        text = "\n".join(map(_item, value))
    else:
        text = str(value)
        choices = dict(getattr(_field(name, of), "flatchoices", ()) or ())
        text = str(choices.get(value, text))
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + " …"


def _item(value: Any) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    if "only_if" in value:
        return _step_item(value)
    if "where" in value:
        return f"{value['name']}: {value['where'] or value['conditions']}"
    if "share" in value and value["share"] is not None:
        return f"{value['name']} = {value['share']:g}"
    if "name" in value:
        return str(value["name"])
    return ", ".join(f"{key}: {one}" for key, one in value.items())


def _step_item(value: Mapping[str, Any]) -> str:
    only = OnlyIf(value["only_if"]).label if value["only_if"] in OnlyIf.values else ""
    seconds = read_span(str(value["wait"]))
    wait = _("after %(wait)s") % {"wait": span_words(seconds)} if seconds else _("at once")
    parts = [f"{wait}, {only}"]
    if "segment" in value:
        parts.append(_item(value["segment"]))
    parts += ways_in_words(value.get("then"), value.get("else"))
    return f"{value['step']}: " + "; ".join(parts)


def _field(name: str, of: type[Model]) -> Any:
    try:
        return of._meta.get_field(name)
    except FieldDoesNotExist:
        return None
