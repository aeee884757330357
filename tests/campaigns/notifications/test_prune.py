"""Notifications of long ago are deleted in small steps; what still has a meaning stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from campaigns.models import CampaignRun, Notification
from campaigns.notification_states import NotificationState
from campaigns.notifications import prune
from campaigns.run_control.new_run import make_run
from clocks import shared
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def make_notification(number: int, *, days: int, **columns: Any) -> Notification:
    at = shared.wall() - timedelta(days=days)
    columns.setdefault("state", NotificationState.SENT)
    return Notification.objects.create(
        event="finished",
        subject=f"run:{number}",
        target_kind="email",
        target="a@example.com",
        at=at,
        next_at=at,
        sentence="-",
        **columns,
    )


def test_old_ones_go_and_what_is_open_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    make_account(20_001, friends=[100_000])
    campaign = make_campaign("spring", lists=[make_list("all", [100_000])])
    open_run, over = (make_run(campaign, starts_at=None) for _run in range(2))
    CampaignRun.objects.filter(pk=open_run.pk).update(state=RunState.RUNNING)
    CampaignRun.objects.filter(pk=over.pk).update(state=RunState.FINISHED)
    old = [make_notification(n, days=91, campaign=campaign, run=over) for n in range(3)]
    old.append(make_notification(3, days=91, campaign=campaign, state=NotificationState.FAILED))
    kept = [
        make_notification(4, days=89, campaign=campaign, run=over),
        make_notification(5, days=91, campaign=campaign, run=open_run),
        make_notification(6, days=91, campaign=campaign, state=NotificationState.QUEUED),
    ]
    monkeypatch.setattr(prune, "STEP", 3)
    before = shared.wall() - timedelta(days=90)
    assert prune.count_old(before) == 4
    assert [prune.remove_some(before) for _time in range(3)] == [3, 1, 0]
    assert {one.pk for one in Notification.objects.all()} == {one.pk for one in kept}
    assert not Notification.objects.filter(pk__in=[one.pk for one in old]).exists()


def test_the_command_does_it_by_the_setting() -> None:
    campaign = make_campaign("spring", lists=[make_list("all", [100_000])])
    make_notification(1, days=91, campaign=campaign)
    make_notification(2, days=89, campaign=campaign)
    assert manage("prune", "--json").json["removed"]["notifications"] == 1
    assert Notification.objects.count() == 1
