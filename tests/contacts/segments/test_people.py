"""The people of a segment are exactly those that a filter of a spreadsheet finds."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from contacts.models import Attribute, Contact, ContactList, Membership
from contacts.people.attribute_sql import attribute_text
from contacts.segments.conditions import understood
from contacts.segments.kinds import Asking
from contacts.segments.text_readings import DateInText
from contacts.typed_values.types import ValueType, readings_of
from foundation.refusals import Refusal
from tests.contacts.segments.spreadsheet import meets
from tests.examples import examples

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.both_databases]

TYPES = {
    "城市": ValueType(),
    "12": ValueType(),
    "rate": ValueType("number"),
    "生日": ValueType("date", "dmy"),
    "vip": ValueType("yes_no"),
}
VALUES = st.one_of(
    st.sampled_from(
        ["", "昆明", "昆", "KM", "km", "100%", "_", "0", "18", "-2.5", "007", "1,200", "80%", "x",
         "1e3", "--1", "1.", ".5", "2026-03-01", "2024-02-29", "2023-02-29", "2026-02-30",
         "0000-01-01",
         "2026-03-01 09:30", "2026-03-01x", "1999-12-31", "1/3/26", "2026年3月1日", "是", "no", "√"]
    ),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=4),
)  # fmt: skip
PEOPLE = st.lists(st.dictionaries(st.sampled_from(list(TYPES)), VALUES), min_size=1, max_size=6)
TODAY = st.sampled_from(
    [date(2026, 3, 1), date(2024, 2, 28), date(2023, 2, 28), date(2024, 2, 29), date(2025, 12, 30)]
)
COMPARISONS: dict[str, st.SearchStrategy[Any]] = {
    **dict.fromkeys(
        ["filled", "empty", "yes", "no", "birthday_today", "birthday_this_week"], st.none()
    ),
    **dict.fromkeys(["equals", "not_equals", "contains", "starts_with", "ends_with"], VALUES),
    **dict.fromkeys(
        ["above", "at_least", "below", "at_most"],
        st.sampled_from(["0", "18", "-2.5", "0.8", "2026-03-01", "2024-02-29"]),
    ),
    "one_of": st.lists(VALUES, min_size=1, max_size=3),
    "between": st.sampled_from([["-2.5", "18"], ["0", "1200"], ["1999-12-31", "2026-03-01"]]),
    **dict.fromkeys(["in_last", "in_next", "birthday"], st.integers(0, 800)),
    **dict.fromkeys(["older_than", "younger_than"], st.integers(0, 30)),
}  # fmt: skip


@st.composite
def _leaf(draw: Any, lists: list[int]) -> dict[str, Any]:
    if draw(st.integers(0, 4)) == 0:
        return {"kind": "list", "lists": draw(st.lists(st.sampled_from(lists), min_size=1))}
    comparison = draw(st.sampled_from(list(COMPARISONS)))
    node = {"kind": "attribute", "name": draw(st.sampled_from(list(TYPES))), "is": comparison}
    value = draw(COMPARISONS[comparison])
    if comparison in ("in_last", "in_next", "birthday"):
        node["days"] = value
    elif comparison in ("older_than", "younger_than"):
        node["years"] = value
    elif value is not None:
        node["value"] = value
    return node


def _trees(lists: list[int]) -> st.SearchStrategy[Any]:
    return st.recursive(
        _leaf(lists),
        lambda parts: st.one_of(
            st.lists(parts, min_size=1, max_size=3).map(lambda found: {"all": found}),
            st.lists(parts, min_size=1, max_size=3).map(lambda found: {"any": found}),
            parts.map(lambda part: {"not": part}),
        ),
        max_leaves=5,
    )


@given(people=PEOPLE, today=TODAY, data=st.data())
@settings(max_examples=examples(250), deadline=None, suppress_health_check=list(HealthCheck))
def test_a_segment_finds_whom_a_filter_finds(
    people: list[dict[str, str]], today: date, data: st.DataObject
) -> None:
    Contact.objects.all().delete()
    for name, value_type in TYPES.items():
        Attribute.objects.get_or_create(
            name=name, defaults={"kind": value_type.kind, "order": value_type.order}
        )
    made = Contact.objects.bulk_create(
        Contact(uin=10_000 + n, attributes=one, readings=readings_of(one, TYPES))
        for n, one in enumerate(people)
    )
    vip, _made = ContactList.objects.get_or_create(name="VIP")
    Membership.objects.bulk_create(Membership(contact_list=vip, contact=one) for one in made[::2])
    tree = data.draw(_trees([vip.pk, 987_654]))
    asking = Asking(now=datetime(today.year, today.month, today.day, 3, tzinfo=UTC))
    try:
        answer = understood(tree, asking=asking).answer
    except Refusal:  # a value that does not fit the type of the attribute
        event("refused")
        return
    lists = {vip.pk: {one.pk for one in made[::2]}}
    expected = {one.uin: meets(tree, one, types=TYPES, lists=lists, today=today) for one in made}
    found = set(Contact.objects.filter(answer.met).values_list("uin", flat=True))
    others = set(Contact.objects.filter(answer.unmet).values_list("uin", flat=True))
    assert found == {uin for uin, is_met in expected.items() if is_met}
    assert others == {uin for uin, is_met in expected.items() if is_met is False}


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("2000-02-29", date(2000, 2, 29)),
        ("2023-02-29", None),
        ("1900-02-29", None),
        ("2026-02-30", None),
        ("2026-04-31", None),
    ],
)
def test_a_text_is_a_date_only_if_the_day_exists(text: str, day: date | None) -> None:
    Contact.objects.create(uin=10_000, attributes={"城市": text})
    people = Contact.objects.annotate(day=DateInText(attribute_text("城市")))
    assert people.get().day == day
