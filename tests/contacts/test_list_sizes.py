"""The sizes of lists are kept on PostgreSQL, and counted on SQLite if that does not take long."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from contacts.daily_sizes import keep_sizes
from contacts.lists.add_people import add_people
from contacts.lists.kept_sizes import forget_removed_lists, kept_sizes, put_together
from contacts.lists.sizes import ListSize, sizes_of
from contacts.models import Contact, Membership
from contacts.segments.bounded import bounded
from foundation.refusals import Refusal
from tests.campaigns.factories import make_list

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_they_are_counted() -> None:
    some, none = make_list("some", [10_101, 10_102]), make_list("none", [])
    assert sizes_of([some.pk, none.pk]) == {some.pk: ListSize(2), none.pk: ListSize(0)}


@pytest.mark.skipif("connection.vendor != 'sqlite'")
def test_large_ones_are_not_counted_if_that_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(_seconds: float) -> object:
        raise Refusal("too slow", code="too_slow")

    monkeypatch.setattr("contacts.lists.sizes.bounded", too_slow)
    monkeypatch.setattr("contacts.lists.sizes.COUNTED", 10)
    small, large = make_list("a", range(20_000, 20_010)), make_list("b", range(30_000, 30_200))
    sizes = sizes_of([small.pk, large.pk])
    assert sizes[small.pk] == ListSize(10)
    assert sizes[large.pk].text == "> 10"


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_postgresql_keeps_them_whoever_adds_and_removes() -> None:
    one, two = make_list("one", range(20_000, 20_010)), make_list("two", [30_000])
    members = Membership.objects.order_by("pk")
    add_people(list_id=two.pk, people=Contact.objects.filter(uin__lt=20_005))
    add_people(list_id=two.pk, people=Contact.objects.filter(uin__lt=20_007))
    assert kept_sizes([one.pk, two.pk]) == {one.pk: 10, two.pk: 8}
    members.filter(contact_list=one, contact__uin__gte=20_008).delete()
    Contact.objects.filter(uin=20_000).delete()
    assert kept_sizes([one.pk, two.pk]) == {one.pk: 7, two.pk: 7}
    members.filter(contact_list=one, contact__uin=20_007).update(contact_list=two)
    assert kept_sizes([one.pk, two.pk]) == {one.pk: 6, two.pk: 8}
    two.delete()
    assert kept_sizes([one.pk, two.pk]) == {one.pk: 6, two.pk: 0}
    forget_removed_lists()
    assert _differences(two.pk) == 0
    assert put_together(one.pk) == 6
    assert _differences(one.pk) == 1
    assert kept_sizes([one.pk]) == {one.pk: 6}


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_a_kept_size_that_is_wrong_is_mended_once_a_day() -> None:
    one = make_list("one", range(20_000, 20_010))
    with connection.cursor() as cursor:
        cursor.execute("UPDATE contacts_listdifference SET n = n + 5")
    assert kept_sizes([one.pk]) == {one.pk: 15}
    keep_sizes()
    assert kept_sizes([one.pk]) == {one.pk: 10}


@pytest.mark.skipif("connection.vendor != 'postgresql'")
def test_the_page_of_lists_reads_no_members(admin_client: Client) -> None:
    make_list("more", range(20_000, 20_010))
    url = reverse("admin:contacts_contactlist_changelist")
    for address in (url, f"{url}?o=-2"):
        with CaptureQueriesContext(connection) as captured:
            assert admin_client.get(address).status_code == 200
        assert not [one["sql"] for one in captured if "contacts_membership" in one["sql"]]


def _differences(list_id: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM contacts_listdifference WHERE contact_list_id = %s", [list_id]
        )
        return int(cursor.fetchone()[0])


@pytest.mark.slow
def test_a_bound_of_less_than_a_second_holds() -> None:
    endless = (
        "SELECT count(*) FROM generate_series(1, 100000000) a"
        if connection.vendor == "postgresql"
        else "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    )
    with pytest.raises(Refusal), bounded(0.2), connection.cursor() as cursor:
        cursor.execute(endless)


def test_the_page_shows_and_orders_them(admin_client: Client) -> None:
    make_list("few", [10_101])
    make_list("more", [10_102, 10_103])
    url = reverse("admin:contacts_contactlist_changelist")
    assert admin_client.get(url).status_code == 200
    page = admin_client.get(f"{url}?o=-2").content.decode()
    assert page.index(">more<") < page.index(">few<")
