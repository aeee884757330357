"""The comparisons of attributes and names, as phrases and as conditions of a query.

If a person does not have the attribute, or its value cannot be read as the number or date that the
condition needs, the comparison is false and its "not" is true. A missing value never counts as 0.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import DateField, Q, TextField, Value
from django.db.models.lookups import (
    GreaterThan,
    GreaterThanOrEqual,
    LessThan,
    LessThanOrEqual,
)
from django.utils.translation import gettext_lazy

from contacts.segments import text_sql
from contacts.segments.days import (
    birthdays_between,
    days_after,
    days_before,
    week_of,
    years_before,
)
from contacts.segments.kinds import Answer, Asking, Phrase, known
from contacts.segments.literals import date_of, limits_of, number_of
from contacts.segments.subjects import Subject
from contacts.typed_values.types import AttributeType
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

_TEXT = (
    Phrase("=|==|＝|is|是|等于 {value}", {"is": "equals"}, gettext_lazy("is")),
    Phrase("!=|<>|≠|不是|不等于 {value}", {"is": "not_equals"}, gettext_lazy("is not")),
    Phrase("is not {value}", {"is": "not_equals"}, is_synonym=True),
    Phrase("contains|包含 {value}", {"is": "contains"}, gettext_lazy("contains")),
    Phrase("starts|begins with {value}", {"is": "starts_with"}, gettext_lazy("begins with")),
    Phrase("ends with {value}", {"is": "ends_with"}, gettext_lazy("ends with")),
    Phrase("one of {values}", {"is": "one_of"}, gettext_lazy("is one of")),
)
_ORDER = (
    Phrase(">|＞|after|大于 {value}", {"is": "above"}, gettext_lazy("is more than")),
    Phrase(">=|≥|至少 {value}", {"is": "at_least"}, gettext_lazy("is at least")),
    Phrase("<|＜|before|小于 {value}", {"is": "below"}, gettext_lazy("is less than")),
    Phrase("<=|≤|至多 {value}", {"is": "at_most"}, gettext_lazy("is at most")),
    Phrase("between {from} and|且|和 {to}", {"is": "between"}, gettext_lazy("is between")),
)
_DATES = (
    Phrase(
        "in [the] last {days} days|day|天", {"is": "in_last"}, gettext_lazy("in the last … days")
    ),
    Phrase(
        "in [the] next {days} days|day|天", {"is": "in_next"}, gettext_lazy("in the next … days")
    ),
    Phrase("birthday today", {"is": "birthday_today"}, gettext_lazy("birthday is today")),
    Phrase(
        "birthday this week", {"is": "birthday_this_week"}, gettext_lazy("birthday is this week")
    ),
    Phrase(
        "birthday in [the] next {days} days|day|天",
        {"is": "birthday"},
        gettext_lazy("birthday in the next … days"),
    ),
    Phrase(
        "older than {years} years|year|岁", {"is": "older_than"}, gettext_lazy("older than … years")
    ),
    Phrase(
        "younger than {years} years|year|岁",
        {"is": "younger_than"},
        gettext_lazy("younger than … years"),
    ),
)
_YES = (
    Phrase("is yes", {"is": "yes"}, gettext_lazy("is yes")),
    Phrase("is no", {"is": "no"}, gettext_lazy("is no")),
)
_FILLED = (
    Phrase("is filled|known", {"is": "filled"}, gettext_lazy("is known")),
    Phrase("is not empty", {"is": "filled"}, is_synonym=True),
    Phrase("is empty|unknown", {"is": "empty"}, gettext_lazy("is not known")),
)
#: The comparisons of the person's name.
NAME_PHRASES = (*_FILLED, *_TEXT)
#: All comparisons of attributes; "is filled" and "is yes" are read before "is VALUE".
ATTRIBUTE_PHRASES = (*_FILLED, *_YES, *_TEXT, *_ORDER, *_DATES)
#: The comparisons that the form offers for an attribute of a type.
OFFERED: dict[str, tuple[str, ...]] = {
    AttributeType.TEXT: ("equals", "not_equals", "contains", "starts_with", "ends_with", "one_of",
                     "filled", "empty"),
    AttributeType.NUMBER: ("equals", "not_equals", "above", "at_least", "below", "at_most",
                           "between", "one_of", "filled", "empty"),
    AttributeType.DATE: ("equals", "not_equals", "above", "at_least", "below", "at_most",
                         "between",
                     "in_last", "in_next", "birthday_today", "birthday_this_week", "birthday",
                     "older_than", "younger_than", "filled", "empty"),
    AttributeType.YES_NO: ("yes", "no", "filled", "empty"),
}  # fmt: skip
#: What the form calls a comparison of dates in place of its general label.
DATE_LABELS: dict[str, Any] = {
    "equals": gettext_lazy("is on"),
    "not_equals": gettext_lazy("is not on"),
    "above": gettext_lazy("is after"),
    "at_least": gettext_lazy("is on or after"),
    "below": gettext_lazy("is before"),
    "at_most": gettext_lazy("is on or before"),
}
_ORDERS = {
    "above": GreaterThan,
    "at_least": GreaterThanOrEqual,
    "below": LessThan,
    "at_most": LessThanOrEqual,
}
#: The two ends of an interval, both part of it.
_ENDS = (GreaterThanOrEqual, LessThanOrEqual)


def compare(subject: Subject, node: Mapping[str, Any], asking: Asking) -> Answer:
    """Return the people whose value compares as a condition says.

    Raises:
        Refusal: the value of the condition does not fit the type, or the comparison does not.
    """
    comparison = node["is"]
    if comparison == "not_equals":
        equal = compare(subject, {**node, "is": "equals"}, asking)
        return Answer(equal.unmet, equal.met)
    if comparison == "empty":
        filled = compare(subject, {**node, "is": "filled"}, asking)
        return Answer(filled.unmet, filled.met)
    if comparison in ("equals", "one_of"):
        return known(_equals(subject, node))
    if comparison in _ORDERS:
        return known(_ordered(subject, [node["value"]], [_ORDERS[comparison]]))
    if comparison == "between":
        return known(_ordered(subject, node["value"], _ENDS))
    if comparison in ("yes", "no"):
        return known(text_sql.never_null(subject.yes(comparison == "yes")))
    if comparison in ("filled", "contains", "starts_with", "ends_with"):
        return known(_of_text(subject, comparison, node.get("value", "")))
    return known(_of_days(subject, node, asking.today))


def _of_text(subject: Subject, comparison: str, value: str) -> Q:
    text = text_sql.or_blank(subject.text)
    if comparison == "filled":
        return Q(GreaterThan(text, Value("", output_field=TextField())))
    find = {
        "contains": text_sql.contains,
        "starts_with": text_sql.starts_with,
        "ends_with": text_sql.ends_with,
    }[comparison]
    return Q(find(text, value))


def _equals(subject: Subject, node: Mapping[str, Any]) -> Q:
    values = node["value"] if node["is"] == "one_of" else [node["value"]]
    if subject.type.kind == AttributeType.NUMBER:
        numbers = [number_of(value) for value in values]
        return text_sql.never_null(text_sql.OneOfNumbers(subject.number, numbers))
    if subject.type.kind == AttributeType.DATE:
        days = [date_of(value, subject.type.order).isoformat() for value in values]
        return Q(text_sql.OneOf(text_sql.day_text(subject.date), days))
    if subject.type.kind == AttributeType.YES_NO:
        raise Refusal(
            _("“%(name)s” is yes or no: ask for “is yes” or “is no”.") % {"name": subject.name},
            code="comparison_of_type",
        )
    text = text_sql.or_blank(subject.text)
    if node["is"] == "one_of":
        return Q(text_sql.OneOf(text, values))
    return Q(text_sql.is_text(text, values[0]))


def _ordered(subject: Subject, values: list[str], orders: Any) -> Q:
    """Return the comparison with one limit or with two, as numbers or as dates."""
    limits: list[Any]
    if subject.type.kind == AttributeType.NUMBER:
        limits = [number_of(value) for value in values]
    elif subject.type.kind == AttributeType.DATE:
        limits = [date_of(value, subject.type.order) for value in values]
    else:
        limits = list(limits_of(values))
    if len(limits) == 2 and limits[0] > limits[1]:
        raise Refusal(
            _("Nothing is between %(from)s and %(to)s: give the smaller value first.")
            % {"from": values[0], "to": values[1]},
            code="limits_in_wrong_order",
        )
    if isinstance(limits[0], date):
        return _between_days(subject, limits, orders)
    number = subject.number
    return _all(
        text_sql.never_null(order(number, limit))
        for order, limit in zip(orders, limits, strict=True)
    )


def _between_days(subject: Subject, limits: list[date], orders: Any) -> Q:
    day = subject.date
    return _all(
        text_sql.never_null(order(day, Value(limit, output_field=DateField())))
        for order, limit in zip(orders, limits, strict=True)
    )


def _of_days(subject: Subject, node: Mapping[str, Any], today: date) -> Q:
    comparison = node["is"]
    if comparison == "in_last":
        return _between_days(subject, [days_before(today, node["days"]), today], _ENDS)
    if comparison == "in_next":
        return _between_days(subject, [today, days_after(today, node["days"])], _ENDS)
    if comparison == "older_than":
        return _between_days(subject, [years_before(today, node["years"])], [LessThan])
    if comparison == "younger_than":
        return _between_days(subject, [years_before(today, node["years"])], [GreaterThan])
    first, last = today, today
    if comparison == "birthday_this_week":
        first, last = week_of(today)
    elif comparison == "birthday":
        last = days_after(today, node["days"])
    month_and_day = text_sql.month_and_day(subject.date)
    return Q(text_sql.OneOf(month_and_day, birthdays_between(first, last)))


def _all(conditions: Any) -> Q:
    return Q(*conditions)
