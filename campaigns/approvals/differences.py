"""What changed between two definitions: field by field, texts line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from foundation.differences import differences
from foundation.display import EMPTY

#: The most lines of a text's differences, and characters of a value, that are shown.
MOST_LINES, LONGEST_VALUE = 400, 2_000


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


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return what differs between two stored definitions, texts first."""
    return [
        *_text_changes(before.get("texts") or [], after.get("texts") or []),
        *_rule_changes(before.get("rules") or {}, after.get("rules") or {}),
    ]


def changed_labels(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Return the labels of the fields that differ, for a sentence; "" if none does."""
    return ", ".join(dict.fromkeys(change.label for change in changes_between(before, after)))


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


def _rule_changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    names = [*before, *(name for name in after if name not in before)]
    return [
        Change(name, _label(name), _shown(name, before.get(name)), _shown(name, after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    ]


def _label(name: str) -> str:
    if name == "holiday_dates":
        return _("dates of the holidays")
    if name == "variants":
        return _("variants")
    return str(getattr(_field(name), "verbose_name", name))


def _shown(name: str, value: Any) -> str:
    """Return a value for people to read."""
    if value is None or value == "" or value == []:
        return _("every working account") if name == "accounts" and value == [] else EMPTY
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, list):
        text = "\n".join(map(_item, value))
    else:
        text = str(value)
        choices = dict(getattr(_field(name), "flatchoices", ()) or ())
        text = str(choices.get(value, text))
    return text if len(text) <= LONGEST_VALUE else text[:LONGEST_VALUE] + " …"


def _item(value: Any) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    if "where" in value:
        return f"{value['name']}: {value['where'] or value['conditions']}"
    if "share" in value and value["share"] is not None:
        return f"{value['name']} = {value['share']:g}"
    if "name" in value:
        return str(value["name"])
    return ", ".join(f"{key}: {one}" for key, one in value.items())


def _field(name: str) -> Any:
    try:
        return Campaign._meta.get_field(name)
    except FieldDoesNotExist:
        return None
