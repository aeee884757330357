"""Caps that count the messages of labelled campaigns only, and the cap for all campaigns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.leases.take_leases import take_lease
from accounts.leases.workers import register_worker
from accounts.models import Account
from campaigns.models import Campaign, CampaignRun, DefaultCap
from campaigns.planning.plan import plan_run
from campaigns.planning.preflight import preflight
from campaigns.run_control.lifecycle import start_campaign
from contacts.models import Contact
from labels.labelling import create_label
from labels.models import Label
from sending.ledger.batch import BatchWriter
from sending.ledger.entries import Mark, PersonLimit
from sending.limits import limits_of
from sending.models import Attempt, CapOrigin, Delivery
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_list,
    make_run,
)
from tests.commandline import manage
from tests.sending.feeds import next_of_run

pytestmark = pytest.mark.django_db
PEOPLE = range(100_000, 100_006)
WEEK = 7 * 86_400


@pytest.fixture
def promo() -> Label:
    return create_label(name="promo")


@pytest.fixture(autouse=True)
def account() -> Account:
    make_list("all", PEOPLE)
    return make_account(20_001, friends=PEOPLE)


def sent_by(account: Account, people: Any, *, name: str, label: Label | None = None) -> CampaignRun:
    """Make a run whose messages reached the people an hour ago."""
    campaign = make_campaign(name, lists=[])
    if label is not None:
        campaign.labels.add(label)
    at = timezone.now() - timedelta(hours=1)
    run = make_run(campaign, state=RunState.FINISHED, planned_at=at, ended_at=at)
    for contact in Contact.objects.filter(uin__in=people):
        delivery = make_delivery(run, contact, state="sent", account=account, sent_at=at)
        seq = Attempt.objects.count() + 1
        Attempt.objects.create(delivery=delivery, account=account, seq=seq, marked_at=at)
    return run


def started(name: str, label: Label | None) -> CampaignRun:
    campaign = make_campaign(
        name, lists=[make_list("all")], cap_most=1, cap_days=7, cap_label=label
    )
    return start_campaign(campaign=campaign)


def skipped(run: CampaignRun) -> set[int]:
    rows = Delivery.objects.filter(run=run, reason="frequency_cap")
    return set(rows.values_list("uin", flat=True))


def test_only_labelled_campaigns_count_when_a_run_is_planned(
    account: Account, promo: Label
) -> None:
    sent_by(account, PEOPLE[:2], name="labelled", label=promo)
    sent_by(account, PEOPLE[3:], name="another")
    run = started("spring", promo)
    assert preflight(campaign=run.campaign).skipped == {"frequency_cap": 2}
    plan_run(run=run)
    assert skipped(run) == set(PEOPLE[:2])
    every = started("autumn", None)
    plan_run(run=every)
    assert skipped(every) == {*PEOPLE[:2], *PEOPLE[3:]}
    assert CapOrigin.objects.filter(run=run).count() == 1


def test_a_label_that_no_campaign_has_skips_nobody(account: Account, promo: Label) -> None:
    sent_by(account, PEOPLE, name="another")
    run = started("spring", promo)
    assert preflight(campaign=run.campaign).skipped == {}
    plan_run(run=run)
    assert skipped(run) == set()


def test_its_own_earlier_runs_count_if_it_has_the_label(account: Account, promo: Label) -> None:
    run = started("spring", promo)
    plan_run(run=run)
    Delivery.objects.filter(run=run).update(state="sent", sent_at=timezone.now())
    CampaignRun.objects.get(pk=run.pk)
    assert preflight(campaign=run.campaign).skipped == {}
    run.campaign.labels.add(promo)
    assert preflight(campaign=run.campaign).skipped == {"frequency_cap": 6}


def test_feed_and_mark_count_by_the_label_too(account: Account, promo: Label) -> None:
    """Both campaigns send after the run was planned; one of them has the label."""
    empty = make_campaign("labelled", lists=[])
    empty.labels.add(promo)
    make_campaign("another", lists=[])
    run = started("spring", promo)
    plan_run(run=run)
    run.refresh_from_db()
    at = timezone.now()
    for name, people in (("labelled", PEOPLE[:2]), ("another", PEOPLE[4:])):
        other = make_run(Campaign.objects.get(name=name), planned_at=at)
        for contact in Contact.objects.filter(uin__in=people):
            make_delivery(other, contact, state="sent", account=account, sent_at=at)
    limits = limits_of(run)
    assert limits is not None
    found = next_of_run(
        account_id=account.pk, run_id=run.pk, now=at, limit=50, person_limits=limits
    )
    assert {one.uin for one in found if one.over_limit} == set(PEOPLE[:2])
    worker = register_worker(egress_name="default", source_address=None, proxy=None, version="t")
    grant = take_lease(account_id=account.pk, worker_id=worker.pk, egress_id=worker.egress_id)
    assert grant is not None
    long_ago = at - timedelta(seconds=WEEK)
    marks = [
        Mark(row.pk, account.pk, grant.token, seq, None,
             PersonLimit(row.contact_id or 0, 1, long_ago, long_ago))
        for seq, row in enumerate(Delivery.objects.filter(run=run).order_by("pk"))
    ]  # fmt: skip
    BatchWriter(worker_id=worker.pk).commit([], marks, is_again=False)
    marked = Delivery.objects.filter(run=run, state="sending")
    assert set(marked.values_list("uin", flat=True)) == set(PEOPLE[2:])


def test_the_command(promo: Label) -> None:
    made = manage(
        "campaign", "create", "x", "--list", "all", "--text", "hi", "--cap", "2/7d@label:Promo",
        "--json",
    )  # fmt: skip
    assert made.status == 0, made
    assert Campaign.objects.get(name="x").cap_label == promo
    for cap, code in (
        ("2/7d@label:prom", "label_unknown"),
        ("2/7d@label", "cap_malformed"),
        ("2/7d@", "cap_malformed"),
        ("2/7d@list:promo", "cap_malformed"),
        ("@label:promo", "cap_malformed"),
        ("2/7d@label:\0", "label_unknown"),
    ):
        said = manage(
            "campaign", "create", "y", "--list", "all", "--text", "hi", "--cap", cap, "--json"
        )
        assert (said.status, said.json["error"]) == (1, code), cap
    said = manage("label", "delete", "promo", "--json")
    assert "The frequency caps of these campaigns count by it: “x”" in said.json["sentence"]


def test_the_cap_for_all_campaigns_is_set_in_the_console_or_the_environment(
    account: Account, settings: Any
) -> None:
    sent_by(account, PEOPLE[:2], name="another")
    campaign = make_campaign("spring", lists=[make_list("all")])
    settings.FREQUENCY_CAP = "5/7d"
    assert manage("frequency_cap", "show", "--json").json == {
        "cap": "5/7d",
        "source": "environment",
    }
    assert preflight(campaign=campaign).skipped == {}
    said = manage("frequency_cap", "set", "1/7d", "--json")
    assert said.json == {"cap": "1/7d", "source": "console"}
    assert preflight(campaign=campaign).skipped == {"frequency_cap": 2}
    assert manage("frequency_cap", "set", "3/12h", "--json").json["cap"] == "3/12h"
    assert DefaultCap.objects.count() == 1
    assert DefaultCap.history.count() == 2
    assert manage("frequency_cap", "unset", "--json").json["source"] == "environment"
    said = manage("frequency_cap", "unset", "--json")
    assert (said.status, said.json["error"]) == (1, "not_set")
    assert manage("frequency_cap", "set", "x", "--json").json["error"] == "cap_malformed"
