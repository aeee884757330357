"""The sizes of lists are counted, or estimated if that would take long."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from contacts.lists.sizes import ListSize, sizes_of
from contacts.segments.bounded import bounded
from foundation.refusals import Refusal
from tests.campaigns.factories import make_list

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_they_are_counted() -> None:
    some, none = make_list("some", [10_101, 10_102]), make_list("none", [])
    assert sizes_of([some.pk, none.pk]) == {some.pk: ListSize(2), none.pk: ListSize(0)}


def test_large_ones_are_estimated_if_counting_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    def too_slow(_seconds: float) -> object:
        raise Refusal("too slow", code="too_slow")

    monkeypatch.setattr("contacts.lists.sizes.bounded", too_slow)
    monkeypatch.setattr("contacts.lists.sizes.COUNTED", 10)
    small, large = make_list("a", range(20_000, 20_010)), make_list("b", range(30_000, 30_200))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_membership")
    sizes = sizes_of([small.pk, large.pk])
    assert sizes[small.pk] == ListSize(10)
    is_estimated = connection.vendor == "postgresql"
    assert sizes[large.pk].text == ("≈ 200" if is_estimated else "> 10")


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
