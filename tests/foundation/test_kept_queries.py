"""Kept queries: they return what their querysets would, also with other values and later rows."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from accounts.models import Account, Egress, Session
from foundation.kept_queries import KeptQuery
from sending.models import QuietHours
from tests.campaigns.factories import make_account

pytestmark = pytest.mark.django_db

_MOMENT = datetime(1999, 1, 1, tzinfo=UTC)


def test_the_rows_are_those_of_the_queryset_each_time() -> None:
    def build() -> Any:
        return QuietHours.objects.order_by("pk").values_list("timezone", "start", "end")

    kept = KeptQuery(build)
    assert kept.rows() == list(build()) == []
    QuietHours.objects.create(timezone="Asia/Tokyo", start=time(21, 30), end=time(7))
    assert kept.rows() == list(build()) == [("Asia/Tokyo", time(21, 30), time(7))]


def test_columns_have_their_types() -> None:
    Egress.objects.create(name="first", per_second=2)
    kept = KeptQuery(lambda: Egress.objects.values_list("is_enabled", "per_second"))
    ((is_enabled, per_second),) = kept.rows()
    assert is_enabled is True
    assert per_second == 2.0


def test_values_take_the_places_of_the_samples() -> None:
    accounts = [make_account(uin=10_000 + number) for number in range(3)]
    now = datetime(2026, 11, 28, 12, tzinfo=UTC)

    def build(first: int, at: datetime) -> Any:
        rows = Account.objects.filter(pk__gte=first, created_at__lt=at).order_by("pk")
        return rows.values_list("uin", "created_at")

    kept = KeptQuery(build, samples=(-1, _MOMENT))
    Account.objects.update(created_at=now)
    for first in (0, accounts[1].pk, accounts[2].pk + 1):
        for at in (now, now + timedelta(seconds=1)):
            assert kept.rows(first, at) == list(build(first, at))
    assert len(kept.rows(accounts[1].pk, now + timedelta(seconds=1))) == 2


def test_a_sample_without_a_place_is_refused() -> None:
    kept = KeptQuery(lambda _at: Session.objects.values_list("pk"), samples=(_MOMENT,))
    with pytest.raises(AssertionError, match="without a place"):
        kept.rows(_MOMENT)
