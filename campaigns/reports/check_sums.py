"""Checks that a run's breakdowns add up to its figures."""

from __future__ import annotations

from campaigns.models import CampaignRun
from campaigns.reports.delivery_figures import (
    account_figures,
    hour_figures,
    state_figures,
    summed,
)
from campaigns.reports.variant_figures import variant_figures
from retention.models import Removed, is_removed
from sending.runs.figures import Figures, figures_of
from sending.states import DeliveryState, Reason


def check_sums(run: CampaignRun) -> list[str]:
    """Return every difference between a run's figures and the sums of its breakdowns, in words.

    It reads every delivery of the run, so it is for checks and tests, not for a page.
    """
    if is_removed(run.pk, Removed.DELIVERIES):
        return []
    kept = figures_of(run=run)
    parts = {
        "account": [one.states for one in account_figures(run)],
        "hour": [one.states for one in hour_figures(run)],
    }
    differences = [
        f"by {name}: {state}: figure {getattr(kept, state)}, sum {n}"
        for name, states in parts.items()
        for state, n in state_figures(summed(states)).items()
        if getattr(kept, state) != n
    ]
    return differences + _check_variants(run, kept)


def _check_variants(run: CampaignRun, kept: Figures) -> list[str]:
    """Return the differences of the figures by variant.

    People whom planning skipped are in no variant, so what is skipped there is not compared, except
    the holdout. The parts of a variant add up to its people.
    """
    figures = variant_figures(run)
    sums = {
        state: sum(getattr(one, state) for one in figures)
        for state in ("sent", "failed", "cancelled", "unknown", "open")
    }
    expected = {
        **{state: getattr(kept, state) for state in sums if state != "open"},
        "open": kept.pending + kept.sending,
    }
    held_out = sum(one.assigned for one in figures if one.is_holdout)
    sums["holdout"] = held_out
    expected["holdout"] = kept.reasons.get(DeliveryState.SKIPPED, {}).get(Reason.HOLDOUT, 0)
    return [
        f"by variant: {name}: figure {expected[name]}, sum {n}"
        for name, n in sums.items()
        if n != expected[name]
    ] + [
        f"by variant: {one.variant or 'all'}: {one.assigned} people, parts {parts}"
        for one in figures
        if one.assigned
        != (parts := one.sent + one.failed + one.skipped + one.cancelled + one.unknown + one.open)
    ]
