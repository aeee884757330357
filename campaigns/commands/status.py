"""The verb `status`: the state and the figures of a run, as text and as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext as _

from campaigns.commands.local_time import local_text
from campaigns.commands.run_argument import add_run_argument
from campaigns.commands.verb import Answer, Call, Verb
from campaigns.find import find_run, newest_run
from campaigns.models import Campaign, CampaignRun
from campaigns.reason_text import reason_text
from campaigns.reports.removed import removed_sentences
from campaigns.reports.waiting_reasons import run_waiting_reasons
from campaigns.scheduling.words import schedule_sentence
from foundation.times import utc_iso
from sending.runs.figures import Figures, figures_of
from sending.states import DeliveryState, RunState


def _status(call: Call) -> Answer:
    campaign = call.campaign()
    run, figures, why = newest_run(campaign=campaign), Figures(state=RunState.DRAFT), []
    if call.options["run"] is not None:
        run = find_run(campaign=campaign, number=call.options["run"])
    if run is not None:
        figures = figures_of(run=run)
        why = [reason.sentence for reason in run_waiting_reasons(run=run)]
        why += removed_sentences(run)
    if campaign.repeat:
        why.append(schedule_sentence(campaign))
    return Answer(
        status_data(run=run, figures=figures, why=why),
        status_text(campaign=campaign, run=run, figures=figures, why=why),
    )


def status_data(*, run: CampaignRun | None, figures: Figures, why: Sequence[str]) -> dict[str, Any]:
    """Return a campaign's status for JSON. The keys are a public interface."""
    return {
        "state": figures.state,
        "targeted": figures.targeted,
        **{state.value: getattr(figures, state.value) for state in DeliveryState},
        "res": figures.res,
        "rate_per_second": figures.rate_per_second,
        "eta": utc_iso(figures.eta),
        "run": run.number if run else None,
        "reasons": figures.reasons,
        "why": list(why),
    }


def status_text(
    *, campaign: Campaign, run: CampaignRun | None, figures: Figures, why: Sequence[str]
) -> str:
    """Return a campaign's status as text."""
    if run is None:
        unstarted = _("Campaign “%(name)s” has not been started.") % {"name": campaign.name}
        return "\n".join(why) or unstarted
    lines = [
        f"{campaign.name} #{run.number}: {RunState(figures.state).label}"
        + (f" — {run.state_detail}" if run.state_detail else ""),
        standing(figures),
    ]
    for state, by_reason in figures.reasons.items():
        for reason, n in sorted(by_reason.items(), key=lambda item: -item[1]):
            lines.append(f"  {DeliveryState(state).label}: {reason_text(reason)}: {n}")
    if figures.res:
        lines.append("RES: " + ", ".join(f"{res}: {n}" for res, n in sorted(figures.res.items())))
    lines.extend(one for one in why if one != run.state_detail)  # that is in the first line
    return "\n".join(lines)


def standing(figures: Figures) -> str:
    """Return a run's figures in one line."""
    line = _("%(ended)s of %(targeted)s done") % {
        "ended": f"{figures.ended:,}",
        "targeted": f"{figures.targeted:,}",
    }
    parts = [
        f"{DeliveryState(state).label} {getattr(figures, state):,}"
        for state in DeliveryState.values
        if getattr(figures, state)
    ]
    if figures.rate_per_second:
        parts.append(_("%(rate)s per second") % {"rate": figures.rate_per_second})
    if figures.eta is not None:
        parts.append(_("until about %(eta)s") % {"eta": local_text(figures.eta)})
    return ": ".join(filter(None, (line, ", ".join(parts))))


VERBS = (Verb("status", "show the status of the newest run", _status, add_run_argument),)
