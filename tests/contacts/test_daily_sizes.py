"""How many people lists and segments have on each day is kept once a day, and drawn."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from contacts import daily_sizes
from contacts.daily_sizes import keep_sizes, sizes_over_time
from contacts.models import Contact, ContactList, DailySize, Membership, Segment
from contacts.segments.save import create_segment
from contacts.segments.where import parse_where
from foundation.archiving import archive_row
from tests.campaigns.factories import make_list

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def people(db: None) -> ContactList:
    return make_list("all", [100_001, 100_002, 100_003])


def _segment(where: str = "name = 张三") -> Segment:
    return create_segment(name="zhang", description="", conditions=parse_where(where), by=None)


def test_each_size_is_kept_once_a_day(people: ContactList, today: date) -> None:
    Contact.objects.filter(uin=100_001).update(name="张三")
    segment = _segment()
    assert keep_sizes() == 2
    assert sizes_over_time(people) == [(today, 3)]
    assert sizes_over_time(segment) == [(today, 1)]
    Membership.objects.filter(contact__uin=100_003).delete()
    assert keep_sizes() == 0
    assert sizes_over_time(people) == [(today, 3)]


def test_the_next_day_has_its_own(
    people: ContactList, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_sizes()
    Membership.objects.filter(contact__uin=100_003).delete()
    monkeypatch.setattr(daily_sizes, "_today", lambda: today + timedelta(days=1))
    assert keep_sizes() == 1
    assert sizes_over_time(people) == [(today, 3), (today + timedelta(days=1), 2)]


def test_a_segment_that_is_not_understood_holds_up_no_other(
    people: ContactList, today: date
) -> None:
    Segment.objects.create(name="broken", conditions={"all": [{"nonsense": 1}]})
    good = _segment("not name = 张三")
    keep_sizes()
    assert sizes_over_time(good) == [(today, 3)]


def test_a_segment_that_is_not_understood_is_tried_once_a_day(
    people: ContactList, today: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = Segment.objects.create(name="broken", conditions={"all": [{"nonsense": 1}]})
    keep_sizes()
    assert sizes_over_time(broken) == []
    counted: list[object] = []
    monkeypatch.setattr(daily_sizes, "count_people", lambda conditions: counted.append(conditions))
    assert keep_sizes() == 0
    assert not counted


def test_what_is_archived_is_not_counted(people: ContactList) -> None:
    archive_row(row=people)
    assert keep_sizes() == 0


def test_two_processes_at_once_keep_one_size(people: ContactList, today: date) -> None:
    assert daily_sizes._keep(today, 3, contact_list_id=people.pk) == 1
    assert daily_sizes._keep(today, 4, contact_list_id=people.pk) == 0
    assert sizes_over_time(people) == [(today, 3)]


def test_sizes_go_with_their_list(people: ContactList) -> None:
    keep_sizes()
    with transaction.atomic():
        people.delete()
    assert not DailySize.objects.exists()
