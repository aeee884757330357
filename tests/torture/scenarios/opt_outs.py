"""People who opted out, lists that change under a run, and a run that cannot be planned."""

from __future__ import annotations

import time
from collections.abc import Collection
from datetime import datetime, timedelta

from tests.black_box.behaviour import Mishap
from tests.black_box.history import Fate, Rules
from tests.black_box.population import World, import_people
from tests.torture.harness import TEXT, Stage
from tests.torture.scenarios.scenario import Scenario

WORLD = World(3, 60)
GAP = 0.3
#: Longer than any pause between two repeats.
QUIET = 45.0
#: A request that is under way when an opt-out is made may still arrive.
UNDER_WAY = 0.5


def _never_through(stage: Stage, *, is_cancelled: bool) -> None:
    """Requests are reset before the gateway has looked at them; then their people opt out."""
    stage.open(WORLD, min_interval=GAP)
    stage.gateway.manners.trouble = lambda request: (
        Mishap.RESET_BEFORE if request.command == "cltmsg" else None
    )
    stage.campaign("one")
    stage.until(
        lambda: {one.account for one in stage.history} == set(WORLD.uins),
        seconds=30,
        what="a request of every account",
    )
    people = {one.to for one in stage.history}
    if is_cancelled:
        stage.stranger.ok("campaign", "cancel", "one")
    stage.stranger.ok("suppressions", "add", *people)
    time.sleep(UNDER_WAY)
    since = time.monotonic()
    stage.gateway.manners.trouble = None
    if not is_cancelled:
        stage.finish(seconds=90)
    time.sleep(max(0.0, since + QUIET - time.monotonic()))
    _judge(stage, people, since=since, is_rest_sent=not is_cancelled)


def _opt_out_of_list(stage: Stage) -> set[int]:
    """Let people who are still to be written to opt out of the list; return them."""
    stage.open(WORLD, min_interval=GAP)
    import_people(stage.stranger, "other", WORLD.people[:3])
    stage.campaign("one")
    stage.under_way(15)
    return {uin for friends in WORLD.friends_of.values() for uin in friends[-20:]}


def _list_edited(stage: Stage) -> None:
    people = _opt_out_of_list(stage)
    stage.clerk.order("set_lists", name="one", lists=["other"])
    stage.stranger.ok("suppressions", "add", *people, "--list", "all")
    since = time.monotonic() + UNDER_WAY
    stage.finish(seconds=60)
    _judge(stage, people, since=since)


def _list_deleted(stage: Stage) -> None:
    people = _opt_out_of_list(stage)
    stage.stranger.ok("suppressions", "add", *people, "--list", "all")
    since = time.monotonic() + UNDER_WAY
    if said := stage.clerk.order("delete_list", name="all"):
        stage.notes.append(f"not deleted: {said[:60]}")
    stage.finish(seconds=60)
    _judge(stage, people, since=since)


def _judge(
    stage: Stage, people: Collection[int], *, since: float, is_rest_sent: bool = True
) -> None:
    """None of these people got anything since, whatever they are called; the rest is in order."""
    late = {
        one.to
        for one in stage.history
        if one.to in people and one.fate == Fate.DELIVERED and one.at > since
    }
    stage.expect(not late, f"{len(late)} of {len(people)} who opted out were written to")
    found = stage.judge("one", rules=Rules(), are_all_sent=False, are_unknown_faults=False)
    if is_rest_sent:
        got = {one.to for one in stage.history if one.fate == Fate.DELIVERED}
        missing = set(WORLD.people) - set(people) - got
        stage.expect(not missing, f"{len(missing)} others got nothing")
    stage.notes.append(f"{len(found.unknown)} unknown")


def _unplannable(stage: Stage) -> None:
    """Three campaigns are due at the same second; the only list of the middle one is gone."""
    stage.open(WORLD, min_interval=GAP)
    import_people(stage.stranger, "gone", WORLD.people[:9])
    import_people(stage.stranger, "good", WORLD.people[10:19])
    now = datetime.fromisoformat(stage.clerk.order("database_time"))
    at = (now + timedelta(seconds=20)).isoformat()
    for name, people in (("before", "good"), ("bad", "gone"), ("after", "good")):
        stage.campaign(name, "--list", people, "--at", at)
    stage.clerk.order("delete_list", name="gone")
    texts = {f"{TEXT} {name}".encode() for name in ("before", "after")}
    deadline = time.monotonic() + 45
    while sum(one.text in texts for one in stage.history) < 18 and time.monotonic() < deadline:
        time.sleep(0.2)
    stage.finish(seconds=10)
    state = stage.stranger.status("bad")
    stage.expect(state["state"] not in ("scheduled", "preparing"), f"bad is {state['state']}")
    stage.expect(state["why"] or state["state"] == "finished", "nothing says why bad does not run")
    stage.judge("before", "after")
    said = stage.stranger.manage("campaign", "preflight", "bad")
    stage.expect("Traceback" not in said.err, "campaign preflight printed a traceback")


SCENARIOS = (
    Scenario(
        "optout_cancelled",
        "a request never got through, its run is cancelled, its person opts out: not delivered",
        lambda stage: _never_through(stage, is_cancelled=True),
    ),
    Scenario(
        "optout_running",
        "a request never got through, its person opts out while the run goes on: not delivered",
        lambda stage: _never_through(stage, is_cancelled=False),
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
