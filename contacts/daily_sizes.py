"""Keeps how many people lists and segments have on each day, and tells how they grew."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import IntegrityError, transaction
from django.db.models import Count
from django.utils import timezone

from clocks import local, shared
from contacts.lists.kept_sizes import are_kept, forget_removed_lists, put_together
from contacts.models import ContactList, DailySize, Membership, Segment
from contacts.segments.preview import count_people
from foundation.refusals import Refusal

#: The time after which a tick leaves the rest to the next, seconds.
TICK_SECONDS = 60.0
#: The days that are shown. Older sizes are kept: a year of a hundred lists is 2 MB.
SHOWN_DAYS = 90


def keep_sizes() -> int:
    """Tick: count each list and segment that has no size of today; return how many that were.

    A segment whose conditions are not understood, or take too long, is not tried again on that day.
    """
    today, ends_at = _today(), local.elapsed() + TICK_SECONDS
    counted = 0
    lists = ContactList.objects.filter(archived_at=None).exclude(daily_sizes__day=today)
    for key in lists.order_by("pk").values_list("pk", flat=True):
        counted += _keep(today, _members(key), contact_list_id=key)
        if local.elapsed() > ends_at:
            return counted
    if counted and are_kept():
        forget_removed_lists()
    segments = Segment.objects.filter(archived_at=None).exclude(daily_sizes__day=today)
    for segment in segments.order_by("pk"):
        counted += _keep(today, _people_of(segment), segment_id=segment.pk)
        if local.elapsed() > ends_at:
            break
    return counted


def sizes_over_time(of: ContactList | Segment) -> list[tuple[date, int]]:
    """Return the days of the last SHOWN_DAYS for which the size is known, and the sizes."""
    rows = DailySize.objects.filter(day__gt=_today() - timedelta(days=SHOWN_DAYS))
    mine = rows.filter(contact_list=of) if isinstance(of, ContactList) else rows.filter(segment=of)
    days = mine.order_by("day").values_list("day", "people")
    return [(day, people) for day, people in days if people is not None]


def _today() -> date:
    return timezone.localdate(shared.wall())


def _members(list_id: int) -> int:
    if are_kept():
        return put_together(list_id)
    members = Membership.objects.filter(contact_list=list_id)
    return int(members.aggregate(n=Count("pk"))["n"])


def _people_of(segment: Segment) -> int | None:
    try:
        return count_people(conditions=segment.conditions)
    except Refusal:
        return None


def _keep(day: date, people: int | None, **of: int) -> int:
    """Store a size and return 1; 0 if another process did, or its list or segment was deleted."""
    try:
        with transaction.atomic():
            DailySize.objects.create(day=day, people=people, **of)
    except IntegrityError:
        return 0
    return 1
