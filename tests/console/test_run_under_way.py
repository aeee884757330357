"""Who changes a campaign or a template during a run is told what the run keeps."""

from __future__ import annotations

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from campaigns.models import Campaign, CampaignRun, MessageTemplate
from sending.states import RunState
from tests.console.sample_data import make_world
from tests.console.test_editing import change, opened

KEEPS = "Run 1 keeps the text and the settings"


def _said(answer: object) -> str:
    request = answer.wsgi_request  # type: ignore[attr-defined]
    return " ".join(str(message) for message in get_messages(request))


def _page(client: Client, campaign: Campaign) -> str:
    address = reverse("admin:campaigns_campaign_page", args=[campaign.pk])
    return str(client.get(address).content.decode())


def test_a_changed_text_is_for_the_next_run_and_the_page_shows_both(operator: Client) -> None:
    campaign = make_world()
    run = campaign.runs.get()
    Campaign.objects.update(template=None, text="您好 {{ name }}")
    CampaignRun.objects.update(text="您好 {{ name }}")
    assert "Text of run 1" not in _page(operator, campaign)
    answer = operator.post(change(campaign), {**opened(operator, campaign), "text": "最后一天"})
    assert KEEPS in _said(answer)
    page = _page(operator, campaign)
    assert "Text of run 1" in page
    assert "最后一天" in page
    run.refresh_from_db()
    assert run.text == "您好 {{ name }}"


@pytest.mark.parametrize("field", ["name", "per_minute"])
def test_what_no_run_keeps_is_not_told(operator: Client, field: str) -> None:
    campaign = make_world()
    answer = operator.post(change(campaign), {**opened(operator, campaign), field: "7"})
    assert "was changed" in _said(answer)
    assert KEEPS not in _said(answer)


def test_nothing_is_told_when_no_run_is_under_way(operator: Client) -> None:
    campaign = make_world()
    Campaign.objects.update(template=None, text="您好 {{ name }}")
    CampaignRun.objects.update(state=RunState.FINISHED)
    answer = operator.post(change(campaign), {**opened(operator, campaign), "text": "最后一天"})
    assert "was changed" in _said(answer)
    assert KEEPS not in _said(answer)


def test_a_changed_template_tells_of_the_runs_that_keep_it(operator: Client) -> None:
    template = MessageTemplate.objects.create(name="greeting", text="before")
    campaign = make_world()
    Campaign.objects.filter(pk=campaign.pk).update(template=template, text="")
    answer = operator.post(change(template), {**opened(operator, template), "text": "after"})
    assert "1 run under way keeps the text" in _said(answer)
    answer = operator.post(change(template), {**opened(operator, template), "name": "hello"})
    assert "under way" not in _said(answer)
