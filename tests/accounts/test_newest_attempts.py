"""The newest attempts of several accounts, by one statement, on both databases."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.admin.account_health import DOTS, healths_of
from accounts.models import Account
from sending.models import Attempt, Delivery
from tests.console.sample_data import make_account, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_each_account_has_its_own_codes_pace_and_quota() -> None:
    make_world()
    Attempt.objects.all().delete()
    first, second = Account.objects.order_by("pk")[:2]
    second.per_day, second.min_interval, second.per_minute = 100, 2.0, None
    idle = make_account(77_777)
    now = timezone.now()
    delivery = _any_delivery()
    codes = [(first, "0", 0), (first, "3", 10), (second, "5", 3_600), (second, "0", 90_000)]
    for seq, (account, res, age) in enumerate(reversed(codes)):
        Attempt.objects.create(
            account=account,
            delivery_id=delivery,
            seq=1_000 + seq,
            res=res,
            marked_at=now - timedelta(seconds=age),
        )
    of_first, of_second, of_idle = healths_of([first, second, idle])
    assert (of_first.codes, of_first.minute, of_first.limit) == (["0", "3"], 2, None)
    assert (of_second.codes, of_second.minute, of_second.possible) == (["5", "0"], 0, 30)
    assert (of_second.day, of_second.limit, of_second.day_percent) == (1, 100, 1.0)
    assert (of_idle.codes, of_idle.minute) == ([], 0)
    assert DOTS <= 60


def _any_delivery() -> int:
    return int(Delivery.objects.values_list("pk", flat=True)[:1].get())
