"""Two people on one page: a segment is told field by field, a calendar date by date."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.models import Holiday, HolidayCalendar
from contacts.models import Segment
from foundation.admin.edits import SEEN_FIELD
from tests.campaigns.factories import make_list

pytestmark = pytest.mark.django_db
BEFORE: dict[str, Any] = {"kind": "attribute", "name": "city", "is": "equals", "value": "北京"}
MINE = {**BEFORE, "value": "昆明"}
THEIRS = {**BEFORE, "value": "大理"}


def page_of(row: Any) -> str:
    options = row._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_change", args=[row.pk])


@pytest.fixture
def segment(db: None) -> Segment:
    return Segment.objects.create(name="s", conditions=BEFORE)


def opened(operator: Client, segment: Segment, conditions: Any, *, is_text: bool) -> dict[str, str]:
    """Open a segment's page and return what it posts with other conditions."""
    page = operator.get(page_of(segment))
    shape = {"as": "text", "text": conditions} if is_text else {"as": "tree", "tree": conditions}
    return {"name": "s", "description": "", SEEN_FIELD: page.context["seen"], **shape}


@pytest.mark.parametrize("is_text", [True, False])
@pytest.mark.parametrize(("choice", "last"), [("mine", MINE), ("theirs", THEIRS)])
def test_conditions_that_both_changed_are_shown_in_words_and_chosen(
    choice: str, last: Any, is_text: bool, segment: Segment, operator: Client
) -> None:
    mine = "city = 昆明" if is_text else json.dumps(MINE)
    data = opened(operator, segment, mine, is_text=is_text)
    Segment.objects.update(conditions=THEIRS)
    answer = operator.post(page_of(segment), data)
    page = answer.content.decode()
    for words in ("city = 北京", "city = 昆明", "city = 大理", "Theirs, as it stands now"):
        assert words in page
    data[SEEN_FIELD] = answer.context["seen"]
    assert operator.post(page_of(segment), data).status_code == 200  # no choice is made yet
    data["_choice_conditions"] = choice
    assert operator.post(page_of(segment), data).status_code == 302
    segment.refresh_from_db()
    assert segment.conditions == last


def test_what_only_the_other_changed_is_kept(segment: Segment, operator: Client) -> None:
    data = opened(operator, segment, json.dumps(MINE), is_text=False)
    Segment.objects.update(description="theirs")
    answer = operator.post(page_of(segment), data, follow=True)
    segment.refresh_from_db()
    assert (segment.description, segment.conditions) == ("theirs", MINE)
    assert "and kept: Description" in answer.content.decode()
    data = opened(operator, segment, json.dumps(MINE), is_text=False)
    Segment.objects.update(conditions=THEIRS)
    operator.post(page_of(segment), {**data, "description": "mine"})
    segment.refresh_from_db()
    assert (segment.description, segment.conditions) == ("mine", THEIRS)


def test_the_other_shape_of_the_form_is_compared_too(segment: Segment, operator: Client) -> None:
    data = opened(operator, segment, json.dumps(MINE), is_text=False)
    switched = operator.post(page_of(segment), {**data, "switch": "1"})
    text = switched.context["form"]["conditions"].value()
    Segment.objects.update(conditions=THEIRS)
    data = {**data, "as": "text", "text": text, SEEN_FIELD: switched.context["seen"]}
    answer = operator.post(page_of(segment), data)
    assert [one.name for one in answer.context["form"].conflicts] == ["conditions"]


def test_the_same_conditions_in_other_words_are_no_change(
    segment: Segment, operator: Client
) -> None:
    people = make_list("VIP")
    Segment.objects.update(conditions={"kind": "list", "lists": [people.pk], "names": ["VIP"]})
    data = opened(operator, segment, " in  list : VIP ", is_text=True)
    Segment.objects.update(conditions=THEIRS)
    assert operator.post(page_of(segment), data).status_code == 302
    segment.refresh_from_db()
    assert segment.conditions == THEIRS


@pytest.mark.parametrize("is_text", [True, False])
def test_a_segment_deleted_meanwhile_shows_what_was_typed(
    is_text: bool, segment: Segment, operator: Client
) -> None:
    mine = "city = 昆明" if is_text else json.dumps(MINE)
    data = opened(operator, segment, mine, is_text=is_text)
    address = page_of(segment)
    segment.delete()
    answer = operator.post(address, data)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "This segment has been deleted." in page
    assert "city = 昆明" in page
    shown = operator.get(address, follow=True)
    assert shown.redirect_chain
    assert "This segment has been deleted." in shown.content.decode()


@pytest.fixture
def calendar(db: None) -> HolidayCalendar:
    calendar = HolidayCalendar.objects.create(name="c")
    for day in (1, 2):
        Holiday.objects.create(calendar=calendar, date=date(2026, 10, day), name="before")
    return calendar


def dates_of(operator: Client, calendar: HolidayCalendar) -> dict[str, Any]:
    """Open a calendar's page and return what it posts."""
    form = operator.get(page_of(calendar)).context["adminform"].form
    page = operator.get(page_of(calendar)).context["inline_admin_formsets"][0].formset
    data = {"name": calendar.name, "source": "", SEEN_FIELD: form.seen_token}
    for one in [*page.management_form, *(field for row in page.initial_forms for field in row)]:
        value = one.value()
        data[one.html_name] = "" if value is None else str(value)
    return data


def test_a_date_that_both_changed_is_told_and_then_saved(
    calendar: HolidayCalendar, operator: Client
) -> None:
    data = dates_of(operator, calendar)
    first = next(key for key, value in data.items() if value == "2026-10-01" and "date" in key)
    name = first.removesuffix("date") + "name"
    calendar.dates.filter(date=date(2026, 10, 1)).update(name="theirs")
    calendar.dates.filter(date=date(2026, 10, 2)).update(kind="workday")
    answer = operator.post(page_of(calendar), {**data, name: "mine"})
    assert answer.status_code == 200
    assert "Someone else changed this row" in answer.content.decode()
    assert "theirs" in answer.content.decode()
    assert calendar.dates.get(date=date(2026, 10, 1)).name == "theirs"
    seen = first.removesuffix("date") + "seen"
    formset = answer.context["inline_admin_formsets"][0].formset
    again = {one.html_name: one.value() for row in formset.initial_forms for one in row}
    answer = operator.post(page_of(calendar), {**data, name: "mine", seen: again[seen]})
    assert answer.status_code == 302, answer.context["inline_admin_formsets"][0].formset.errors
    assert calendar.dates.get(date=date(2026, 10, 1)).name == "mine"
    # The other date was left alone here, so it keeps what the other operator made of it.
    assert calendar.dates.get(date=date(2026, 10, 2)).kind == "workday"
