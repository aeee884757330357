"""A person who is suppressed during a run gets no more messages."""

from __future__ import annotations

import pytest

from accounts.models import Account
from contacts.models import ContactList
from contacts.suppressions import suppress
from qqhttp.simulator import GatewaySimulator
from tests.sending.conftest import FRIENDS, Start, assert_exact, is_finished, states_of
from tests.sending.working import LocalWorker, wait_until


@pytest.mark.slow
@pytest.mark.parametrize("text", ["hi", "hi {{ uin }}"])
@pytest.mark.parametrize("which", ["for all", "for a list of the campaign", "for another list"])
def test_an_opt_out_in_the_middle_of_a_run_holds_before_the_next_message(
    engine: GatewaySimulator, senders: list[Account], start: Start, which: str, text: str
) -> None:
    Account.objects.update(min_interval=0.1)
    run = start(accounts=senders[:1], text=text)
    lists = {
        "for all": None,
        "for a list of the campaign": run.lists.get(),
        "for another list": ContactList.objects.create(name="another"),
    }
    last = list(run.deliveries.order_by("-pk").values_list("uin", flat=True)[:6])
    with LocalWorker():
        wait_until(lambda: engine.control.figures().arrived >= 2, what="the first messages")
        suppress(uins=last, contact_list=lists[which])
        wait_until(lambda: is_finished(run), what="the end of the run")
    if which == "for another list":
        assert states_of(run) == {"sent": FRIENDS}
    else:
        assert states_of(run) == {"sent": FRIENDS - 6, "skipped": 6}
        skipped = run.deliveries.filter(state="skipped", reason="suppressed")
        assert set(skipped.values_list("uin", flat=True)) == set(last)
    assert_exact(run, engine)


@pytest.mark.slow
@pytest.mark.parametrize("text", ["hi", "hi {{ uin }}"])
def test_an_opt_out_of_a_list_the_campaign_does_not_have_any_more(
    engine: GatewaySimulator, senders: list[Account], start: Start, text: str
) -> None:
    Account.objects.update(min_interval=0.1)
    run = start(accounts=senders[:1], text=text)
    planned_from = run.campaign.lists.get()
    last = list(run.deliveries.order_by("-pk").values_list("uin", flat=True)[:6])
    with LocalWorker():
        wait_until(lambda: engine.control.figures().arrived >= 2, what="the first messages")
        run.campaign.lists.set([ContactList.objects.create(name="another")])
        suppress(uins=last, contact_list=planned_from)
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert states_of(run) == {"sent": FRIENDS - 6, "skipped": 6}
    assert set(run.deliveries.filter(reason="suppressed").values_list("uin", flat=True)) == set(
        last
    )
    assert_exact(run, engine)
