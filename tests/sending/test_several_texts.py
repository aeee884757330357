"""A run with several texts: each person gets the one of their number, also when it is repeated."""

from __future__ import annotations

import pytest

from accounts.models import Account
from campaigns.creation.variants import NewVariant, add_variants
from campaigns.models import CampaignRun
from contacts.models import Contact
from qqhttp.simulator import GatewaySimulator
from sending.lanes.feed import brief, next_deliveries
from sending.lanes.run_turns import RunTurns
from sending.lanes.unsettled import unsettled_attempts
from sending.models import Attempt, Delivery
from sending.runs.figures import check_figures
from tests.campaigns.factories import make_campaign, make_list
from tests.campaigns.variants import planned_run, variants_by_uin
from tests.sending.conftest import FRIENDS, is_finished
from tests.sending.working import LocalWorker, wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.both_databases]


def run_with(texts: dict[str, str], account: Account) -> CampaignRun:
    """Return a planned run to an account's friends with a variant for each text."""
    people = make_list("all", sorted(account.friends.values_list("uin", flat=True)))
    campaign = make_campaign(lists=[people], text="", accounts=[account])
    add_variants(
        campaign=campaign, variants=[NewVariant(name, 1, text) for name, text in texts.items()]
    )
    return planned_run(campaign)


@pytest.mark.parametrize(
    "texts",
    [
        {"A": "hello", "B": "good day"},
        {"A": "hello {{ uin }}", "B": "good day"},
        {"A": "hello {{ uin }}", "B": "good day {{ nickname }}"},
    ],
)
def test_each_person_gets_the_text_of_their_variant(
    engine: GatewaySimulator, senders: list[Account], texts: dict[str, str]
) -> None:
    run = run_with(texts, senders[0])
    with LocalWorker() as worker:
        wait_until(lambda: is_finished(run), what="the end of the run")
    assert worker.deaths == []
    nicknames = dict(senders[0].friends.values_list("uin", "nickname"))
    variants = variants_by_uin(run)
    assert set(variants.values()) == set(texts)
    expected = {
        uin: texts[variant].replace("{{ uin }}", str(uin)).replace("{{ nickname }}", nicknames[uin])
        for uin, variant in variants.items()
    }
    assert {one.un: one.text for one in engine.control.messages()} == expected
    stored = set(Delivery.objects.filter(run=run).values_list("text", flat=True))
    is_constant = not any("{{" in text for text in texts.values())
    assert stored == ({None} if is_constant else set(expected.values()))
    assert not check_figures(run=run)


def test_an_open_attempt_is_repeated_with_the_text_of_its_variant(senders: list[Account]) -> None:
    run = run_with({"A": "hello", "B": "good day"}, senders[0])
    found = Delivery.objects.filter(run=run)
    for seq, delivery in enumerate(found, start=1):
        Attempt.objects.create(
            delivery=delivery, account=senders[0], seq=seq, marked_at="2026-11-01T00:00:00Z"
        )
        Delivery.objects.filter(pk=delivery.pk).update(state="sending", seq=seq)
    variants = variants_by_uin(run)
    repeated = unsettled_attempts(account_id=senders[0].pk)
    assert len(repeated) == FRIENDS
    texts = {"A": "hello", "B": "good day"}
    assert {one.due.uin: one.due.text for one in repeated} == {
        uin: texts[variant] for uin, variant in variants.items()
    }
    assert {one.due.own_text for one in repeated} == {None}


def test_a_text_that_cannot_be_made_skips_the_people_of_its_variant_alone(
    engine: GatewaySimulator, senders: list[Account]
) -> None:
    run = run_with({"A": "{{ empty }}", "B": "good day"}, senders[0])
    Contact.objects.update(attributes={"empty": " "})
    dues = next_deliveries(
        account=senders[0], runs=[brief(run, quiet=())], limit=FRIENDS, turns=RunTurns()
    )
    variants = variants_by_uin(run)
    assert {one.text for one in dues} == {"good day"}
    assert set(variants.values()) == {"empty_text", "B"}
    assert sum(1 for one in variants.values() if one == "B") == len(dues)
