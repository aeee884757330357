"""Checks that a run's breakdowns add up to its figures."""

from __future__ import annotations

from campaigns.models import CampaignRun
from campaigns.reports.delivery_figures import (
    account_figures,
    hour_figures,
    state_figures,
    summed,
)
from sending.runs.figures import figures_of


def check_sums(run: CampaignRun) -> list[str]:
    """Return every difference between a run's figures and the sums of its breakdowns, in words.

    It reads every delivery of the run, so it is for checks and tests, not for a page.
    """
    kept = figures_of(run=run)
    parts = {
        "account": [one.states for one in account_figures(run)],
        "hour": [one.states for one in hour_figures(run)],
    }
    return [
        f"by {name}: {state}: figure {getattr(kept, state)}, sum {n}"
        for name, states in parts.items()
        for state, n in state_figures(summed(states)).items()
        if getattr(kept, state) != n
    ]
