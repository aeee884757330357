"""The next people of an audience, which planning reads: the same people, by an index."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from campaigns.audience_query import next_people, targeted_contacts
from campaigns.models import Campaign
from campaigns.planning import preflight_people
from campaigns.planning.plan_sql import Picks, prepare_for_chunk
from campaigns.planning.preflight_people import audience_of, first_routes
from campaigns.planning.preflight_sql import PreflightGroup
from contacts.models import Contact, Segment
from foundation.queries import sql_of
from tests.campaigns.factories import make_campaign, make_list

pytestmark = [pytest.mark.both_databases, pytest.mark.django_db]
PEOPLE = range(100_000, 100_040)


def _in_chunks(campaign: Campaign, *, most: int) -> list[Contact]:
    found: list[Contact] = []
    while people := list(next_people(of=campaign, behind=found[-1].pk if found else 0, most=most)):
        found += people
    return found


@pytest.mark.parametrize("with_segment", [False, True])
@pytest.mark.parametrize("with_excluded", [False, True])
@pytest.mark.parametrize("number_of_lists", [0, 1, 2])
def test_the_next_people_are_those_of_the_audience(
    *, number_of_lists: int, with_excluded: bool, with_segment: bool
) -> None:
    """In chunks of any size, each once, whatever the audience consists of."""
    if with_segment:
        make_list("in Bern", PEOPLE[:3], city="Bern")
    make_list("nobody asked for it", PEOPLE[::3])
    # Memberships in another order than the contacts.
    lists = [make_list("one", PEOPLE[30:4:-1]), make_list("two", PEOPLE[20:38])]
    campaign = make_campaign(lists=lists[:number_of_lists])
    if with_excluded:
        campaign.excluded_lists.add(make_list("no", PEOPLE[10:25:2]))
    if with_segment:
        in_bern = {"kind": "attribute", "name": "city", "is": "one_of", "value": ["Bern"]}
        campaign.segments.add(Segment.objects.create(name="in Bern", conditions=in_bern))
    expected = list(targeted_contacts(of=campaign).order_by("pk"))
    assert bool(expected) is bool(number_of_lists or with_segment)
    for most in (1, 7, 100):
        assert _in_chunks(campaign, most=most) == expected


def test_a_small_list_is_read_by_its_index_and_not_from_all_contacts() -> None:
    """Of the memberships, those of the list alone are read, and of the contacts its people."""
    for number in range(5):
        make_list(f"others {number}", PEOPLE)
    campaign = make_campaign(lists=[make_list("all", PEOPLE)])
    sql, params = sql_of(next_people(of=campaign, behind=5, most=10).values_list("pk", "uin"))
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_membership")
        prepare_for_chunk(cursor)
        explain = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain} {sql}", params)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    if is_postgresql:
        assert "Index Only Scan using membership_unique_contact_in_list" in plan, plan
        assert "Index Scan using contacts_contact_pkey" in plan, plan
        assert "Sort" not in plan, plan
    else:
        assert "SEARCH contacts_membership USING COVERING INDEX" in plan, plan
        assert "(contact_list_id=? AND contact_id>?)" in plan, plan
        assert "SEARCH contacts_contact USING INTEGER PRIMARY KEY" in plan, plan
        assert "TEMP B-TREE" not in plan, plan


def test_the_people_of_a_preflight_are_read_as_planning_reads_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The list has the last of many contacts: PostgreSQL would merge it with all of them."""
    Contact.objects.bulk_create(Contact(uin=20_000_000 + n) for n in range(5_000))
    campaign = make_campaign(lists=[make_list("the last", PEOPLE)])
    is_postgresql = connection.vendor == "postgresql"
    plans: list[str] = []

    def explained(*, picks: Picks, **named: Any) -> dict[int, int | None]:
        with connection.cursor() as cursor:
            explain = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
            cursor.execute(f"{explain} {picks.sql}", picks.params)
            plans.append("\n".join(str(row[-1]) for row in cursor.fetchall()))
        return {}

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    monkeypatch.setattr(preflight_people, "first_picks", explained)
    first_routes(audience=audience_of(campaign=campaign), group=PreflightGroup.TARGETED, most=10)
    (plan,) = plans
    if is_postgresql:
        assert "Index Scan using contacts_contact_pkey" in plan, plan
        assert "Index Cond: ((id = contacts_membership.contact_id) AND (id > " in plan, plan
    else:
        assert "SEARCH contacts_contact USING INTEGER PRIMARY KEY (rowid=?)" in plan, plan
        assert "SCAN contacts_contact" not in plan, plan
