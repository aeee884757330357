"""What a run under way keeps of a campaign that is changed: all but its pace."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.admin.campaign_form import PACE_FIELDS
from campaigns.models import Campaign, CampaignRun, MessageTemplate
from campaigns.writing.whole_text import whole_text
from sending.states import ACTIVE_RUN_STATES
from texts.checks import TextProblem

#: Fields of a campaign that say nothing of what is sent, or whose change holds at once.
_OF_NO_RUN = PACE_FIELDS | {"name", "labels", "needs_approval"}


def kept_sentence(campaign: Campaign, changed: Collection[str]) -> str:
    """Return what to tell who changed these fields of a campaign; "" if no run is under way."""
    if not set(changed) - _OF_NO_RUN:
        return ""
    run = campaign.runs.filter(state__in=ACTIVE_RUN_STATES).order_by("-number").first()
    if run is None:
        return ""
    return _(
        "Run %(n)d keeps the text and the settings with which it was started. The change is for "
        "the next run."
    ) % {"n": run.number}


def kept_template_sentence(template: MessageTemplate) -> str:
    """Return the same for who changed the texts of a template."""
    uses = Q(campaign__template=template) | Q(campaign__variants__template=template)
    n = CampaignRun.objects.filter(uses, state__in=ACTIVE_RUN_STATES).distinct().count()
    if not n:
        return ""
    return ngettext(
        "%(n)d run under way keeps the text with which it was started.",
        "%(n)d runs under way keep the texts with which they were started.",
        n,
    ) % {"n": n}


def text_of_run(campaign: Campaign, run: CampaignRun | None) -> str:
    """Return the text that a run sends, if the campaign has another one by now; else "".

    Of a run or a campaign with variants, which are compared on a page of their own, it is "".
    """
    if run is None or run.text_shares or campaign.variants.exists():
        return ""
    try:
        present = whole_text(campaign.message).text
    except TextProblem:
        present = ""
    return run.text if run.text != present else ""
