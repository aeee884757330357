"""The figures of a run broken down: by variant, account, hour and step; and run by run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import CampaignRun, SequenceStep
from campaigns.reports.delivery_figures import (
    account_figures,
    hour_figures,
    reply_data,
    state_figures,
)
from campaigns.reports.reply_figures import replied
from campaigns.reports.sequence_figures import sequence_figures
from campaigns.reports.variant_figures import variant_figures
from campaigns.reports.variant_verdict import verdicts
from foundation.refusals import Refusal
from retention.models import Removed, removals_of
from sending.runs.figures import figures_of
from sending.states import DeliveryState


def by_variant(run: CampaignRun) -> dict[str, Any]:
    """Return the figures by variant, and whether they differ by more than chance."""
    figures = variant_figures(run)
    return {
        "items": [one.as_data() for one in figures],
        "verdicts": [asdict(verdict) for verdict in verdicts(figures)],
    }


def by_account(run: CampaignRun) -> dict[str, Any]:
    """Return the figures by account."""
    return {"items": [one.as_data() for one in account_figures(run)]}


def by_hour(run: CampaignRun) -> dict[str, Any]:
    """Return the figures by the hour of sending, in the run's time zone."""
    return {"items": [one.as_data() for one in hour_figures(run)]}


def by_run(run: CampaignRun) -> dict[str, Any]:
    """Return the figures of all runs of the campaign, the oldest first."""
    items = []
    for one in run.campaign.runs.filter(planned_at__isnull=False).order_by("number"):
        figures = figures_of(run=one, newest=[])
        states = Counter({state.value: getattr(figures, state) for state in DeliveryState})
        items.append(
            {
                "run": one.number,
                "state": one.state,
                **state_figures(states),
                **reply_data(states, replied(one)),
            }
        )
    return {"items": items}


def by_step(run: CampaignRun) -> dict[str, Any]:
    """Return the figures of the sequence of which the run's campaign is a step, by step.

    Raises:
        Refusal: the campaign is not a step of a sequence (`no_sequence`).
    """
    own = SequenceStep.objects.filter(campaign=run.campaign_id).select_related("sequence").first()
    if own is None:
        raise Refusal(
            _("“%(name)s” is not a step of a sequence: choose variant, account or hour.")
            % {"name": run.campaign.name},
            code="no_sequence",
        )
    figures = sequence_figures(sequence=own.sequence)
    return {
        "sequence": own.sequence.name,
        "items": [
            {
                "step": one.step.number,
                "campaign": one.step.campaign.name if one.step.campaign is not None else None,
                **one.as_data(),
            }
            for one in figures.steps
        ],
    }


#: Each gives "items", a list of objects for JSON, and may give more keys.
BREAKDOWNS: dict[str, Callable[[CampaignRun], dict[str, Any]]] = {
    "variant": by_variant,
    "account": by_account,
    "hour": by_hour,
    "run": by_run,
    "step": by_step,
}

#: Those that are counted from the deliveries, and are stored before these are removed.
KEPT = ("variant", "account", "hour")


def figures_by(*, run: CampaignRun, by: str) -> dict[str, Any]:
    """Return the figures of a run by one of BREAKDOWNS: {"items": [...], "next": None, ...}.

    Raises:
        Refusal: there is no such breakdown (`breakdown_unknown`), or none of this run.
    """
    if by not in BREAKDOWNS:
        raise Refusal(
            _("There are no figures by “%(by)s”: choose %(known)s.")
            % {"by": by, "known": ", ".join(BREAKDOWNS)},
            code="breakdown_unknown",
        )
    removed = removals_of(run.pk).get(Removed.DELIVERIES) if by in KEPT else None
    found = BREAKDOWNS[by](run) if removed is None else removed.figures.get(by, {"items": []})
    return {"by": by, "run": run.number, "next": None, **found}


def kept_figures(run: CampaignRun) -> dict[str, Any]:
    """Return what is counted from a run's deliveries, to be kept when they are removed."""
    return {**{by: BREAKDOWNS[by](run) for by in KEPT}, "replied": replied(run)}
