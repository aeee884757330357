"""A campaign is tested on a share of its people; the rest gets the variant that is chosen."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F

from accounts.models import Account
from campaigns.creation.variants import NewVariant, add_variants
from campaigns.models import Campaign, CampaignRun, MessageTemplate, TemplateText
from campaigns.planning.late_comers import add_late_comers
from campaigns.planning.preflight import preflight
from campaigns.planning.text_choice import choice_of_run
from campaigns.reports.better_variant import FEWEST_SENT, better_variant
from campaigns.reports.variant_figures import VariantFigures, variant_figures
from campaigns.reports.waiting_reasons import delivery_waiting_reason, run_waiting_reasons
from campaigns.run_control import choose_variant as choosing
from campaigns.run_control.choose_variant import choose_variant
from campaigns.run_control.lifecycle import cancel_run
from campaigns.run_control.variant_tests import advance_variant_tests
from clocks import shared
from contacts.models import Contact, Membership
from foundation.refusals import Refusal
from sending.models import Delivery, Run
from sending.runs.figures import check_figures
from sending.runs.finish import finish_runs_that_are_done
from sending.runs.texts import TEXTS, source_of
from sending.wake_ups.accounts_with_work import idle_leases_with_work
from tests.campaigns.factories import make_account, make_campaign, make_inbound, make_list
from tests.campaigns.variants import (
    CHI_SQUARE_LIMITS,
    campaign_with,
    chi_square,
    dependence,
    people_in,
    planned_run,
    variants_by_uin,
)
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
UINS = range(100_000, 100_400)


@pytest.fixture
def account() -> Account:
    return make_account(friends=UINS)


def campaign_tested(**columns: Any) -> Campaign:
    """Return a campaign with two variants, tested on half of its people."""
    columns = {"test_share": 50, **columns}
    return campaign_with({"A": 1, "B": 3}, lists=[people_in("all", UINS)], **columns)


@pytest.fixture
def run(account: Account) -> CampaignRun:
    return planned_run(campaign_tested(decide_by="replies", decide_after=3600))


def rest_of(run: CampaignRun) -> Any:
    return Delivery.objects.of_rest().filter(run_id=run.pk)


def send_test(run: CampaignRun) -> None:
    test = Delivery.objects.of_test().pending().filter(run_id=run.pk)
    test.update(state="sent", sent_at=shared.now())


def later(run: CampaignRun, span: timedelta) -> None:
    CampaignRun.objects.filter(pk=run.pk).update(tested_at=F("tested_at") - span)


def test_the_test_is_drawn_by_its_share_and_independently(account: Account) -> None:
    campaign = campaign_tested(test_share=20, holdout=20)
    before = preflight(campaign=campaign)
    run = planned_run(campaign)
    rows = Delivery.objects.filter(run_id=run.pk).exclude(reason="holdout")
    part = {one.uin: "rest" if one.rank < 0 else "test" for one in rows}
    expected = {"test": 0.2 * len(part), "rest": 0.8 * len(part)}
    assert chi_square(Counter(part.values()), expected=expected) < CHI_SQUARE_LIMITS[1]
    choice = choice_of_run(run)
    assert {uin: choice.is_rest(uin=uin) for uin in part} == {
        uin: one == "rest" for uin, one in part.items()
    }
    # As they would be drawn without a test, and who would be held out.
    whole = choice_of_run(run)
    object.__setattr__(whole, "test_share", 0)
    drawn = [(choice.is_rest(uin=uin), whole.number_of(uin=uin, attributes={})) for uin in UINS]
    assert dependence(drawn) < CHI_SQUARE_LIMITS[1]
    held = [(choice.is_rest(uin=uin), choice.is_held_out(uin=uin)) for uin in UINS]
    assert dependence(held) < CHI_SQUARE_LIMITS[1]
    found = Counter(variants_by_uin(run).values())
    assert (before.variants, before.rest) == ({"A": found["A"], "B": found["B"]}, found[""])
    assert before.sendable == len(part)
    assert not check_figures(run=run)


def test_the_rest_waits_and_the_run_does_not_finish(run: CampaignRun, account: Account) -> None:
    assert account.pk in idle_leases_with_work(run_ids=[run.pk]).values_list(
        "account_id", flat=True
    )
    reasons = " ".join(one.sentence for one in run_waiting_reasons(run=run))
    assert "by replies, 1 h after the last message of the test" in reasons
    assert advance_variant_tests() == 0
    send_test(run)
    assert not idle_leases_with_work(run_ids=[run.pk]).exists()
    assert finish_runs_that_are_done(run_ids=[run.pk]) == 0
    assert advance_variant_tests() == 0
    run.refresh_from_db()
    assert run.tested_at is not None
    reason = delivery_waiting_reason(delivery=rest_of(run).first())
    assert reason.until == run.tested_at + timedelta(hours=1)
    assert advance_variant_tests() == 0
    assert run.events.filter(detail__contains="The test is sent").count() == 1
    assert set(rest_of(run).values_list("text_number", flat=True)) == {0}


@pytest.mark.parametrize(("answered", "chosen"), [("A", "A"), ("B", "B"), ("", "B")])
def test_after_the_time_the_answers_choose(
    run: CampaignRun, account: Account, answered: str, chosen: str
) -> None:
    send_test(run)
    names = variants_by_uin(run)
    for uin in [uin for uin, name in names.items() if answered and name == answered][:9]:
        make_inbound(account, uin, at=shared.now())
    assert advance_variant_tests() == 0
    later(run, timedelta(hours=1))
    assert advance_variant_tests() == 1
    run.refresh_from_db()
    assert (run.chosen_variant, run.holds_rest) == (chosen, False)
    assert set(variants_by_uin(run).values()) == {"A", "B"}
    assert set(rest_of(run).values_list("text_number", flat=True)) == {"AB".index(chosen) + 1}
    assert idle_leases_with_work(run_ids=[run.pk]).exists()
    assert advance_variant_tests() == 0
    event = run.events.filter(detail__contains="goes to the rest").get()
    assert ("because of its weight" in str(event.detail)) == (not answered)


def test_ties_and_small_tests_are_decided_by_weight() -> None:
    def figures(*rows: tuple[str, int, int, int]) -> list[VariantFigures]:
        return [VariantFigures(n, weight=w, sent=s, replied=r) for n, w, s, r in rows]

    enough = FEWEST_SENT
    assert better_variant(figures(("A", 1, enough, 3), ("B", 1, enough, 3)))[0] == "A"
    assert better_variant(figures(("A", 1, enough, 3), ("B", 2, 2 * enough, 6)))[0] == "B"
    third = figures(("A", 1, enough, 3), ("B", 1, enough, 3), ("C", 9, enough, 2))
    assert better_variant(third)[0] == "A"
    small = figures(("A", 1, enough - 1, 20), ("B", 2, enough, 0))
    assert better_variant(small)[0] == "B"


def test_a_choice_by_hand_is_made_once(run: CampaignRun) -> None:
    waiting = rest_of(run).count()
    found = manage("campaign", "choose", "spring", "a", "--json")
    assert found.status == 0, found
    assert (found.json["variant"], found.json["people"], found.json["run"]) == ("A", waiting, 1)
    again = manage("campaign", "choose", "spring", "B", "--json")
    assert (again.status, again.json["error"]) == (1, "already_chosen")
    run.refresh_from_db()
    assert run.chosen_variant == "A"
    assert run.events.filter(detail__contains="goes to the rest: chosen by").count() == 1
    # The messages of the test are still open, and keep their variant.
    later(run, timedelta(hours=2))
    assert advance_variant_tests() == 0
    assert set(variants_by_uin(run).values()) == {"A", "B"}


def test_what_cannot_be_chosen_is_refused(run: CampaignRun, account: Account) -> None:
    for variant in ("C", "", "\x1b[2J", "A" * 10_000):
        found = manage("campaign", "choose", "spring", variant, "--json")
        assert (found.status, found.json["error"]) == (1, "variant_unknown")
        assert len(found.out) < 1_000
    cancel_run(run=run)
    assert not Delivery.objects.pending().filter(run_id=run.pk).exists()
    with pytest.raises(Refusal) as refused:
        choose_variant(run=run, variant="A")
    assert refused.value.code == "wrong_state"
    other = planned_run(campaign_with({"A": 1, "B": 1}, lists=[make_list("b")], name="autumn"))
    with pytest.raises(Refusal) as refused:
        choose_variant(run=other, variant="A")
    assert refused.value.code == "no_test"
    assert not other.holds_rest


class Killed(BaseException):
    """Stands for SIGKILL at a failpoint: nothing after it runs."""


@pytest.mark.parametrize("place", ["after_choice", "in_choice", "before_rest_wakes"])
def test_a_choice_that_was_killed_is_completed_by_the_tick(
    run: CampaignRun, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    def kill(name: str) -> None:
        if name == place:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(choosing, "CHUNK", 30)
        patch.setattr(choosing, "failpoint", kill)
        with pytest.raises(Killed):
            choose_variant(run=run, variant="A")
    numbers = Counter(rest_of(run).values_list("text_number", flat=True))
    held = Run.objects.get(pk=run.pk).holds_rest
    assert held == (place != "before_rest_wakes")
    if place == "in_choice":
        assert numbers[1] == 30
    advance_variant_tests()
    assert set(rest_of(run).values_list("text_number", flat=True)) == {1}
    assert not Run.objects.get(pk=run.pk).holds_rest
    assert run.events.filter(detail__contains="goes to the rest").count() == 1


def test_each_person_of_the_rest_keeps_their_language(account: Account) -> None:
    template = MessageTemplate.objects.create(name="t", text="hello", language_attribute="语言")
    TemplateText.objects.create(template=template, language="zh", text="您好")
    people = people_in("all", UINS)
    Contact.objects.filter(uin__lt=UINS[200]).update(attributes={"语言": "zh-CN"})
    campaign = make_campaign(lists=[people], text="", test_share=10)
    variants = [NewVariant("A", 1, template=template), NewVariant("B", 1, "short")]
    add_variants(campaign=campaign, variants=variants)
    run = planned_run(campaign)
    choose_variant(run=run, variant="A")
    rows = rest_of(run).select_related("run").prefetch_related(TEXTS)
    for one in rows:
        assert source_of(one) == ("您好" if one.uin < UINS[200] else "hello")


def test_late_comers_join_the_test_or_the_rest(run: CampaignRun) -> None:
    people = run.lists.get()

    def join(uins: range) -> None:
        more = Contact.objects.bulk_create(Contact(uin=uin) for uin in uins)
        Membership.objects.bulk_create(
            Membership(contact_list=people, contact=contact) for contact in more
        )
        make_account(20_000 + uins[0] // 1000, friends=uins)
        assert add_late_comers(run=run) == len(uins)

    join(range(200_000, 200_040))
    late = Delivery.objects.filter(run_id=run.pk, uin__gte=200_000)
    assert {one.rank < 0 for one in late} == {True, False}
    choose_variant(run=run, variant="A")
    join(range(300_000, 300_020))
    last = Delivery.objects.filter(run_id=run.pk, uin__gte=300_000)
    assert {(one.rank < 0, one.text_number) for one in last} == {(True, 1)}
    assert not Delivery.objects.pending().filter(run_id=run.pk, text_number=0).exists()
    assert not check_figures(run=run)


def test_a_failed_one_of_the_rest_has_its_text_when_it_is_retried(run: CampaignRun) -> None:
    failed = rest_of(run).first()
    Delivery.objects.filter(pk=failed.pk).update(state="failed", reason="no_account")
    choose_variant(run=run, variant="B")
    failed.refresh_from_db()
    assert (failed.state, failed.text_number) == ("failed", 2)


def test_the_figures_keep_the_test_and_the_rest_apart(run: CampaignRun) -> None:
    send_test(run)
    a, b, rest = variant_figures(run)
    assert (rest.variant, rest.is_rest, rest.open) == ("", True, rest_of(run).count())
    choose_variant(run=run, variant="A")
    a_now, b_now, rest = variant_figures(run)
    assert (a_now, b_now, rest.variant) == (a, b, "A")
    assert a.assigned + b.assigned + rest.assigned == len(UINS)
    found = manage("campaign", "figures", "spring").out
    assert "rest: A" in found


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--test-share", "91"], "test_share_malformed"),
        (["--test-share", "ten"], "test_share_malformed"),
        (["--test-share", "20", "--decide-after", "soon"], "decide_after_malformed"),
        (["--test-share", "20", "--decide-after", "0h"], "decide_after_malformed"),
        (["--decide-after", "4h"], "test_missing"),
        (["--decide-by", "replies"], "test_missing"),
        (
            ["--test-share", "20", "--decide-by", "hand", "--decide-after", "4h"],
            "decide_after_by_hand",
        ),
    ],
)
def test_a_test_that_cannot_be_made_is_refused(arguments: list[str], code: str) -> None:
    make_list("all", [100_000])
    new = ("campaign", "create", "spring", "--list", "all", "--variant", "A=1=hi")
    found = manage(*new, "--variant", "B=1=ho", *arguments, "--json")
    assert (found.status, found.json["error"]) == (1, code)


def test_a_test_needs_two_variants_and_has_usual_values() -> None:
    make_list("all", [100_000])
    new = ("campaign", "create", "spring", "--list", "all", "--test-share", "20", "--json")
    found = manage(*new, "--variant", "A=1=hi")
    assert (found.status, found.json["error"]) == (1, "test_without_variants")
    two = ("--variant", "A=1=hi", "--variant", "B=1=ho")
    made = manage(*new, *two, "--decide-by", "replies").json
    assert (made["test_share"], made["decide_by"], made["decide_after"]) == (20, "replies", "4h")
    stored = Campaign.objects.get()
    assert (stored.decide_after, stored.decide_by) == (14_400, "replies")
