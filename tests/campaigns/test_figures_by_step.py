"""The figures of a sequence by step: those of each step's run, from any of its campaigns."""

from __future__ import annotations

import pytest

from campaigns.creation.create_sequence import create_sequence
from campaigns.creation.sequence_steps import Step
from campaigns.models import CampaignRun
from campaigns.reports.check_sums import check_sums
from campaigns.sequences.control import start_sequence
from contacts.models import Contact
from sending.states import DeliveryState
from tests.campaigns.factories import make_account, make_campaign, make_delivery, make_list
from tests.campaigns.factories import make_run as make_run_of
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]


def test_each_step_has_the_figures_of_its_run() -> None:
    make_account(20_001, friends=[100_000])
    members = make_list("all", range(100_000, 100_005))
    steps = (Step(0, text="one"), Step(60, text="two"))
    sequence = create_sequence(name="welcome", steps=steps, lists=[members])
    start_sequence(sequence=sequence)
    first, second = (step.run for step in sequence.steps.order_by("number"))
    assert isinstance(first, CampaignRun)
    assert isinstance(second, CampaignRun)
    states = ("sent", "failed", "sent", "sending", "unknown")
    for contact, state in zip(Contact.objects.order_by("pk"), states, strict=True):
        make_delivery(first, contact, state=state)
    make_delivery(second, Contact.objects.earliest("pk"), state="pending")

    for campaign in (first.campaign.name, second.campaign.name):
        said = manage("campaign", "figures", campaign, "--by", "step", "--json").json
        assert (said["sequence"], said["next"]) == ("welcome", None)
        assert [one["step"] for one in said["items"]] == [1, 2]
        assert [one["targeted"] for one in said["items"]] == [5, 1]
        assert [one["sending"] for one in said["items"]] == [1, 0]
        for one in said["items"]:
            assert sum(one[state] for state in DeliveryState.values) == one["targeted"]
        assert "welcome · 2" in manage("campaign", "figures", campaign, "--by", "step").out

    status = manage("sequence", "status", "welcome", "--json").json
    shape = set(said["items"][0]) - {"step", "campaign"}
    assert all(shape <= set(step) for step in status["steps"])
    assert [step["sent"] for step in status["steps"]] == [2, 0]
    assert check_sums(first) == []


def test_a_campaign_that_is_no_step_is_refused() -> None:
    make_run_of(make_campaign("spring"))
    said = manage("campaign", "figures", "spring", "--by", "step", "--json")
    assert (said.status, said.json["error"]) == (1, "no_sequence")
