"""An empty audience gives a sentence and no error: at a start, in a preflight, in planning."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from campaigns.models import Campaign, CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.planning.preflight import preflight
from campaigns.planning.preflight_people import audience_of, first_routes
from campaigns.planning.preflight_sql import PreflightGroup, count_picks
from campaigns.run_control.lifecycle import start_campaign
from campaigns.tasks import advance_all_runs
from contacts.lists.combine import combine_lists
from contacts.models import Contact, ContactList, Membership, Segment
from foundation.refusals import Refusal
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run
from tests.commandline import manage
from tests.console.sample_data import make_operator
from tests.examples import examples

PEOPLE = range(100_000, 100_004)
EMPTY: dict[str, Any] = {}
NONSENSE = {"kind": "attribute", "name": "city", "is": "like", "value": "B%"}


def a_campaign(audience: str) -> Campaign:
    """Make a campaign whose audience is empty for the given reason."""
    make_account(friends=PEOPLE)
    members = make_list("members", PEOPLE)
    campaign = make_campaign("spring", lists=[members])
    if audience == "without a list":
        Membership.objects.all().delete()
        members.delete()
    elif audience == "an empty list":
        Membership.objects.all().delete()
    elif audience == "all excluded":
        campaign.excluded_lists.set([members])
    elif audience == "an empty segment":
        campaign.lists.clear()
        campaign.segments.add(Segment.objects.create(name="s", conditions=EMPTY))
    elif audience == "a segment of nobody":
        campaign.lists.clear()
        condition: dict[str, Any] = {"kind": "list", "lists": []}
        campaign.segments.add(Segment.objects.create(name="s", conditions=condition))
    elif audience == "a segment of a deleted list":
        campaign.lists.clear()
        condition = {"not": {"kind": "list", "lists": [4_711]}}
        campaign.segments.add(Segment.objects.create(name="s", conditions=condition))
    elif audience == "a segment of nonsense":
        campaign.segments.add(Segment.objects.create(name="s", conditions=NONSENSE))
    return campaign


AUDIENCES = [
    "without a list",
    "an empty list",
    "all excluded",
    "an empty segment",
    "a segment of nobody",
    "a segment of a deleted list",
    "a segment of nonsense",
]


@pytest.mark.django_db
@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_start_is_refused_with_a_sentence(audience: str) -> None:
    with pytest.raises(Refusal):
        start_campaign(campaign=a_campaign(audience))
    assert not CampaignRun.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_preflight_names_it_as_a_problem(audience: str) -> None:
    found = preflight(campaign=a_campaign(audience))
    assert (found.targeted, found.sendable, found.samples) == (0, 0, [])
    assert found.problems


@pytest.mark.django_db
@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("json", [(), ("--json",)])
def test_the_command_answers_with_exit_status_1(audience: str, json: tuple[str, ...]) -> None:
    a_campaign(audience)
    done = manage("campaign", "preflight", "spring", *json)
    assert done.status == 1
    assert done.json["problems"] if json else done.out


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_pages_show_it(audience: str, client: Client) -> None:
    campaign = a_campaign(audience)
    client.force_login(make_operator())
    address = f"/campaigns/campaign/{campaign.pk}/"
    for page in (
        "page/",
        "change/",
        "preflight/",
        *(f"preflight/{group}/" for group in PreflightGroup),
    ):
        assert client.get(address + page).status_code == 200, page
    assert b"q-says danger" in client.get(f"{address}preflight/").content
    client.post(f"{address}do/start/")
    assert not CampaignRun.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("audience", AUDIENCES)
def test_a_scheduled_run_stops_with_a_sentence(audience: str) -> None:
    campaign = a_campaign(audience)
    run = make_run(campaign, state=RunState.SCHEDULED, starts_at=timezone.now())
    advance_all_runs()
    run.refresh_from_db()
    assert run.state == RunState.STOPPED
    assert run.state_detail
    assert "program" not in run.state_detail
    assert not run.deliveries.exists()


def _conditions() -> st.SearchStrategy[Any]:
    leaves = st.sampled_from(
        [
            EMPTY,
            {"kind": "list", "lists": []},
            {"kind": "list", "lists": [4_711]},
            {"kind": "attribute", "name": "city", "is": "one_of", "value": []},
            {"kind": "attribute", "name": "city", "is": "equals", "value": "Bern"},
            {"kind": "friend_of", "accounts": [4_711]},
            {"kind": "suppressed"},
            {"kind": "never_reached"},
            {"kind": "last_written", "is": "never"},
            NONSENSE,
        ]
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.builds(lambda one: {"not": one}, inner),
            st.builds(lambda some: {"all": some}, st.lists(inner, max_size=3)),
            st.builds(lambda some: {"any": some}, st.lists(inner, max_size=3)),
        ),
        max_leaves=6,
    )


@pytest.mark.slow
@pytest.mark.django_db
@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(conditions=st.lists(_conditions(), max_size=2), has_list=st.booleans(), is_out=st.booleans())
def test_for_any_segment_planning_and_preflight_agree_or_refuse(
    db: None, conditions: list[Any], has_list: bool, is_out: bool
) -> None:
    for model in (Campaign, Segment, ContactList, Contact):
        model.objects.all().delete()
    if not has_list:
        make_list("others", PEOPLE)
    members = make_list("members", PEOPLE[:2])
    campaign = make_campaign(
        lists=[members] if has_list else [], excluded_lists=[members] if is_out else []
    )
    for number, condition in enumerate(conditions):
        campaign.segments.add(Segment.objects.create(name=f"{number}", conditions=condition))
    run = make_run(campaign, state=RunState.PREPARING)
    try:
        audience = audience_of(campaign=campaign)
    except Refusal:
        return
    counted = sum(pick.people for pick in count_picks(picks=audience.pick(audience.people)))
    named = first_routes(audience=audience, group=PreflightGroup.TARGETED, most=100)
    into = ContactList.objects.create(name="into")
    for segment in campaign.segments.all():
        combine_lists(into=into, segment=segment)
    plan_run(run=run)
    assert counted == len(named) == run.deliveries.count()
