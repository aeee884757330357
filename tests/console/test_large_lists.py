"""Lists of large tables sort, filter and search by an index, or say what is missing."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.db import connection
from django.forms import SplitDateTimeField
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from accounts.models import Friend
from foundation.admin import UncountedAdmin, large_lists
from sending.models import Attempt, Delivery
from tests.console.sample_data import make_world

LISTS = [page for page in admin.site._registry.values() if page.list_filter or page.search_fields]
LARGE = [page for page in LISTS if isinstance(page, UncountedAdmin)]


def _address(page: Any) -> str:
    options = page.model._meta
    return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")


def _shown(page: Any, operator: Client, question: str = "") -> Any:
    return page.get_changelist_instance(_request(page, operator, question))


def _request(page: Any, operator: Client, question: str = "") -> Any:
    request = RequestFactory().get(f"{_address(page)}?{question}")
    request.user = operator.get("/").wsgi_request.user
    request.resolver_match = resolve(_address(page))
    return request


# The library's filter by time passes a time without a zone.
@pytest.mark.filterwarnings("ignore:DateTimeField")
@pytest.mark.django_db
@pytest.mark.parametrize("page", LISTS, ids=lambda page: page.model._meta.label)
def test_each_filter_answers_what_its_own_form_asks(page: Any, operator: Client) -> None:
    make_world()
    asked = 0
    for spec in _shown(page, operator).filter_specs:
        for choice in spec.choices(_shown(page, operator)) if spec.has_output() else ():
            if "form" not in choice:
                continue
            for name, asks in choice["form"].fields.items():
                # A time has one name for its day and one for its hour.
                given = {f"{name}_0": "2026-01-01", f"{name}_1": "00:00"}
                is_time = isinstance(asks, SplitDateTimeField)
                answer = operator.get(_address(page), given if is_time else {name: "1"})
                assert answer.status_code == 200, name
                asked += 1
    assert asked or not any("Text" in str(one) for one in page.list_filter)


@pytest.mark.django_db
@pytest.mark.parametrize("page", LARGE, ids=lambda page: page.model._meta.label)
def test_a_crafted_order_is_the_lists_own(page: Any, operator: Client) -> None:
    make_world()
    shown = _shown(page, operator)
    own = shown.queryset.query.order_by
    offered = page.get_sortable_by(_request(page, operator))
    for number, name in enumerate(shown.list_display):
        asked = _shown(page, operator, f"o={number}").queryset.query.order_by
        if name in offered:
            assert asked[0].lstrip("-") in large_lists.sorted_columns(page.model)
        else:
            assert set(asked) in ({*own}, {"-pk"}), name


@pytest.mark.django_db
def test_deliveries_are_filtered_within_a_run(operator: Client) -> None:
    make_world()
    address = reverse("admin:sending_delivery_changelist")
    one = Delivery.objects.first()
    assert one is not None
    Delivery.objects.filter(pk=one.pk).update(state="failed", reason="RES_5", last_res="5")
    for question in ("reason=RES_5", "last_res=5", "account__id__exact=1", "part=rest"):
        page = operator.get(f"{address}?{question}").content.decode()
        assert "Choose a run first" in page
        export = f"{reverse('admin:sending_delivery_export')}?{question}"
        assert "Choose a run first" in operator.get(export, follow=True).content.decode()
    for question in ("reason=RES_5", "last_res=5", "state__exact=failed"):
        page = operator.get(f"{address}?run__id__exact={one.run_id}&{question}").content.decode()
        assert "Choose a run first" not in page
        assert str(one.uin) in page
    assert str(one.uin) in operator.get(f"{address}?state__exact=failed").content.decode()
    nobody = f"{address}?run__id__exact={one.run_id}&reason=nothing"
    assert "Nothing matches" in operator.get(nobody).content.decode()


@pytest.mark.django_db
def test_a_search_without_an_index_reads_the_newest_rows(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    address = reverse("admin:accounts_friend_changelist")
    oldest = Friend.objects.order_by("pk").first()
    assert oldest is not None
    Friend.objects.filter(pk=oldest.pk).update(nickname="zzz")
    assert "Only the newest" not in operator.get(address, {"q": "zzz"}).content.decode()
    newest = Friend.objects.order_by("-pk").values_list("pk", flat=True)[0]
    monkeypatch.setattr(large_lists, "MOST_SEARCHED", newest - oldest.pk)
    page = operator.get(address, {"q": "zzz"}).content.decode()
    assert "Only the newest rows are searched" in page
    assert "Nothing matches" in page
    found = operator.get(address, {"q": str(oldest.uin)}).content.decode()
    assert "Only the newest" not in found
    assert "zzz" in found
    of_account = urlencode({"account__id__exact": oldest.account_id, "q": "zzz"})
    assert "Only the newest" not in operator.get(f"{address}?{of_account}").content.decode()


@pytest.mark.django_db
@pytest.mark.both_databases
def test_an_attempt_is_found_by_its_seq_with_the_index(operator: Client) -> None:
    make_world()
    one = Attempt.objects.first()
    assert one is not None
    with CaptureQueriesContext(connection) as captured:
        page = operator.get(reverse("admin:sending_attempt_changelist"), {"q": str(one.seq)})
    assert f"/sending/delivery/{one.delivery_id}/" in page.content.decode()
    found = [
        q["sql"] for q in captured.captured_queries if '"sending_attempt"."seq" = ' in q["sql"]
    ]
    assert all('"accounts_account"' in sql for sql in found)
    assert found


@pytest.mark.django_db
def test_a_short_number_finds_deliveries_to_some_people(
    operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_world()
    first = str(Delivery.objects.order_by("uin")[0].uin)[:1]
    address = reverse("admin:sending_delivery_changelist")
    assert "enter more digits" not in operator.get(address, {"q": first}).content.decode()
    monkeypatch.setattr("campaigns.admin.delivery.MOST_PEOPLE", 1)
    page = operator.get(address, {"q": first}).content.decode()
    assert "enter more digits" in page
    assert "/sending/delivery/" in page
