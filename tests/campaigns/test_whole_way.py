"""The whole way by the command line alone: a weekly campaign from its parts to its follow-up.

Accounts, people, pools and the campaign are made by commands; real lanes send to a real gateway
over sockets; only the time is driven. Three accounts have 40 friends each; each shares 20 with the
next one. The third account is new and warms up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.tasks import advance_all_runs
from qqhttp.simulator import GatewaySimulator
from sending.models import Delivery
from sending.reconcile import reconcile
from sending.states import RunState
from tests.campaigns.figures_everywhere import assert_figures_everywhere
from tests.campaigns.weekly import (
    CURVE,
    EXTRA,
    FOLLOW_UP,
    NEW,
    WEEKLY,
    at,
    done,
    driven_time,
    first_monday,
    holiday_file,
    is_held_back,
    make_accounts,
    newest,
    reply,
    sent_by,
    three_accounts,
    write,
)
from tests.commandline import manage
from tests.console.sample_data import make_operator
from tests.driven_time import DrivenTime
from tests.sending.working import LocalWorker, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.exhaustive, pytest.mark.timeout(900)]


@pytest.fixture
def gateway() -> Iterator[GatewaySimulator]:
    with three_accounts() as simulator:
        yield simulator


@pytest.fixture
def time(
    transactional_db: None,
    clean_redis: Any,
    gateway: GatewaySimulator,
    settings: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> DrivenTime:
    return driven_time(gateway, settings, monkeypatch)


def refused(code: str, *arguments: object) -> None:
    """Run a command that must be refused, with a sentence."""
    result = manage(*arguments, "--json")
    assert (result.status, result.json["error"]) == (1, code), (arguments, result)


def make_pools(folder: Path, accounts: Sequence[int], monday: datetime) -> None:
    """Make pools, the warm-up, a calendar and two operators."""
    done("pool", "create", "老号", "--account", *(uin for uin in accounts if uin != NEW))
    done("pool", "create", "新号", "--account", NEW)
    done("warm_up_curve", "create", "慢", "--days", ",".join(map(str, CURVE)))
    done("accounts", "warm-up", NEW, "--curve", "慢")
    done("holidays", "import", holiday_file(folder, monday), "--name", "假期")
    for name in ("author", "second"):
        user = User.objects.create_user(name)
        if name == "second":
            user.user_permissions.add(Permission.objects.get(codename="approve_campaign"))


def make_weekly() -> None:
    done(
        *("campaign", "create", WEEKLY, "--list", "会员", "--pool", "老号=3", "新号=1"),
        *("--variant", "A=1=您好 {{ name }}", "--variant", "B=1={{ name }}，早上好"),
        *("--holdout", "20", "--repeat", "weekly@mon 09:30", "--times", "3", "--late", "move"),
        *("--window", "mon-fri=09:00-11:30,14:00-18:00", "--holidays", "假期"),
        *("--deadline", "4h", "--cap", "2/7d", "--needs-approval"),
    )


def send(name: str = WEEKLY, *, new: int) -> CampaignRun:
    """Let the tick run and lanes send until the new account has sent so many, and others all."""
    with LocalWorker() as worker:
        advance_all_runs()
        run = newest(name)
        wait_until(lambda: is_held_back(run, new=new), what=f"the messages of {name}")
        why = " ".join(done("campaign", "status", name).json["why"])
        assert not new or (f"{NEW}" in why and f"{new}" in why), why
    assert worker.deaths == []
    run.refresh_from_db()
    return run


def end_at_deadline(run: CampaignRun) -> None:
    """Let the reconciler run after the deadline."""
    reconcile()
    reconcile()
    run.refresh_from_db()
    assert run.state == RunState.FINISHED
    figures = done("campaign", "status", run.campaign.name, "--run", run.number).json
    assert figures["pending"] == figures["sending"] == 0
    assert figures["cancelled"] == figures["reasons"]["cancelled"]["deadline"] > 0


def reasons(run: CampaignRun) -> dict[str, Any]:
    status = done("campaign", "status", run.campaign.name, "--run", run.number)
    return dict(status.json["reasons"].get("skipped", {}))


def test_the_whole_way_by_the_command_line(
    time: DrivenTime, gateway: GatewaySimulator, tmp_path: Path, client: Client
) -> None:
    client.force_login(make_operator())
    monday = first_monday()
    time.move_to(at(monday, hour=8))
    make_pools(tmp_path, make_accounts(gateway, tmp_path), monday)
    make_weekly()

    # Checked: the dates, the preflight with the warm-up and the deadline.
    dates = done("campaign", "occurrences", WEEKLY).json["items"]
    assert [datetime.fromisoformat(one) for one in dates] == [
        at(monday, day=day, hour=9, minute=30) for day in (0, 7, 14)
    ]
    found = done("campaign", "preflight", WEEKLY).json
    people = found["targeted"]
    assert found["sendable"] + found["skipped"]["holdout"] == people == 80
    assert set(found["variants"]) == {"A", "B"}
    assert sum(found["variants"].values()) == found["sendable"]
    assert sum(one["messages"] for one in found["per_account"]) == found["sendable"]
    of_new = next(one["messages"] for one in found["per_account"] if one["uin"] == NEW)
    assert found["past_deadline"] == of_new - CURVE[0] > 0
    assert found["rehearsal"]["rendered"] == found["sendable"]

    # Approved by a second person; until then no date starts a run.
    assert done("campaign", "start", WEEKLY, "--by", "author").json["state"] == "awaiting_approval"
    refused("no_right", "campaign", "approve", WEEKLY, "--by", "author")
    assert done("approval", "show").json["items"][0]["campaign"] == WEEKLY
    done("campaign", "approve", WEEKLY, "--by", "second", "--comment", "好")

    # The first Monday.
    time.move_to(at(monday, hour=9, minute=29))
    advance_all_runs()
    assert not CampaignRun.objects.exists()
    time.move_to(at(monday, hour=9, minute=30))
    first = send(new=CURVE[0])
    assert (len(sent_by(first, NEW)), first.approval is not None) == (CURVE[0], True)
    assert set(reasons(first)) == {"holdout"}
    time.move_to(at(monday, hour=13, minute=31))
    end_at_deadline(first)
    assert_figures_everywhere(first, client, tmp_path)

    # One person replies, one opts out.
    replied, gone = sent_by(first, NEW)[0], sent_by(first)[0]
    time.move_to(at(monday, hour=15))
    reply(gateway, first, replied)
    done("suppressions", "add", gone, "--reason", "不要再发")
    items = done("campaign", "figures", WEEKLY, "--run", 1, "--by", "variant").json["items"]
    assert sum(item["replied"] for item in items) == 1
    assert sum(item["opted_out"] for item in items if not item["is_holdout"]) == 1
    assert_figures_everywhere(first, client, tmp_path)

    # The second Monday is a holiday: the date moves to the next window.
    time.move_to(at(monday, day=7, hour=9, minute=30))
    advance_all_runs()
    assert newest().number == 1
    time.move_to(at(monday, day=8, hour=9))
    second = send(new=CURVE[1])
    assert (second.number, len(sent_by(second, NEW))) == (2, CURVE[1])
    assert gone not in sent_by(second)
    assert reasons(second)["suppressed"] == 1
    assert second.deadline_at == at(monday, day=8, hour=13)
    time.move_to(at(monday, day=8, hour=13, minute=1))
    end_at_deadline(second)
    assert_figures_everywhere(second, client, tmp_path)
    again = {row.uin: row.account_id for row in Delivery.objects.filter(run=second, state="sent")}
    for row in Delivery.objects.filter(run=first, state="sent", uin__in=list(again)):
        assert again[row.uin] == row.account_id, row.uin

    # A second message of the week to some: the cap holds for them on the third Monday.
    time.move_to(at(monday, day=9, hour=10))
    busy = sent_by(second, 1_000_001)[:3]
    write(tmp_path / "vip.csv", ("uin",), [(uin,) for uin in busy])
    done("import_contacts", tmp_path / "vip.csv", "--list", "VIP")
    done("campaign", "create", EXTRA, "--list", "VIP", "--text", "加急")
    done("campaign", "start", EXTRA)
    send(EXTRA, new=0)
    time.move_to(at(monday, day=14, hour=9, minute=30))
    third = send(new=CURVE[2])
    assert (third.number, len(sent_by(third, NEW))) == (3, CURVE[2])
    assert reasons(third)["frequency_cap"] == 3
    assert not set(busy) & set(sent_by(third))
    time.move_to(at(monday, day=14, hour=13, minute=31))
    end_at_deadline(third)
    assert_figures_everywhere(third, client, tmp_path)
    assert done("campaign", "occurrences", WEEKLY).json["items"] == []

    # The follow-up: to those who did not answer, by the same accounts, until its deadline.
    answered = sent_by(third)[0]
    reply(gateway, third, answered)
    done(
        *("campaign", "create", FOLLOW_UP, "--audience-of", f"{WEEKLY}=not-replied"),
        *("--text", "{{ name }}，还有问题吗？", "--deadline", "2h", "--needs-approval"),
    )
    time.move_to(at(monday, day=14, hour=14, minute=30))
    assert done("campaign", "start", FOLLOW_UP, "--by", "author").json["state"] == (
        "awaiting_approval"
    )
    done("campaign", "approve", FOLLOW_UP, "--by", "second")
    follow_up = send(FOLLOW_UP, new=0)
    owed = dict(Delivery.objects.filter(run=follow_up).values_list("uin", "account_id"))
    assert set(owed) == set(sent_by(third)) - {answered}
    before = Delivery.objects.filter(run=third, uin__in=list(owed))
    assert owed == dict(before.values_list("uin", "account_id"))
    time.move_to(at(monday, day=14, hour=16, minute=31))
    end_at_deadline(follow_up)
    assert_figures_everywhere(follow_up, client, tmp_path)

    # What arrived at the gateway is what the reports say.
    sent = Delivery.objects.filter(state="sent").values_list("uin", "account__uin")
    arrived = Counter((message.un, message.uin) for message in gateway.control.messages())
    assert arrived == Counter(sent)
    assert gateway.control.figures().repeats_of_other == 0
    assert Account.objects.filter(state="quarantined").count() == 0
