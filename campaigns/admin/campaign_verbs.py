"""The verbs on a campaign: which ones a state offers, and the view behind their buttons."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from campaigns.admin.campaign_verb_table import VERBS
from campaigns.admin.page_urls import campaign_url
from campaigns.approvals.need import approval_needed
from campaigns.models import Campaign, CampaignRun
from campaigns.run_control.ask_approval import has_void_request
from campaigns.states import STARTED_SCHEDULE_STATES
from foundation.admin import confirmation, require
from foundation.refusals import Refusal
from sending.runs.figures import Figures, figures_of
from sending.states import ACTIVE_RUN_STATES, RunState

#: How long the page goes by what it found out about a waiting request, seconds.
VOID_SECONDS = 5
#: Actions on all unknown deliveries of a run.
UNKNOWN_VERBS = ("unknown-arrived", "unknown-lost", "retry-unknown")
#: The actions that each run state offers, the most likely one first.
OFFERED: dict[str, list[str]] = {
    RunState.DRAFT: ["start"],
    RunState.SCHEDULED: ["cancel"],
    RunState.AWAITING_APPROVAL: ["ask-again", "cancel"],
    RunState.PREPARING: ["cancel"],
    RunState.RUNNING: ["pause", "cancel", "add-late-comers", *UNKNOWN_VERBS],
    RunState.PAUSED: ["resume", "cancel", "add-late-comers", *UNKNOWN_VERBS],
    RunState.FINISHED: ["retry", *UNKNOWN_VERBS, "start-again"],
    RunState.STOPPED: ["resume", "retry", *UNKNOWN_VERBS, "cancel"],
    RunState.CANCELLED: ["start-again", "unknown-arrived", "unknown-lost"],
}
#: Actions that create a run; the others act on the run that is shown.
STARTS = ("start", "start-again", "start-schedule", "ask-again")


class CampaignVerbs:
    """Mixin of CampaignAdmin: the view behind the buttons."""

    def do_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Ask for confirmation (GET), or perform the action (POST)."""
        require(self.has_change_permission(request))  # type: ignore[attr-defined]
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        if verb not in VERBS:
            raise Http404
        back = campaign_url(campaign, run)
        if request.method == "POST":
            return self._act(request, campaign, run, verb)
        figures = figures_of(run=run) if run is not None else Figures(state=RunState.DRAFT)
        return confirmation(
            request,
            self,
            title=_("%(verb)s: %(what)s?")
            % {"verb": VERBS[verb].words, "what": campaign if verb in STARTS else run},
            sentences=before_verb(campaign, verb, figures),
            verb=str(VERBS[verb].words),
            back=back,
            is_dangerous=VERBS[verb].is_dangerous,
        )

    def _act(
        self, request: HttpRequest, campaign: Campaign, run: CampaignRun | None, verb: str
    ) -> HttpResponse:
        try:
            messages.success(request, VERBS[verb].act(campaign, run, request.user))
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(campaign_url(campaign, run))
        # The page shows the newest run by default, which is the new one.
        return HttpResponseRedirect(campaign_url(campaign, None if verb in STARTS else run))


def before_verb(campaign: Campaign, verb: str, figures: Figures) -> list[str]:
    """Return what an action will do; a start that needs an approval sends nothing at once."""
    sentences = VERBS[verb].before(figures)
    if verb in STARTS and approval_needed(campaign):
        return [_("Nothing is sent yet: a second person approves it first."), *sentences]
    return sentences


def offered_verbs(
    campaign: Campaign, run: CampaignRun | None, figures: Figures | None
) -> list[Any]:
    """Return the actions that the state allows and that would have an effect."""
    if run is None or figures is None:
        start = "start-schedule" if campaign.repeat else "start"
        is_active = campaign.schedule_state in STARTED_SCHEDULE_STATES
        return [] if is_active else [(start, VERBS[start])]
    # The page asks for this every two seconds, so only what the state offers is looked up.
    allowed = OFFERED[run.state]
    useless = {
        "retry": not figures.failed,
        **dict.fromkeys(UNKNOWN_VERBS, not figures.unknown),
        "start-again": "start-again" in allowed
        and (campaign.schedule_state in STARTED_SCHEDULE_STATES or _has_other_active_run(campaign)),
        "ask-again": "ask-again" in allowed and not _is_request_void(campaign),
    }
    offered = [verb for verb in allowed if not useless.get(verb)]
    if campaign.repeat:
        offered = ["start-schedule" if verb == "start-again" else verb for verb in offered]
    return [(verb, VERBS[verb]) for verb in offered]


def _is_request_void(campaign: Campaign) -> bool:
    """Return `has_void_request`, at most VOID_SECONDS old: it reads the whole definition."""
    key = f"console-void-request-{campaign.pk}"
    return bool(cache.get_or_set(key, lambda: has_void_request(campaign), VOID_SECONDS))


def _has_other_active_run(campaign: Campaign) -> bool:
    return campaign.runs.filter(state__in=ACTIVE_RUN_STATES).exists()
