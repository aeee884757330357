"""The last 24 hours of an account: messages by hour and code, pauses, the quota, and the table."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Account, AccountEvent
from clocks import shared
from qqcampaign.console.account_day import HOUR, HOURS, day_of
from sending.models import Attempt, Delivery
from sending.querysets import attempts_by_hour
from tests.console.sample_data import make_world


@pytest.fixture
def account(db: None) -> Any:
    """An account without a message or a change of its state."""
    make_world()
    found = Account.objects.order_by("uin")[0]
    found.attempts.all().delete()
    AccountEvent.objects.filter(account=found).delete()
    return found


def _send(account: Any, *times: datetime, res: str = "0") -> None:
    """Have the account make an attempt at each of these times, after its earlier ones."""
    newest = account.attempts.order_by("-seq").values_list("seq", flat=True).first() or 0
    Attempt.objects.bulk_create(
        Attempt(
            delivery=Delivery.objects.all()[0], account=account, seq=newest + 1 + n, res=res,
            marked_at=at, finished_at=at,
        )
        for n, at in enumerate(times)
    )  # fmt: skip


def _hour(back: int) -> datetime:
    """Return the middle of an hour so many hours before the present one."""
    begin = timezone.localtime(shared.wall()).replace(minute=0, second=0, microsecond=0)
    # Of the present hour, what has passed of it.
    return begin - timedelta(hours=back) + (timedelta(minutes=30) if back else timedelta())


def _chart(client: Client, account: Any) -> tuple[dict[str, Any], str]:
    cache.clear()
    page = client.get(f"/accounts/account/{account.pk}/day/").content.decode()
    data = re.findall(r'<script id="day-data"[^>]*>(.*?)</script>', page)
    return (json.loads(data[0]) if data else {}), page


def test_messages_stand_in_their_hour_by_code(account: Any) -> None:
    _send(account, _hour(30), _hour(3), _hour(3), _hour(0))
    _send(account, _hour(3), res="3")
    day = day_of(account)
    assert len(day.starts) == HOURS
    assert {b - a for a, b in zip(day.starts, day.starts[1:], strict=False)} == {HOUR}
    assert list(day.codes) == ["0", "3"]
    assert [day.codes["0"][-4], day.codes["0"][-1], sum(day.codes["0"])] == [2, 1, 3]
    assert [day.codes["3"][-4], sum(day.codes["3"])] == [1, 1]


def test_the_quota_counts_the_24_hours_before_each_hours_end(account: Any) -> None:
    _send(account, _hour(26), _hour(26), _hour(20), _hour(1))
    day = day_of(account)
    assert day.used[-24] == 2  # 23 hours ago: those of 26 hours ago
    assert day.used[-4] == 3  # 3 hours ago: that of 20 hours ago too
    assert day.used[-1] == 2


def test_pauses_are_what_the_timeline_says(account: Any) -> None:
    now = shared.wall()
    for minutes, state in (
        (3_000, "offline"), (600, "online"), (300, "resting"), (280, "online"),
        (60, "quarantined"), (30, "new"), (5, "disabled"),
    ):  # fmt: skip
        AccountEvent.objects.create(
            account=account, at=now - timedelta(minutes=minutes), state=state, reason="imported"
        )
    day = day_of(account)
    spans = [(one.state, round((one.end - one.begin) / 60)) for one in day.pauses]
    assert spans[1:] == [("resting", 20), ("quarantined", 30), ("disabled", 5)]
    assert spans[0][0] == "offline"
    assert day.pauses[0].begin == day.starts[0]  # it began before the day


def test_the_chart_has_limits_and_the_table_the_same_figures(
    operator: Client, account: Any
) -> None:
    _send(account, *[_hour(2)] * 1_200)
    _send(account, _hour(2), res="5")
    AccountEvent.objects.create(account=account, at=_hour(2), state="resting", reason="too_fast")
    AccountEvent.objects.create(
        account=account, at=_hour(2) + timedelta(minutes=10), state="online", reason="rested"
    )
    chart, page = _chart(operator, account)
    assert (chart["limit"], chart["used"]) == (None, None)
    Account.objects.filter(pk=account.pk).update(per_hour=2_000, per_day=5_000, warm_up_limit=3_000)
    chart, page = _chart(operator, account)
    assert chart["limit"]["n"] == 2_000
    assert chart["used"]["most"] == 3_000
    assert len(chart["bands"]) == 1
    rows = re.findall(r'<tr><th scope="row">.*?</tr>', page)
    cells = [unescape(cell) for cell in re.findall(r"<td>(.*?)</td>", rows[0])]
    assert cells == ["1,200", "1", "1,201", "resting 10 min"]
    operator.cookies["django_language"] = "zh-hans"
    assert "以表格显示" in _chart(operator, account)[1]


def test_rare_codes_are_one_bar_together(operator: Client, account: Any) -> None:
    for n, res in enumerate(["0", "3", "5", "20", "timeout", "reset"]):
        _send(account, *[_hour(1)] * (10 - n), res=res)
    chart, _page = _chart(operator, account)
    assert [line["values"][-2] for line in chart["series"]] == [10, 9, 8, 7, 6 + 5]


def test_a_day_without_anything_says_so(operator: Client, account: Any) -> None:
    chart, page = _chart(operator, account)
    assert chart == {}
    assert "It sent nothing" in page


def test_no_more_rows_are_read_than_the_bound(
    account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempts_by_hour, "MOST", 3)
    _send(account, _hour(2), _hour(2))
    assert not day_of(account).is_cut
    _send(account, _hour(1), _hour(1))
    with CaptureQueriesContext(connection) as asked:
        day = day_of(account)
    assert len(asked) == 3
    assert day.is_cut
    assert sum(day.codes["0"]) == 3


def test_only_who_sees_accounts_sees_their_day(client: Client, account: Any) -> None:
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(f"/accounts/account/{account.pk}/day/").status_code == 403
    client.force_login(User.objects.create_superuser("boss"))
    assert client.get("/accounts/account/99999/day/").status_code == 404
