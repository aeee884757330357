"""A run's figures say what none of its deliveries has."""

from __future__ import annotations

from collections import Counter

import pytest
from django.test import Client

from campaigns.models import CampaignRun
from contacts.models import Contact
from sending.models import Delivery
from sending.models.tally import TallyKind
from sending.querysets.tally import add_tallies
from sending.runs import none_of_run
from sending.runs.none_of_run import has_none, is_large
from tests.console.sample_data import make_world

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


@pytest.fixture
def run() -> CampaignRun:
    """A run whose figures have 60,000 people: sent, failed by RES=5, skipped."""
    make_world()
    found: CampaignRun = CampaignRun.objects.order_by("pk")[0]
    found.tallies.all().delete()
    _add(found, TallyKind.TARGETED, "", 60_000)
    _add(found, TallyKind.STATE, "sent", 59_000)
    _add(found, TallyKind.STATE, "failed", 900)
    _add(found, TallyKind.REASON, "failed:RES_5", 900)
    _add(found, TallyKind.STATE, "skipped", 100)
    _add(found, TallyKind.REASON, "skipped:suppressed", 100)
    _add(found, TallyKind.RES, "0", 59_000)
    _add(found, TallyKind.RES, "5", 900)
    return found


def _add(run: CampaignRun, kind: str, key: str, n: int, *, shard: int = 0) -> None:
    add_tallies(shard=shard, changes=Counter({(run.pk, kind, key): n}))


def test_what_the_figures_do_not_have_nobody_has(run: CampaignRun) -> None:
    assert is_large(run.pk)
    assert has_none(run, state="pending")
    assert has_none(run, reason="no_account")
    assert has_none(run, res="NULL")
    assert has_none(run, state="failed", res="NULL")


def test_what_they_have_somebody_may_have(run: CampaignRun) -> None:
    assert not has_none(run)
    assert not has_none(run, state="failed")
    assert not has_none(run, reason="suppressed")
    assert not has_none(run, reason="RES_5", state="failed")
    assert not has_none(run, res="5")


def test_a_figure_that_shards_cancel_is_none(run: CampaignRun) -> None:
    _add(run, TallyKind.STATE, "unknown", 3)
    _add(run, TallyKind.STATE, "unknown", -3, shard=7)
    assert has_none(run, state="unknown")


def test_an_open_delivery_may_have_a_reason_that_is_not_counted(run: CampaignRun) -> None:
    _add(run, TallyKind.STATE, "pending", 1)
    assert not has_none(run, reason="may_have_arrived")


def test_the_list_reads_a_large_run_only_for_what_somebody_has(
    run: CampaignRun, operator: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    Delivery.objects.filter(run=run).delete()
    person = Contact.objects.create(uin=88_000_123)
    # The figures are believed: this one has a code that they do not have.
    Delivery.objects.create(run=run, contact=person, uin=person.uin, state="sent", last_res="77")
    address = f"/sending/delivery/?run__id__exact={run.pk}"

    def is_shown(question: str) -> bool:
        return "88000123" in operator.get(f"{address}{question}").content.decode()

    assert is_shown("")
    assert is_shown("&state__exact=sent")
    assert not is_shown("&last_res=77")
    assert not is_shown("&part=rest")
    monkeypatch.setattr(none_of_run, "READ_UP_TO", 60_000)
    assert is_shown("&last_res=77")
