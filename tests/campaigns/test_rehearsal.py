"""A rehearsal renders every text, is kept, survives a stop, and can be cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import Friend
from campaigns.approvals.definition import fingerprint_of
from campaigns.models import Campaign, Rehearsal
from campaigns.rehearsals import chunk, lifecycle, watch
from campaigns.rehearsals import run as running
from campaigns.rehearsals.lifecycle import (
    cancel_rehearsal,
    newest_rehearsal,
    start_rehearsal,
)
from campaigns.rehearsals.result import preflight_of, rehearsal_data, text_sentences
from campaigns.tasks import maintain_rehearsals, run_rehearsal
from contacts.models import Contact
from contacts.suppressions import suppress
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.text_context import sendable_text
from tests.campaigns.factories import make_account, make_campaign, make_list

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PEOPLE = range(100_000, 100_020)
TEXT = "{{ nickname }} {{ name }}, {{ city }} {% if name == 'long' %}{{ letter }}{% endif %}"


@pytest.fixture
def campaign(settings: Any) -> Campaign:
    settings.LONGEST_TEXT = 100
    make_account(20_001, friends=PEOPLE[:18])
    campaign = make_campaign("spring", lists=[make_list("all", PEOPLE, city="昆明", letter="")])
    Campaign.objects.update(text=TEXT)
    Contact.objects.filter(uin__in=PEOPLE[:5]).update(attributes={"city": ""})
    for contact, name in zip(Contact.objects.order_by("uin"), ("long", "short"), strict=False):
        contact.name, contact.attributes = name, {"city": "", "letter": "x" * 120}
        contact.save()
    Friend.objects.filter(uin__gte=PEOPLE[9]).update(nickname="")
    return Campaign.objects.get(pk=campaign.pk)


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk, "CHUNK", 3)


@pytest.fixture
def is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "AT_ONCE", 10)


def test_every_text_is_rendered(campaign: Campaign, small_chunks: None) -> None:
    suppress(uins=[PEOPLE[17]], reason="asked")
    rehearsal = start_rehearsal(campaign=campaign)
    data: Any = rehearsal_data(rehearsal)
    assert (data["state"], data["people"], data["people_done"]) == ("done", 20, 20)
    assert (data["rendered"], data["too_long"], data["empty"]) == (17, 1, 0)
    assert data["unsendable"] == {"too_long": 1}
    assert data["empty_variables"]["city"] == {"people": 5, "share": round(5 / 17, 6)}
    assert data["empty_variables"]["nickname"]["people"] == 8
    assert data["hash"] == fingerprint_of(campaign).hash
    longest = max((f"friend {uin} 人{uin}, " for uin in PEOPLE[2:9]), key=len)
    assert data["longest"]["characters"] >= len(longest)
    assert data["longest"]["bytes"] > data["longest"]["characters"]
    found = preflight_of(rehearsal)
    assert (found.targeted, found.sendable) == (20, 17)
    assert found.skipped == {"suppressed": 1, "not_a_friend": 2}
    assert len(found.samples) == 3
    told = " ".join(text_sentences(rehearsal))
    assert "{{ city }} is empty for 5 people (29.4 %)" in told
    assert "1 text cannot be sent" in told
    assert Delivery.objects.count() == 0


def test_a_text_that_does_not_compile_is_a_problem_of_the_preflight(campaign: Campaign) -> None:
    Campaign.objects.update(text="{{ name")
    campaign.refresh_from_db()
    rehearsal = start_rehearsal(campaign=campaign)
    assert (rehearsal.state, rehearsal.result["rendered"]) == ("done", 0)
    assert preflight_of(rehearsal).problems


def test_a_constant_text_is_counted_too(campaign: Campaign) -> None:
    Campaign.objects.update(text="您好")
    campaign.refresh_from_db()
    result = start_rehearsal(campaign=campaign).result
    assert (result["rendered"], result["longest"]["characters"]) == (18, 2)
    assert result["longest"]["bytes"] == 6


def test_a_large_audience_waits_for_the_jobs_worker(campaign: Campaign, is_large: None) -> None:
    rehearsal = start_rehearsal(campaign=campaign)
    assert (rehearsal.state, rehearsal.people) == ("queued", 20)
    assert start_rehearsal(campaign=campaign) == rehearsal
    run_rehearsal(rehearsal.pk)
    run_rehearsal(rehearsal.pk)
    rehearsal.refresh_from_db()
    assert (rehearsal.state, rehearsal.token) == ("done", 1)


def test_another_worker_goes_on_where_one_was_killed(
    campaign: Campaign, is_large: None, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    def killed(_name: str) -> None:
        if newest_rehearsal(campaign).seen >= 9:  # type: ignore[union-attr]
            raise Killed

    rehearsal = start_rehearsal(campaign=campaign)
    monkeypatch.setattr(running, "failpoint", killed)
    with pytest.raises(Killed):
        run_rehearsal(rehearsal.pk)
    monkeypatch.undo()
    rehearsal.refresh_from_db()
    assert (rehearsal.state, rehearsal.seen) == ("running", 9)
    run_rehearsal(rehearsal.pk)  # it may still be alive
    rehearsal.refresh_from_db()
    assert rehearsal.state == "running"
    Rehearsal.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    maintain_rehearsals()
    run_rehearsal(rehearsal.pk)
    rehearsal.refresh_from_db()
    assert (rehearsal.state, rehearsal.token, rehearsal.seen) == ("done", 2, 20)
    assert rehearsal.hash == fingerprint_of(campaign).hash
    whole = start_rehearsal(campaign=campaign, is_awaited=True)
    assert whole.result == rehearsal.result


@pytest.mark.parametrize("becomes_of_it", ["another worker asks", "cancelled"])
def test_costly_texts_are_no_dead_worker(
    campaign: Campaign, is_large: None, monkeypatch: pytest.MonkeyPatch, becomes_of_it: str
) -> None:
    """All people are one chunk, whose texts take longer than a worker may be silent."""
    rehearsal = start_rehearsal(campaign=campaign)
    rendered = []

    def costly(*given: Any, **more: Any) -> str:
        rendered.append(given)
        silent = timezone.now() - timedelta(minutes=2)
        Rehearsal.objects.filter(heartbeat_at__isnull=False).update(heartbeat_at=silent)
        if len(rendered) == 2 and becomes_of_it == "cancelled":
            cancel_rehearsal(rehearsal=Rehearsal.objects.get())
        return sendable_text(*given, **more)

    def asked(_context: Any, _path: Any) -> bool:
        maintain_rehearsals()
        assert not Rehearsal.objects.abandoned().exists()
        return False

    monkeypatch.setattr(watch, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(chunk, "sendable_text", costly)
    monkeypatch.setattr(chunk, "_is_empty", asked)
    run_rehearsal(rehearsal.pk)
    found = Rehearsal.objects.get()
    if becomes_of_it == "cancelled":
        assert (found.state, len(rendered)) == ("cancelled", 2)
    else:
        assert (found.state, found.token, len(rendered)) == ("done", 1, 18)


def test_a_rehearsal_that_takes_long_here_goes_on_in_the_jobs_worker(
    campaign: Campaign, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "AT_ONCE_SECONDS", -1.0)
    rehearsal = start_rehearsal(campaign=campaign)
    assert (rehearsal.state, rehearsal.seen) == ("running", 0)
    run_rehearsal(rehearsal.pk)
    rehearsal.refresh_from_db()
    assert (rehearsal.state, rehearsal.token) == ("done", 2)
    monkeypatch.undo()
    assert start_rehearsal(campaign=campaign).result == rehearsal.result
    monkeypatch.setattr(lifecycle, "AT_ONCE_SECONDS", -1.0)
    assert start_rehearsal(campaign=campaign, is_awaited=True).state == "done"


def test_a_cancelled_rehearsal_stops_after_a_chunk(
    campaign: Campaign, is_large: None, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    rehearsal = start_rehearsal(campaign=campaign)

    def cancelled(_name: str) -> None:
        if Rehearsal.objects.get().state == "running":
            cancel_rehearsal(rehearsal=Rehearsal.objects.get())

    monkeypatch.setattr(running, "failpoint", cancelled)
    run_rehearsal(rehearsal.pk)
    found = Rehearsal.objects.get()
    assert (found.state, found.seen, found.hash) == ("cancelled", 3, "")
    with pytest.raises(Refusal):
        cancel_rehearsal(rehearsal=found)


def test_a_change_meanwhile_fails_it(
    campaign: Campaign, small_chunks: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "failpoint", lambda _name: Campaign.objects.update(text="new"))
    rehearsal = start_rehearsal(campaign=campaign)
    assert rehearsal.state == "failed"
    assert "changed" in rehearsal.problem


def test_texts_that_all_cost_too_much_end_it(campaign: Campaign) -> None:
    campaign.lists.set([make_list("more", range(200_000, 200_040))])
    make_account(20_002, friends=range(200_000, 200_040))
    loop = "{% for i in (1..900) %}{% for j in (1..900) %}{{ name }}{% endfor %}{% endfor %}"
    Campaign.objects.update(text=loop)
    campaign.refresh_from_db()
    rehearsal = start_rehearsal(campaign=campaign)
    assert rehearsal.state in ("failed", "done")
    assert rehearsal.result.get("rendered", 0) < 40


def test_old_rehearsals_are_removed(campaign: Campaign, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lifecycle, "MOST_KEPT", 2)
    for _time in range(4):
        start_rehearsal(campaign=campaign)
    assert Rehearsal.objects.count() == 2
