"""Opt-outs during a run, lists that change during a run, and a run that cannot be planned."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime, timedelta

from tests.black_box.behaviour import Fault
from tests.black_box.history import Outcome, Rules
from tests.black_box.population import Population, import_people
from tests.torture.harness import TEXT, Harness
from tests.torture.scenarios.scenario import Scenario

POPULATION = Population(3, 60)
GAP = 0.3
#: Longer than any pause between two repeats.
QUIET = 45.0
#: Time to create three campaigns and to break one before they are due, also on a busy machine;
#: seconds.
SCHEDULED_AHEAD = 60
#: A request that is in flight when a person opts out may still arrive, seconds.
IN_FLIGHT_SECONDS = 0.5


def _never_through(harness: Harness, *, is_cancelled: bool) -> None:
    """Requests are reset before the gateway reads them; then their recipients opt out."""
    harness.start(POPULATION, min_interval=GAP)
    harness.gateway.behaviour.choose_fault = lambda request: (
        Fault.RESET_BEFORE if request.command == "cltmsg" else None
    )
    harness.campaign("one")
    harness.wait_until(
        lambda: {one.account for one in harness.history} == set(POPULATION.uins),
        seconds=30,
        what="a request of every account",
    )
    people = {one.to for one in harness.history}
    if is_cancelled:
        harness.operator.ok("campaign", "cancel", "one")
    harness.operator.ok("suppressions", "add", *people)
    time.sleep(IN_FLIGHT_SECONDS)
    since = time.monotonic()
    harness.gateway.behaviour.choose_fault = None
    if not is_cancelled:
        harness.wait_for_finish(seconds=90)
    time.sleep(max(0.0, since + QUIET - time.monotonic()))
    _check(harness, people, since=since, is_rest_sent=not is_cancelled)


def _start_with_pending_people(harness: Harness) -> set[int]:
    """Start a run; return people whose messages are still pending."""
    harness.start(POPULATION, min_interval=GAP)
    import_people(harness.operator, "other", POPULATION.people[:3])
    harness.campaign("one")
    harness.wait_for_messages(15)
    return {uin for friends in POPULATION.friends_of.values() for uin in friends[-20:]}


def _list_edited(harness: Harness) -> None:
    people = _start_with_pending_people(harness)
    harness.django.call("set_lists", name="one", lists=["other"])
    harness.operator.ok("suppressions", "add", *people, "--list", "all")
    since = time.monotonic() + IN_FLIGHT_SECONDS
    harness.wait_for_finish(seconds=60)
    _check(harness, people, since=since)


def _list_deleted(harness: Harness) -> None:
    people = _start_with_pending_people(harness)
    harness.operator.ok("suppressions", "add", *people, "--list", "all")
    since = time.monotonic() + IN_FLIGHT_SECONDS
    if result := harness.django.call("delete_list", name="all"):
        harness.notes.append(f"not deleted: {result[:60]}")
    harness.wait_for_finish(seconds=60)
    _check(harness, people, since=since)


def _check(
    harness: Harness, people: Collection[int], *, since: float, is_rest_sent: bool = True
) -> None:
    """Check that these people got no message since, and the others got theirs."""
    late = {
        one.to
        for one in harness.history
        if one.to in people and one.outcome == Outcome.DELIVERED and one.at > since
    }
    harness.expect(not late, f"{len(late)} of {len(people)} who opted out got a message")
    found = harness.check("one", rules=Rules(), are_all_sent=False, may_be_unknown=True)
    if is_rest_sent:
        got = {one.to for one in harness.history if one.outcome == Outcome.DELIVERED}
        missing = set(POPULATION.people) - set(people) - got
        harness.expect(not missing, f"{len(missing)} others got nothing")
    harness.notes.append(f"{len(found.unknown)} unknown")


def _unplannable(harness: Harness) -> None:
    """Three campaigns are due in the same second; one has lost its only list."""
    harness.start(POPULATION, min_interval=GAP)
    import_people(harness.operator, "gone", POPULATION.people[:9])
    import_people(harness.operator, "good", POPULATION.people[10:19])
    now = datetime.fromisoformat(harness.django.call("database_time"))
    at = (now + timedelta(seconds=SCHEDULED_AHEAD)).isoformat()
    for name, people in (("before", "good"), ("bad", "gone"), ("after", "good")):
        harness.campaign(name, "--list", people, "--at", at)
    harness.django.call("empty_audience", name="bad")
    texts = {f"{TEXT} {name}".encode() for name in ("before", "after")}
    deadline = time.monotonic() + SCHEDULED_AHEAD + 30
    while sum(one.text in texts for one in harness.history) < 18 and time.monotonic() < deadline:
        time.sleep(0.2)
    harness.wait_for_finish(seconds=10)
    state = harness.operator.status("bad")
    harness.expect(state["state"] not in ("scheduled", "preparing"), f"bad is {state['state']}")
    harness.expect(
        state["why"] or state["state"] == "finished",
        f"the status gives no reason why bad does not run: {state}",
    )
    harness.check("before", "after")
    result = harness.operator.manage("campaign", "preflight", "bad")
    harness.expect("Traceback" not in result.err, "campaign preflight printed a traceback")


SCENARIOS = (
    Scenario(
        "optout_cancelled",
        "a request never got through, its run is cancelled, its person opts out: not delivered",
        lambda harness: _never_through(harness, is_cancelled=True),
    ),
    Scenario(
        "optout_running",
        "a request never got through, its person opts out while the run goes on: not delivered",
        lambda harness: _never_through(harness, is_cancelled=False),
    ),
    Scenario(
        "optout_list_edited",
        "a running campaign's lists are edited: opt-outs from the list it was planned from hold",
        _list_edited,
    ),
    Scenario(
        "optout_list_deleted", "a list is deleted under a run: its opt-outs hold", _list_deleted
    ),
    Scenario(
        "unplannable",
        "a run that cannot be planned stops with a sentence; one due the same second is sent",
        _unplannable,
    ),
)
