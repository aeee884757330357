"""People are searched by the beginning of their name, by an index."""

from __future__ import annotations

import pytest
from django.db import connection

from campaigns.writing.preview import find_people
from contacts.models import Contact
from tabular.uin_search import search_by_uin

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def _found(words: str) -> list[str]:
    rows = search_by_uin(Contact.objects.order_by("pk"), words, also=["name__istartswith"])
    return list(rows.values_list("name", flat=True))


def test_the_beginning_of_a_name_is_found_whatever_its_case() -> None:
    names = ("李娜", "李小龙", "Anna", "anton", "100% sure", "1000")
    Contact.objects.bulk_create(Contact(uin=100_000 + n, name=name) for n, name in enumerate(names))
    assert _found("李") == ["李娜", "李小龙"]
    assert _found("AN") == ["Anna", "anton"]
    assert _found("100%") == ["100% sure"]
    assert _found("娜") == []
    assert [person.name for person in find_people("李")] == ["李娜", "李小龙"]
    assert [person.name for person in find_people("娜")] == ["李娜"]  # nobody's begins so


def test_it_is_found_by_its_index() -> None:
    Contact.objects.bulk_create(Contact(uin=200_000 + n, name=f"name {n}") for n in range(5_000))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_contact")
    rows = search_by_uin(Contact.objects.all(), "name 4321", also=["name__istartswith"])
    assert "contact_name_prefix" in rows.order_by().explain(), rows.explain()
