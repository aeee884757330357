"""The verbs on a campaign and its runs: button, confirmation, service and result message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.admin.delivery_actions import resolved_sentence, retried_sentence
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.late_comers import add_late_comers, late_comers_sentence
from campaigns.run_control.lifecycle import (
    cancel_run,
    pause_run,
    resolve_unknown,
    resume_run,
    start_campaign,
)
from campaigns.run_control.retry import RetryChoice, retry_run
from campaigns.run_control.schedule import start_schedule
from campaigns.scheduling.words import date_words
from campaigns.states import ScheduleState
from foundation.refusals import Refusal
from sending.models import Delivery
from sending.runs.figures import Figures, figures_of
from sending.states import DeliveryState, RunState


@dataclass(frozen=True)
class CampaignVerb:
    """One action: its button, its confirmation, and the service that performs it.

    Args:
        words: the label of the button.
        icon: the icon of the button.
        before: returns the sentences of the confirmation, given the figures.
        act: performs the action and returns the result message.
    """

    words: Any
    icon: str
    before: Callable[[Figures], list[str]]
    act: Callable[[Campaign, CampaignRun | None, Any], str]
    is_dangerous: bool = False


def _start(campaign: Campaign, _run: CampaignRun | None, by: Any) -> str:
    if campaign.repeat:
        return _start_schedule(campaign, _run, by)
    run = start_campaign(campaign=campaign, by=by)
    if run.state == RunState.SCHEDULED:
        return _("%(run)s is scheduled.") % {"run": run}
    if run.state == RunState.AWAITING_APPROVAL:
        return _("%(run)s waits for an approval by a second person.") % {"run": run}
    return _("%(run)s has started: it is planned first and then sent.") % {"run": run}


def _start_schedule(campaign: Campaign, _run: CampaignRun | None, by: Any) -> str:
    first = start_schedule(campaign=campaign, by=by)
    campaign.refresh_from_db(fields=["schedule_state"])
    if campaign.schedule_state == ScheduleState.AWAITING_APPROVAL:
        return _("The schedule waits for an approval by a second person.")
    return _("The schedule is active. The first date is %(at)s.") % {
        "at": date_words(first, zone=campaign.timezone)
    }


def _pause(_campaign: Campaign, run: CampaignRun | None, by: Any) -> str:
    pause_run(run=_given(run), by=by)
    return _("Paused. At most one message per account was still in flight.")


def _resume(_campaign: Campaign, run: CampaignRun | None, by: Any) -> str:
    resume_run(run=_given(run), by=by)
    return _("Resumed: sending continues where it stopped.")


def _cancel(_campaign: Campaign, run: CampaignRun | None, by: Any) -> str:
    cancel_run(run=_given(run), by=by)
    sent = figures_of(run=_given(run)).sent
    return ngettext(
        "Cancelled. %(n)s message had been sent.",
        "Cancelled. %(n)s messages had been sent.",
        sent,
    ) % {"n": _number(sent)}


def _add_late_comers(_campaign: Campaign, run: CampaignRun | None, by: Any) -> str:
    return late_comers_sentence(add_late_comers(run=_given(run), by=by))


def _retry(_campaign: Campaign, run: CampaignRun | None, by: Any) -> str:
    return retried_sentence(retry_run(run=_given(run), by=by))


def _retry_unknown(_campaign: Campaign, run: CampaignRun | None, by: Any) -> str:
    choice = RetryChoice(states=[DeliveryState.UNKNOWN])
    return retried_sentence(retry_run(run=_given(run), choice=choice, by=by))


def _resolve_unknown(to: str, run: CampaignRun | None, by: Any) -> str:
    count = resolve_unknown(deliveries=Delivery.objects.filter(run=_given(run)), to=to, by=by)
    if not count:
        raise Refusal(_("This run no longer has unknown deliveries."), code="nothing_unknown")
    return resolved_sentence(to, count)


def _unknown_words(figures: Figures) -> str:
    return ngettext(
        "It is unknown whether %(n)s delivery of this run arrived.",
        "It is unknown whether %(n)s deliveries of this run arrived.",
        figures.unknown,
    ) % {"n": _number(figures.unknown)}


def _given(run: CampaignRun | None) -> CampaignRun:
    if run is None:
        raise Refusal(_("The campaign has no run yet: start it first."), code="no_run")
    return run


def _number(n: int) -> str:
    return number_format(n, force_grouping=True)


VERBS: dict[str, CampaignVerb] = {
    "start": CampaignVerb(
        words=gettext_lazy("Start"),
        icon="play_arrow",
        before=lambda figures: [
            _("The recipients are chosen now, from the lists and segments as they are."),
            _("Then each account sends at its own pace until everybody has been written to."),
            _("You can pause or cancel at any time."),
        ],
        act=_start,
    ),
    "ask-again": CampaignVerb(
        words=gettext_lazy("Ask for the approval again"),
        icon="rule",
        before=lambda figures: [
            _("The campaign was changed since the approval was asked for, so that is void."),
            _("A new run takes the place of this one and waits for an approval."),
        ],
        act=_start,
    ),
    "start-schedule": CampaignVerb(
        words=gettext_lazy("Start the schedule"),
        icon="event_repeat",
        before=lambda figures: [
            _("From now on, each date of the schedule starts a run."),
            _("Each run takes the text and the audience as they are on its date."),
            _("You can pause or end the schedule, or cancel one date, at any time."),
        ],
        act=_start_schedule,
    ),
    "start-again": CampaignVerb(
        words=gettext_lazy("Start a new run"),
        icon="restart_alt",
        before=lambda figures: [
            _(
                "The message goes to the whole audience again, not only to the people who did "
                "not get it."
            ),
            ngettext(
                "%(n)s person who got the message in this run will get it again.",
                "%(n)s people who got the message in this run will get it again.",
                figures.sent,
            )
            % {"n": _number(figures.sent)}
            if figures.sent
            else "",
            _(
                "The preflight shows the current recipients, their sender accounts and the "
                "estimated end."
            ),
        ],
        act=_start,
        is_dangerous=True,
    ),
    "pause": CampaignVerb(
        words=gettext_lazy("Pause"),
        icon="pause",
        before=lambda figures: [
            _(
                "Every account stops before its next message. At most one message per account "
                "is in flight."
            ),
            _("%(n)s deliveries wait until you resume.") % {"n": _number(figures.open)},
        ],
        act=_pause,
    ),
    "resume": CampaignVerb(
        words=gettext_lazy("Resume"),
        icon="play_arrow",
        before=lambda figures: [
            _("%(n)s deliveries are still open; sending continues.") % {"n": _number(figures.open)}
        ],
        act=_resume,
    ),
    "cancel": CampaignVerb(
        words=gettext_lazy("Cancel the run"),
        icon="stop",
        before=lambda figures: [
            _("%(n)s open deliveries will be cancelled; this cannot be undone.")
            % {"n": _number(figures.open)},
            _("%(n)s messages have already been sent.") % {"n": _number(figures.sent)},
        ],
        act=_cancel,
        is_dangerous=True,
    ),
    "add-late-comers": CampaignVerb(
        words=gettext_lazy("Add late-comers"),
        icon="person_add",
        before=lambda figures: [
            _(
                "The people who joined the lists or segments of this run since it was planned get "
                "its message too."
            ),
            _("No person gets it twice, and people who left the audience stay in the run."),
        ],
        act=_add_late_comers,
    ),
    "retry": CampaignVerb(
        words=gettext_lazy("Retry failed"),
        icon="replay",
        before=lambda figures: [
            _("Only the %(n)s failed deliveries will be sent again.")
            % {"n": _number(figures.failed)}
        ],
        act=_retry,
    ),
    "unknown-arrived": CampaignVerb(
        words=gettext_lazy("Unknown: all arrived"),
        icon="mark_email_read",
        before=lambda figures: [
            _unknown_words(figures),
            _("They count as sent, in the figures and in the report."),
        ],
        act=lambda _campaign, run, by: _resolve_unknown(DeliveryState.SENT, run, by),
    ),
    "unknown-lost": CampaignVerb(
        words=gettext_lazy("Unknown: none arrived"),
        icon="unsubscribe",
        before=lambda figures: [
            _unknown_words(figures),
            _("They count as failed. Retrying failed deliveries sends them again."),
        ],
        act=lambda _campaign, run, by: _resolve_unknown(DeliveryState.FAILED, run, by),
    ),
    "retry-unknown": CampaignVerb(
        words=gettext_lazy("Unknown: send all again"),
        icon="help",
        before=lambda figures: [
            _("%(n)s deliveries whose result is unknown will be sent again.")
            % {"n": _number(figures.unknown)},
            _("Some of these people may get the message twice."),
        ],
        act=_retry_unknown,
        is_dangerous=True,
    ),
}
