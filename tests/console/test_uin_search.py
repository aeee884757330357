"""Lists of a million people are searched by the beginning of a UIN, by an index of each range."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Friend
from contacts.models import Contact
from tabular.admin import large_uin_search
from tabular.uin_search import first_by_uin, uin_starts_with
from tests.campaigns.factories import make_account

pytestmark = pytest.mark.both_databases
UINS = [10_000, 20_000, 20_001, 120_000, 200_001, 2_000_099, 4_000_000_000]


@pytest.mark.django_db
@pytest.mark.parametrize("digits", ["1", "2", "20", "20000", "2000009", "4000000000", "0", "9"])
def test_the_first_of_each_range_are_found(digits: str) -> None:
    Contact.objects.bulk_create(Contact(uin=uin) for uin in UINS)
    expected = set(Contact.objects.filter(uin_starts_with(digits)).values_list("pk", flat=True))
    found = first_by_uin([Contact.objects.all()], digits, most=100)
    assert len(found) == len(expected)
    assert set(found) == expected
    assert first_by_uin([Contact.objects.all()], digits, most=1) == found[:1]


def test_friends_are_found_with_those_that_ended(operator: Client) -> None:
    account = make_account(10_001)
    for at, uin in enumerate(UINS):
        ended = timezone.now() if at % 2 else None
        Friend.objects.create(account=account, uin=uin, nickname=f"n{uin}", ended_at=ended)
    page = operator.get(reverse("admin:accounts_friend_changelist"), {"q": "2000"}).content.decode()
    assert [uin for uin in UINS if f"n{uin}" in page] == [20_000, 20_001, 200_001, 2_000_099]


def test_it_says_when_there_are_more(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(large_uin_search, "MOST_FOUND", 2)
    Contact.objects.bulk_create(Contact(uin=uin) for uin in UINS)
    address = reverse("admin:contacts_contact_changelist")
    assert "More than 2 UINs begin so." in operator.get(address, {"q": "2"}).content.decode()
    assert "UINs begin so." not in operator.get(address, {"q": "1"}).content.decode()


@pytest.mark.parametrize(
    ("list_of", "indexes"),
    [("accounts_friend", ("friend_current", "friend_ended")), ("contacts_contact", ("_uin",))],
)
def test_each_range_is_read_by_an_index(
    operator: Client, list_of: str, indexes: tuple[str, ...]
) -> None:
    with CaptureQueriesContext(connection) as captured:
        operator.get(reverse(f"admin:{list_of}_changelist"), {"q": "2"})
    ranges = [one["sql"] for one in captured if f'"{list_of}"."uin" >= ' in one["sql"]]
    assert len(ranges) == 10 * len(indexes)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan TO off; SET LOCAL enable_sort TO off")
        how = "EXPLAIN" if connection.vendor == "postgresql" else "EXPLAIN QUERY PLAN"
        for sql in ranges:
            cursor.execute(f"{how} {sql}")
            plan = " ".join(str(row) for row in cursor.fetchall())
            assert any(name in plan for name in indexes) or "autoindex" in plan, plan
            assert "SCAN" not in plan, plan
            assert "Seq Scan" not in plan, plan
