"""The comparison of variants: figures that add up, intervals, and what is more than chance."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Account, InboundMessage
from campaigns.models import CampaignRun
from campaigns.reports.proportions import chance_of_difference, wilson
from campaigns.reports.run_report import write_report
from campaigns.reports.variant_figures import VariantFigures, variant_figures, who_opted_out
from campaigns.reports.variant_verdict import verdicts
from contacts.models import Suppression, SuppressionReason
from sending.models import Delivery
from tests.campaigns.factories import make_account, make_inbound, make_list
from tests.campaigns.variants import campaign_with, people_in, planned_run, variants_by_uin

pytestmark = pytest.mark.django_db
UINS = range(100_000, 100_100)


@pytest.fixture
def account() -> Account:
    return make_account(friends=UINS)


@pytest.fixture
def run(account: Account) -> CampaignRun:
    """A planned run to 100 people: two variants and a holdout; one person is suppressed before."""
    Suppression.objects.create(uin=UINS[0])
    return planned_run(campaign_with({"A": 1, "B": 3}, lists=[people_in("all", UINS)], holdout=20))


def uins_of(run: CampaignRun, variant: str) -> list[int]:
    return sorted(uin for uin, one in variants_by_uin(run).items() if one == variant)


def sent(run: CampaignRun, uins: list[int], *, ago: timedelta = timedelta(days=1)) -> None:
    Delivery.objects.filter(run=run, uin__in=uins).update(
        state="sent", sent_at=timezone.now() - ago
    )


def answer(account: Account, uin: int, *, ago: timedelta = timedelta(0)) -> None:
    make_inbound(account, uin, at=timezone.now() - ago)


def test_figures_add_up_and_count_answers_and_opt_outs_in_their_days(
    run: CampaignRun, account: Account
) -> None:
    first, second, held_out = (uins_of(run, name) for name in ("A", "B", "holdout"))
    assert len(first) > 10
    sent(run, first[:5])
    sent(run, first[5:7], ago=timedelta(days=9))
    sent(run, second[:4])
    Delivery.objects.filter(run=run, uin=first[8]).update(state="failed", reason="RES_5")
    Delivery.objects.filter(run=run, uin=second[5]).update(state="skipped", reason="suppressed")
    for uin in (first[0], first[1], first[5], first[8], second[0], held_out[0]):
        answer(account, uin)  # first[5] too late; first[8] got nothing
    answer(account, first[2], ago=timedelta(days=2))  # before the message
    other = make_account(20_002)
    answer(other, second[1])  # not the account that wrote
    lists = [run.lists.get(), make_list("other")]
    Suppression.objects.create(uin=first[0])
    Suppression.objects.create(uin=second[0], contact_list=lists[0])
    Suppression.objects.create(uin=second[1], contact_list=lists[1])
    Suppression.objects.create(uin=second[2], reason=SuppressionReason.UNREACHABLE)
    Suppression.objects.create(uin=held_out[0])
    a, b, holdout = variant_figures(run)
    assert (a.variant, b.variant, holdout.is_holdout) == ("A", "B", True)
    assert (a.assigned, b.assigned, holdout.assigned) == (
        len(first), len(second), len(held_out)
    )  # fmt: skip
    assert a.assigned + b.assigned + holdout.assigned == 99  # less the one suppressed before
    for one in (a, b, holdout):
        counted = one.sent + one.failed + one.skipped + one.cancelled + one.unknown + one.open
        assert one.assigned == counted
    assert (a.sent, a.failed, a.replied, a.opted_out) == (7, 1, 2, 1)
    assert (b.sent, b.skipped, b.replied, b.opted_out) == (4, 1, 1, 1)
    assert (holdout.skipped, holdout.replied, holdout.opted_out) == (len(held_out), 0, 1)
    rows = set(who_opted_out(run).values_list("uin", flat=True))
    assert rows == {first[0], second[0], held_out[0]}


def test_the_command_gives_the_figures_with_their_rates(run: CampaignRun, account: Account) -> None:
    sent(run, uins_of(run, "A"))
    answer(account, uins_of(run, "A")[0])
    out = StringIO()
    call_command("campaign", "figures", "spring", "--by", "variant", "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert (found["campaign"], found["run"], found["by"], found["next"]) == (
        "spring", 1, "variant", None
    )  # fmt: skip
    a, _b, holdout = found["items"]
    assert a["replied"] == 1
    assert a["rates"]["replied"]["rate"] == pytest.approx(1 / a["sent"])
    assert a["rates"]["replied"]["low"] < 1 / a["sent"] < a["rates"]["replied"]["high"]
    assert holdout["is_holdout"]
    assert holdout["rates"]["replied"] is None
    assert {one["outcome"] for one in found["verdicts"]} == {"too_little"}
    text = StringIO()
    call_command("campaign", "figures", "spring", stdout=text)
    assert "Too little data to compare the replies." in text.getvalue()


def test_a_report_names_the_variant_the_first_answer_and_the_run(
    run: CampaignRun, account: Account, tmp_path: Any
) -> None:
    first = uins_of(run, "A")
    sent(run, first)
    answer(account, first[0], ago=timedelta(hours=1))
    answer(account, first[0], ago=timedelta(hours=2))
    earliest = InboundMessage.objects.order_by("received_at").values_list("received_at", flat=True)
    file = tmp_path / "report.json"
    with file.open("wb") as out:
        assert write_report(run=run, format="json", out=out) == 100
    rows = {row["uin"]: row for row in json.loads(file.read_text())}
    assert list(rows[first[0]])[-4:] == ["text", "variant", "replied_at", "run"]
    row = rows[first[0]]
    assert (row["text"], row["variant"], row["run"]) == ("text A", "A", 1)
    assert row["replied_at"][:19] == earliest[0].isoformat()[:19]
    assert rows[first[1]]["replied_at"] is None
    held_out = rows[uins_of(run, "holdout")[0]]
    assert (held_out["variant"], held_out["reason"], held_out["account"]) == ("", "holdout", None)


def test_a_run_without_variants_has_one_line(account: Account) -> None:
    run = planned_run(
        campaign_with({}, lists=[people_in("all", UINS[:10])], holdout=0)
    )  # fmt: skip
    (all_of_them,) = variant_figures(run)
    assert (all_of_them.variant, all_of_them.assigned, all_of_them.open) == ("", 10, 10)
    assert verdicts([all_of_them]) == []


@pytest.mark.parametrize(
    ("part", "whole", "low", "high"),
    [
        # The values of R's prop.test(x, n, correct = FALSE).
        (0, 10, 0.0, 0.27753),
        (10, 10, 0.72247, 1.0),
        (3, 10, 0.10779, 0.60322),
        (50, 1000, 0.03813, 0.06531),
    ],
)
def test_wilson_intervals(part: int, whole: int, low: float, high: float) -> None:
    found = wilson(part, whole)
    assert found is not None
    assert found.low == pytest.approx(low, abs=2e-5)
    assert found.high == pytest.approx(high, abs=2e-5)
    assert 0 <= found.low <= found.rate <= found.high <= 1


def test_nobody_has_no_rate() -> None:
    assert wilson(0, 0) is None


def test_the_chance_of_a_difference() -> None:
    # R: prop.test(c(45, 30), c(300, 300), correct = FALSE) gives 0.06404.
    found = chance_of_difference((45, 300), (30, 300))
    assert found == pytest.approx(0.06404, abs=1e-4)
    assert chance_of_difference((30, 300), (45, 300)) == found
    assert chance_of_difference((3, 30), (0, 30)) is None
    assert chance_of_difference((0, 1000), (0, 1000)) is None
    assert chance_of_difference((10, 0), (10, 100)) is None


@pytest.mark.parametrize(
    ("replied", "outcome", "first"),
    [
        ((60, 30), "difference", "A"),
        ((30, 60), "difference", "B"),
        ((40, 35), "chance", "A"),
        ((1, 0), "too_little", "A"),
    ],
)
def test_a_sentence_says_whether_the_difference_is_more_than_chance(
    replied: tuple[int, int], outcome: str, first: str
) -> None:
    figures = [
        VariantFigures(name, assigned=300, sent=300, replied=n)
        for name, n in zip("AB", replied, strict=True)
    ]
    answers, _opt_outs = verdicts(figures)
    assert (answers.measure, answers.outcome, answers.first) == ("replied", outcome, first)
    if outcome == "difference":
        assert "20.0 % against 10.0 %. This is more than chance" in answers.sentence


def test_more_variants_need_a_larger_difference() -> None:
    two = [VariantFigures("A", sent=300, replied=45), VariantFigures("B", sent=300, replied=27)]
    many = [*two, *(VariantFigures(name, sent=300, replied=20) for name in "CDE")]
    assert verdicts(two)[0].outcome == "difference"
    assert verdicts(many)[0].outcome == "chance"
