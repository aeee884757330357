"""Each account's lane reads its deliveries in the order of the run."""

from __future__ import annotations

from typing import Any

import pytest

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.planning import plan
from campaigns.planning.late_comers import add_late_comers
from campaigns.planning.plan import plan_run
from clocks import shared
from contacts.models import Attribute, Contact
from sending.models import Delivery
from sending.runs.figures import check_figures
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run
from tests.sending.feeds import next_of_run

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
PEOPLE = range(100_000, 100_020)


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CHUNK", {"postgresql": 3, "sqlite": 3})


@pytest.fixture(autouse=True)
def account() -> Account:
    make_list("all", PEOPLE)
    return make_account(20_001, friends=PEOPLE)


def a_run(name: str = "spring", **columns: Any) -> CampaignRun:
    campaign = make_campaign(name, lists=[make_list("all")])
    return make_run(campaign, state=RunState.PREPARING, **columns)


def queue(run: CampaignRun, account: Account) -> list[int]:
    """Return the UINs in the order in which the account's lane reads them."""
    found = next_of_run(account_id=account.pk, run_id=run.pk, now=shared.now(), limit=100)
    return [one.uin for one in found]


def points(values: dict[int, Any]) -> None:
    for uin, value in values.items():
        Contact.objects.filter(uin=uin).update(attributes={"points": value})


def test_as_imported_is_the_order_of_the_contacts(account: Account) -> None:
    run = a_run()
    assert plan_run(run=run)
    assert queue(run, account) == list(PEOPLE)


def test_at_random_is_another_order_for_each_run_and_the_same_for_one(account: Account) -> None:
    run = a_run(order="random")
    assert plan_run(run=run)
    first = queue(run, account)
    assert sorted(first) == list(PEOPLE) != first
    Delivery.objects.filter(run=run).delete()
    run.tallies.all().delete()
    CampaignRun.objects.filter(pk=run.pk).update(state=RunState.PREPARING, planned_through=0)
    plan_run(run=run)
    assert queue(run, account) == first
    other = a_run("autumn", order="random")
    plan_run(run=other)
    assert queue(other, account) != first
    assert check_figures(run=run) == []


def test_by_an_attribute_numbers_then_texts_then_those_without(account: Account) -> None:
    values: dict[int, Any] = {
        100_000: "9",
        100_001: "10",
        100_002: "-3.5",
        100_003: "banana",
        100_004: "apple",
        100_005: "",
        100_006: " 7 ",
        100_007: "1e400",
        100_008: "²",
        100_009: "9" * 200,
    }
    points(values)
    run = a_run(order="attribute", order_attribute="points")
    assert plan_run(run=run)
    sent = queue(run, account)
    assert sent[:4] == [100_002, 100_006, 100_000, 100_001]
    assert sent[4:9].index(100_004) < sent[4:9].index(100_003)
    assert set(sent[9:]) == {100_005, *PEOPLE[10:]}
    best_first = a_run("autumn", order="attribute", order_attribute="points", order_descending=True)
    plan_run(run=best_first)
    sent = queue(best_first, account)
    assert sent[:4] == [100_001, 100_000, 100_006, 100_002]
    assert set(sent[9:]) == {100_005, *PEOPLE[10:]}


@pytest.mark.parametrize(
    ("kind", "in_order"),
    [
        ("number", ["-3", "80%", "￥18", "1.2e3", "１，５００"]),
        ("date", ["1999-12-31", "2026年3月1日", "2026/3/1 09:30", "2026-11-02"]),
        ("yes_no", ["否", "√"]),
    ],
)
def test_by_an_attribute_as_its_type_is_read(
    account: Account, kind: str, in_order: list[str]
) -> None:
    Attribute.objects.create(name="points", kind=kind)
    mixed = [*in_order[::-1], "no reading"]
    for uin, value in zip(PEOPLE, mixed, strict=False):
        contact = Contact.objects.get(uin=uin)
        contact.attributes = {"points": value}
        contact.save()
    run = a_run(order="attribute", order_attribute="points")
    assert plan_run(run=run)
    values = dict(Contact.objects.values_list("uin", "attributes"))
    sent = [values[uin].get("points") for uin in queue(run, account)]
    assert sent[: len(mixed)] == [*in_order, "no reading"]


@pytest.mark.parametrize("name", ["7", 'it\'s "so"', "中文", "a.b__c", "%s", "$.x"])
def test_an_attribute_of_any_name(account: Account, name: str) -> None:
    for place, uin in enumerate(reversed(PEOPLE)):
        Contact.objects.filter(uin=uin).update(attributes={name: str(place)})
    run = a_run(order="attribute", order_attribute=name)
    assert plan_run(run=run)
    assert queue(run, account) == list(reversed(PEOPLE))


class Killed(BaseException):
    """Stands for a SIGKILL: no code catches it."""


@pytest.mark.parametrize("where", ["in_chunk", "in_planning"])
def test_planning_in_an_order_that_was_killed_is_continued(
    account: Account, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    points({uin: str(1000 - uin % 1000) for uin in PEOPLE})
    run = a_run(order="attribute", order_attribute="points")
    passed: list[str] = []

    def failpoint(name: str) -> None:
        passed.append(name)
        if name == where and passed.count(where) == 3:
            raise Killed

    monkeypatch.setattr(plan, "failpoint", failpoint)
    with pytest.raises(Killed):
        plan_run(run=run)
    assert 0 < Delivery.objects.filter(run=run).count() < len(PEOPLE)
    assert plan_run(run=run)
    assert queue(run, account) == list(reversed(PEOPLE))
    assert check_figures(run=run) == []


def test_late_comers_come_last(account: Account) -> None:
    points(dict.fromkeys(PEOPLE, "5"))
    run = a_run(order="attribute", order_attribute="points", order_descending=True)
    assert plan_run(run=run)
    make_list("all", [100_030], points="1000")
    add_late_comers(run=run)
    Delivery.objects.filter(run=run, uin=100_030).update(state="pending", account=account)
    assert queue(run, account) == [*PEOPLE, 100_030]
