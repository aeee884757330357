"""The statements of planning on SQLite: both forms pick alike, and the keys hold afterwards."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from accounts.states import AccountState
from campaigns.models import CampaignRun
from campaigns.planning import picks_sql, plan
from campaigns.planning.people_sql import Chunk
from campaigns.planning.plan import plan_run
from campaigns.planning.plan_sql import pick_accounts
from campaigns.planning.rules import rules_of_run
from campaigns.states import SenderChoice
from contacts.models import Contact
from sending.models import Delivery
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run

pytestmark = pytest.mark.both_databases
PEOPLE = range(100_000, 100_120)


@pytest.fixture
def run() -> CampaignRun:
    """A run to people with no, one and several friends, of whom some cannot send."""
    make_account(20_001, friends=PEOPLE[:60], min_interval=3.0)
    make_account(20_002, friends=PEOPLE[20:80], per_minute=10)
    make_account(20_003, friends=PEOPLE[40:90], state=AccountState.DISABLED)
    make_account(20_004, friends=PEOPLE[::3])
    everybody = make_list("all", PEOPLE)
    Contact.objects.create(pk=-7, uin=99_000)  # such keys sort before all others
    earlier = make_run(make_campaign("earlier", lists=[everybody]), state=RunState.PREPARING)
    assert plan_run(run=earlier)
    Delivery.objects.filter(run=earlier, account__isnull=False).update(state="sent")
    campaign = make_campaign("spring", lists=[everybody])
    return make_run(campaign, state=RunState.PREPARING, sender=SenderChoice.KEEP)


def _picks(run: CampaignRun, **columns: Any) -> list[tuple[Any, ...]]:
    CampaignRun.objects.filter(pk=run.pk).update(**columns)
    run.refresh_from_db()
    picks = pick_accounts(
        rules=rules_of_run(run), people=Chunk(Contact.objects.order_by("pk")[:1_000])
    )
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM ({picks.sql}) picks ORDER BY id", picks.params)
        return list(cursor.fetchall())


@pytest.mark.django_db
@pytest.mark.parametrize("sender", SenderChoice.values)
@pytest.mark.parametrize("strangers", [False, True])
@pytest.mark.parametrize("cap", [None, 1])
def test_both_forms_and_both_ways_to_a_speed_pick_alike(
    run: CampaignRun,
    monkeypatch: pytest.MonkeyPatch,
    sender: str,
    strangers: bool,
    cap: int | None,
) -> None:
    columns: dict[str, Any] = {
        "sender": sender,
        "allows_strangers": strangers,
        "cap_most": cap,
        "cap_seconds": cap and 86_400,
    }
    usual = _picks(run, **columns)
    assert len(usual) == len(PEOPLE) + 1
    assert len({row[4] for row in usual}) > 2, "several accounts, and people without one"
    monkeypatch.setattr(picks_sql, "_MOST_SPEEDS", 0)
    assert _picks(run) == usual
    monkeypatch.setattr(picks_sql, "_is_lean", lambda: False)
    assert _picks(run) == usual
    monkeypatch.undo()
    monkeypatch.setattr(picks_sql, "_is_lean", lambda: False)
    assert _picks(run) == usual


class Killed(BaseException):
    """Stands for a SIGKILL: no code catches it."""


@pytest.mark.django_db(transaction=True)
def test_the_keys_are_checked_again_after_planning(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[bool] = []

    def failpoint(_name: str) -> None:
        seen.append(_are_checked())
        if len(seen) == 2:
            raise Killed

    monkeypatch.setattr(plan, "failpoint", failpoint)
    with pytest.raises(Killed):
        plan_run(run=run)
    assert _are_checked()
    assert plan_run(run=run)
    assert _are_checked()
    assert set(seen) == {connection.vendor != "sqlite"}
    connection.check_constraints()


def _are_checked() -> bool:
    if connection.vendor != "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys")
        return bool(cursor.fetchone()[0])


@pytest.mark.django_db
@pytest.mark.parametrize(("fresh", "sent_by"), [(0.0, 2), (60.0, 1)])
def test_a_changed_choice_of_accounts_holds_from_the_next_reading_of_the_rules(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch, fresh: float, sent_by: int
) -> None:
    monkeypatch.setattr(plan, "CHUNK", {"postgresql": 30, "sqlite": 30})
    monkeypatch.setattr(plan, "FRESH_SECONDS", fresh)
    other = make_account(20_005, friends=PEOPLE)
    only = make_account(20_006, friends=PEOPLE)
    CampaignRun.objects.filter(pk=run.pk).update(sender=SenderChoice.SPREAD)
    run.campaign.accounts.set([only])
    run.campaign.accounts.clear()

    def failpoint(name: str) -> None:
        if name == "in_planning":
            run.campaign.accounts.set([other])

    monkeypatch.setattr(plan, "failpoint", failpoint)
    assert plan_run(run=run)
    last = Delivery.objects.filter(run=run, uin__gte=PEOPLE[60], account__isnull=False)
    senders = set(last.values_list("account__uin", flat=True))
    assert (senders == {other.uin}) is (sent_by == 2)
