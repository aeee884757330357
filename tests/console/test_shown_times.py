"""Pages show the wall clock's time, also after the database's clock was set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import formats, timezone

from accounts.models import Egress, Session, Worker
from campaigns.run_control.unknown_deliveries import unknown_deliveries
from clocks import shared
from clocks.models import HostClock, SharedClock
from sending.models import Attempt, Delivery
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)

pytestmark = pytest.mark.django_db
#: How far the shared time is ahead of the wall clock, because the database's clock was set back.
AHEAD = timedelta(hours=5)


@pytest.fixture
def at() -> Iterator[datetime]:
    """A moment of the shared time, seven minutes ago."""
    SharedClock.objects.create(
        pk=SharedClock.THE_ONE,
        correction=AHEAD.total_seconds(),
        generation=1,
        observed_at=timezone.now(),
    )
    before, shared._clock._base = shared._clock._base, None
    yield shared.now() - timedelta(minutes=7)
    shared._clock._base = before


@pytest.fixture
def delivery(at: datetime) -> Delivery:
    """A delivery whose result is unknown, with its attempt and its account's session."""
    account = make_account(20_001)
    run = make_run(make_campaign(lists=[make_list("friends", [100_000])], accounts=[account]))
    delivery = make_delivery(
        run,
        run.campaign.lists.get().contacts.get(),
        state="unknown",
        account=account,
        seq=7,
        not_before=at,
    )
    Attempt.objects.create(
        delivery=delivery, account=account, seq=7, marked_at=at, finished_at=at, res="NULL"
    )
    egress = Egress.objects.create(name="north")
    Worker.objects.create(
        egress=egress, hostname="h", pid=1, version="1", heartbeat_at=at,
        started_at=shared.as_wall(at),
    )  # fmt: skip
    Session.objects.create(
        account=account, egress=egress, opened_at=shared.as_wall(at), last_used_at=at
    )
    return delivery


def _as_shown(moment: datetime) -> str:
    return formats.localize(timezone.localtime(moment))


def test_pages_show_the_wall_clocks_time(
    operator: Client, delivery: Delivery, at: datetime
) -> None:
    pages = [
        reverse("admin:sending_attempt_changelist"),
        reverse("admin:sending_delivery_change", args=[delivery.pk]),
        reverse("admin:accounts_session_changelist"),
        reverse("admin:accounts_account_change", args=[delivery.account_id]),
        reverse("admin:accounts_worker_changelist"),
    ]
    for address in pages:
        page = operator.get(address).content.decode()
        assert _as_shown(shared.as_wall(at)) in page, address
        assert _as_shown(at) not in page, address


def test_unknown_deliveries_are_dated_by_the_wall_clock(delivery: Delivery, at: datetime) -> None:
    (unknown,) = unknown_deliveries(run=delivery.run.campaign_run)
    assert unknown.since is not None
    assert abs(unknown.since - shared.as_wall(at)) < timedelta(seconds=1)


def test_each_machine_of_one_name_has_its_own_clock_warning(operator: Client) -> None:
    """The clock of a machine that runs now is named, one of an earlier boot is not."""
    now = shared.wall()
    old = now - timedelta(seconds=shared.OFFSET_VALID_SECONDS + 60)
    for boot, ahead, seen_at in (("a", 40.0, now), ("b", 0.0, now), ("c", -3_600.0, old)):
        HostClock.objects.create(hostname="web", boot=boot, ahead_seconds=ahead, seen_at=seen_at)
    page = operator.get(reverse("admin:index")).content.decode()
    assert page.count("The clock of host web is 40 s ahead") == 1
    assert "behind the database" not in page
