"""Old data goes in small steps; the figures stay, and every page says what is missing."""

from __future__ import annotations

import itertools
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import connection, models
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts.models import InboundMessage
from campaigns.models import CampaignRun
from campaigns.reports.check_sums import check_sums
from campaigns.reports.removed import removed_sentences
from clocks import shared
from contacts.models import Contact
from conversations.models import Conversation
from operations.pruning import removal_sql, runs
from operations.pruning.prune import prune_at_night
from retention.models import Removal, Removed, is_removed
from sending.models import Attempt, Delivery, OptOut, Reply
from sending.querysets.tally import add_tallies
from sending.runs.figures import check_figures, figures_of
from sending.states import RunState
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_inbound,
    make_list,
    make_run,
)
from tests.commandline import manage

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
FIRST = 100_000


def an_ended_run(name: str = "spring", *, days: float = 400, people: int = 4) -> CampaignRun:
    """Make a run that ended so many days ago: all but the last person got their own text."""
    at = timezone.now() - timedelta(days=days)
    uins = range(FIRST, FIRST + people)
    run = make_run(make_campaign(name, lists=[make_list(name, uins)]), state=RunState.FINISHED)
    CampaignRun.objects.filter(pk=run.pk).update(ended_at=at, planned_at=at)
    account = make_account(20_001 + run.pk)
    for seq, contact in enumerate(Contact.objects.order_by("uin")[:people], start=1):
        state = "sent" if seq < people else "failed"
        code = "0" if state == "sent" else "5"
        delivery = make_delivery(
            run, contact, state=state, account=account, seq=seq, text=f"hi {contact.uin}",
            sent_at=at if state == "sent" else None, last_res=code,
        )  # fmt: skip
        Attempt.objects.create(
            delivery=delivery, account=account, seq=seq, marked_at=at, finished_at=at, res=code
        )
        add_tallies(shard=0, changes={(run.pk, "res", code): 1})  # type: ignore[arg-type]
    assert check_figures(run=run) == []
    run.refresh_from_db()
    return run


def removed(*arguments: object) -> Any:
    return manage("prune", *arguments, "--json").json["removed"]


def test_nothing_but_notifications_and_requests_is_removed_without_a_setting() -> None:
    run = an_ended_run()
    assert removed() == {"notifications": 0, "requests": 0}
    assert Delivery.objects.filter(run=run).count() == 4


def test_a_dry_run_counts_and_changes_nothing() -> None:
    run = an_ended_run()
    an_ended_run("summer", days=10)
    counted = removed("--older-than", "365d", "--dry-run")
    kinds = {"texts": 4, "attempts": 4, "inbound": 0, "runs": 4, "notifications": 0, "requests": 0}
    assert counted == kinds
    assert Attempt.objects.count() == 8
    assert Delivery.objects.filter(run=run, text__gt="").count() == 4


def test_the_figures_of_a_pruned_run_stay(
    monkeypatch: pytest.MonkeyPatch, admin_client: Client, tmp_path: Path
) -> None:
    run, young = an_ended_run(), an_ended_run("summer", days=10)
    inbound = make_inbound(make_account(30_000), FIRST)
    first = Delivery.objects.filter(run=run)[0]
    Reply.objects.create(message=inbound, delivery=first, run_id=run.pk, at=timezone.now())
    before = {
        by: manage("campaign", "figures", "spring", "--by", by, "--json").json
        for by in ("variant", "account", "hour", "run")
    }
    figures = figures_of(run=run)
    monkeypatch.setattr(runs, "STEP", 2)
    assert removed("--older-than", "365d", "--only", "texts", "attempts", "runs") == {
        "texts": 4, "attempts": 4, "runs": 4,
    }  # fmt: skip
    assert not Delivery.objects.filter(run=run).exists()
    assert Delivery.objects.filter(run=young, text__gt="").count() == 4
    assert figures_of(run=run) == figures
    assert {
        by: manage("campaign", "figures", "spring", "--by", by, "--json").json for by in before
    } == before
    assert before["run"]["items"][0]["replied"] == 1
    assert (check_figures(run=run), check_sums(run)) == ([], [])
    refused = manage("campaign", "report", "spring", "--out", tmp_path / "report", "--json")
    assert (refused.status, refused.json["error"]) == (1, "removed")
    status = manage("campaign", "status", "spring", "--json").json
    assert status["sent"] == 3
    assert any("because of their age" in why for why in status["why"])
    page = reverse("admin:campaigns_campaign_page", args=[run.campaign_id])
    assert "because of their age" in admin_client.get(page).content.decode()
    assert removed("--older-than", "365d", "--only", "runs") == {"runs": 0}


def test_texts_alone_go_and_a_retry_sends_nothing_empty() -> None:
    run = an_ended_run()
    assert removed("--older-than", "365d", "--only", "texts") == {"texts": 4}
    assert set(Delivery.objects.filter(run=run).values_list("text", flat=True)) == {""}
    assert check_figures(run=run) == []
    assert manage("campaign", "report", "spring", "--out", "-").status == 0


@pytest.mark.parametrize(
    ("kind", "least"), [("runs", "31 days"), ("attempts", "31 days"), ("inbound", "2 days")]
)
def test_what_caps_replies_and_limits_need_is_not_removed(kind: str, least: str) -> None:
    make_campaign("capped", cap_most=2, cap_days=30.0)
    refused = manage("prune", "--older-than", "1d", "--only", kind, "--json")
    assert (refused.status, refused.json["error"]) == (1, "too_young")
    assert least in refused.json["sentence"]


def test_a_setting_below_what_is_needed_is_raised(settings: Any) -> None:
    settings.RETENTION_RUNS_DAYS = 1.0
    make_campaign("capped", cap_most=2, cap_days=30.0)
    young, old = an_ended_run("young", days=20), an_ended_run("old", days=40)
    assert removed("--only", "runs") == {"runs": 4}
    assert Delivery.objects.filter(run=young).count() == 4
    assert not Delivery.objects.filter(run=old).exists()


def test_runs_whose_people_others_ask_for_stay() -> None:
    across, named, free = (an_ended_run(name) for name in ("across", "named", "free"))
    asking = make_campaign(
        "asking", earlier_people=[{"campaign": named.campaign_id, "number": 1, "group": "sent"}]
    )
    asking.once_across.add(across.campaign)
    assert removed("--older-than", "365d", "--only", "runs") == {"runs": 4}
    left = set(Delivery.objects.values_list("run_id", flat=True))
    assert left == {across.pk, named.pk}
    assert free.pk not in left


def test_a_run_with_an_unknown_delivery_stays() -> None:
    run = an_ended_run()
    make_list("one more", [FIRST + 9])
    make_delivery(run, Contact.objects.get(uin=FIRST + 9), state="unknown")
    assert removed("--older-than", "365d", "--only", "runs") == {"runs": 0}


def test_old_messages_go_and_what_proves_an_opt_out_stays_without_its_text() -> None:
    account, long_ago = make_account(), timezone.now() - timedelta(days=400)
    make_list("all", [FIRST, FIRST + 1])
    make_inbound(account, FIRST, text="td", at=long_ago)
    make_inbound(account, FIRST + 1, text="好的", at=long_ago)
    make_inbound(account, FIRST + 1, text="new")
    assert OptOut.objects.count() == 1
    counted = removed("--older-than", "365d", "--only", "inbound")
    assert counted == {"inbound": 2}
    assert sorted(InboundMessage.objects.values_list("text", flat=True)) == ["", "new"]
    assert OptOut.objects.count() == 1
    previews = dict(Conversation.objects.values_list("uin", "preview"))
    assert previews == {FIRST: "", FIRST + 1: "new"}
    assert removed("--older-than", "365d", "--only", "inbound") == {"inbound": 0}


@pytest.mark.parametrize(("hour", "left"), [(3, 0), (12, 4)])
def test_the_tick_works_at_night_only(
    settings: Any, monkeypatch: pytest.MonkeyPatch, hour: int, left: int
) -> None:
    settings.RETENTION_RUNS_DAYS, settings.TIME_ZONE = 365.0, "UTC"
    run = an_ended_run()
    at = timezone.now().replace(hour=hour)
    monkeypatch.setattr(shared, "wall", lambda: at)
    prune_at_night()
    assert Delivery.objects.filter(run=run).count() == left


class Killed(BaseException):
    """Stands for a SIGKILL: no code catches it."""


@pytest.mark.parametrize(("where", "left_by_then"), [("in_removal", 9), ("after_removal", 6)])
@pytest.mark.parametrize("kind", ["texts", "attempts", "runs"])
def test_a_removal_that_was_killed_goes_on_where_it_was(
    monkeypatch: pytest.MonkeyPatch, where: str, left_by_then: int, kind: str
) -> None:
    run = an_ended_run(people=9)
    figures = figures_of(run=run)
    in_small_steps(monkeypatch)

    def failpoint(name: str) -> None:
        if name == where:
            raise Killed

    monkeypatch.setattr(runs, "failpoint", failpoint)
    with pytest.raises(Killed):
        manage("prune", "--older-than", "365d", "--only", kind)
    left = {
        "texts": Delivery.objects.filter(run=run, text__gt="").count(),
        "attempts": Attempt.objects.count(),
        "runs": Delivery.objects.filter(run=run).count(),
    }
    assert left[kind] == left_by_then
    assert (check_figures(run=run), check_sums(run)) == ([], [])
    assert is_removed(run.pk, Removed(REMOVED[kind])) == (where == "after_removal")
    monkeypatch.setattr(runs, "failpoint", lambda name: None)
    assert removed("--older-than", "365d", "--only", kind) == {kind: left_by_then}
    assert (figures_of(run=run), check_figures(run=run)) == (figures, [])
    assert not Attempt.objects.exists() or kind == "texts"


REMOVED = {"texts": "texts", "attempts": "attempts", "runs": "deliveries"}


def in_small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let each step remove the rows of three deliveries."""
    monkeypatch.setattr(runs, "STEP", 3)
    moments = itertools.count()
    clock = SimpleNamespace(elapsed=lambda: next(moments) * runs.STEP_SECONDS["postgresql"] * 0.9)
    monkeypatch.setattr(runs, "local", clock)
    monkeypatch.setattr(runs, "STEP_SECONDS", {"postgresql": 0.5, "sqlite": 0.5})


def test_a_run_without_rows_is_looked_at_once() -> None:
    run = an_ended_run()
    Attempt.objects.all().delete()
    for _time in range(2):
        assert removed("--older-than", "365d", "--only", "attempts") == {"attempts": 0}
    assert Removal.objects.get().found_none
    assert not is_removed(run.pk, Removed.ATTEMPTS)
    assert removed_sentences(run) == []


def test_a_run_that_was_reopened_is_removed_from_its_beginning() -> None:
    run = an_ended_run()
    assert removed("--older-than", "365d", "--only", "attempts") == {"attempts": 4}
    first = Delivery.objects.filter(run=run).order_by("pk")[0]
    at = timezone.now() - timedelta(days=390)
    assert first.account is not None
    Attempt.objects.create(
        delivery=first, account=first.account, seq=90, marked_at=at, finished_at=at, res="0"
    )
    assert removed("--older-than", "365d", "--only", "attempts") == {"attempts": 0}
    CampaignRun.objects.filter(pk=run.pk).update(ended_at=at)
    Removal.objects.update(done_at=at - timedelta(days=1))
    assert removed("--older-than", "365d", "--only", "attempts") == {"attempts": 1}


def test_a_delivery_that_a_retry_reopened_meanwhile_stays() -> None:
    run = an_ended_run()
    one = Delivery.objects.filter(run=run, state="failed").get()
    # The figures say that nothing is open; the row decides.
    Delivery.objects.filter(pk=one.pk).update(state="pending")
    assert removed("--older-than", "365d", "--only", "runs") == {"runs": 0}
    assert Delivery.objects.filter(run=run).count() == 4
    first, last = Delivery.objects.order_by("pk")[0], Delivery.objects.order_by("-pk")[0]
    gone = removal_sql.delete_deliveries(run_id=run.pk, behind=first.pk - 1, through=last.pk)
    assert gone == 3
    assert Delivery.objects.get().pk == one.pk
    assert Attempt.objects.get().delivery_id == one.pk


def test_everything_that_belongs_to_a_delivery_goes_with_it() -> None:
    for one in Delivery._meta.related_objects:
        assert one.on_delete is models.CASCADE
        assert not one.related_model._meta.related_objects


def test_a_run_that_is_being_removed_is_gone_to_the_operator(
    monkeypatch: pytest.MonkeyPatch, admin_client: Client
) -> None:
    run = an_ended_run(people=9)
    in_small_steps(monkeypatch)
    assert runs.remove_deliveries(timezone.now()) == 3
    assert Delivery.objects.filter(run=run).count() == 6
    page = admin_client.get(
        reverse("admin:sending_delivery_changelist"), {"run__id__exact": run.pk}
    ).content.decode()
    assert "because of their age" in page
    assert f"hi {FIRST + 5}" not in page
    assert str(FIRST + 5) not in page
    refused = manage("campaign", "retry", "spring", "--json")
    assert (refused.status, refused.json["error"]) == (1, "removed")
    assert Delivery.objects.filter(run=run, state="failed").count() == 1


@pytest.mark.slow
def test_a_step_looks_up_its_rows() -> None:
    if connection.vendor != "postgresql":
        return
    run = an_ended_run(people=40)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sending_delivery, sending_attempt")
        for statement in (removal_sql._DELIVERIES, removal_sql._attempts(), removal_sql._TEXTS):
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"EXPLAIN {statement}", [run.pk, 0, 2**62])
            plan = "\n".join(line for (line,) in cursor.fetchall())
            assert "Seq Scan" not in plan, plan
            assert "delivery_of_run" in plan, plan
