"""The rest of a tested run on the real engine: it waits without load, and then it is sent once."""

from __future__ import annotations

import time
from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Account
from campaigns.run_control.choose_variant import choose_variant
from campaigns.run_control.variant_tests import advance_variant_tests
from qqhttp.simulator import GatewaySimulator
from sending.lanes.feed_sql import next_of_run
from sending.models import Delivery, RunEvent
from sending.runs.figures import check_figures
from tests.campaigns.factories import make_list
from tests.campaigns.variants import campaign_with, planned_run, variants_by_uin
from tests.sending.conftest import is_finished
from tests.sending.working import LocalWorker, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


def test_the_rest_is_sent_after_the_choice_and_nobody_gets_two(
    engine: GatewaySimulator, senders: list[Account]
) -> None:
    uins = sorted({uin for one in senders for uin in one.friends.values_list("uin", flat=True)})
    people = make_list("all", uins)
    run = planned_run(
        campaign_with({"A": 1, "B": 1}, lists=[people], accounts=senders, test_share=50)
    )
    test = {one.uin for one in Delivery.objects.of_test().filter(run=run)}
    rest = set(uins) - test
    assert test
    assert rest
    with LocalWorker() as worker:
        wait_until(lambda: advance_variant_tests() == 0 and _is_tested(run.pk), what="the test")
        assert {one.un for one in engine.control.messages()} == test
        time.sleep(1.5)
        assert {one.un for one in engine.control.messages()} == test
        assert not is_finished(run)
        assert choose_variant(run=run, variant="B") == len(rest)
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    sent = engine.control.messages()
    assert Counter(one.un for one in sent) == Counter(uins)
    assert {one.text for one in sent if one.un in rest} == {"text B"}
    variants = variants_by_uin(run)
    assert {one.un: one.text for one in sent} == {
        uin: f"text {name}" for uin, name in variants.items()
    }
    assert not check_figures(run=run)


def test_a_lane_does_not_read_what_is_held(senders: list[Account]) -> None:
    uins = sorted(senders[0].friends.values_list("uin", flat=True))
    run = planned_run(
        campaign_with(
            {"A": 1, "B": 1}, lists=[make_list("all", uins)], accounts=senders[:1], test_share=50
        )
    )
    Delivery.objects.of_test().filter(run=run).update(state="sent")
    assert Delivery.objects.of_rest().pending().filter(run=run).exists()
    account = senders[0].pk
    now = run.created_at
    with CaptureQueriesContext(
        connection,
    ) as asked:
        held = next_of_run(account_id=account, run_id=run.pk, now=now, limit=5, holds_rest=True)
        free = next_of_run(account_id=account, run_id=run.pk, now=now, limit=5)
    assert not held
    assert free
    assert ["rank >= 0" in one["sql"] for one in asked] == [True, False]


def _is_tested(run_id: int) -> bool:
    return RunEvent.objects.filter(run_id=run_id, detail__contains="The test is sent").exists()
