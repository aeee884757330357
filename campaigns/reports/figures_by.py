"""The figures of a run broken down: by variant, and by whatever else is registered here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _

from campaigns.models import CampaignRun
from campaigns.reports.variant_figures import variant_figures
from campaigns.reports.variant_verdict import verdicts
from foundation.refusals import Refusal


def by_variant(run: CampaignRun) -> dict[str, Any]:
    """Return the figures by variant, and whether they differ by more than chance."""
    figures = variant_figures(run)
    return {
        "items": [one.as_data() for one in figures],
        "verdicts": [asdict(verdict) for verdict in verdicts(figures)],
    }


#: Each gives "items", a list of objects for JSON, and may give more keys.
BREAKDOWNS: dict[str, Callable[[CampaignRun], dict[str, Any]]] = {"variant": by_variant}


def figures_by(*, run: CampaignRun, by: str) -> dict[str, Any]:
    """Return the figures of a run by one of BREAKDOWNS: {"items": [...], "next": None, ...}.

    Raises:
        Refusal: there is no such breakdown (`breakdown_unknown`).
    """
    if by not in BREAKDOWNS:
        raise Refusal(
            _("There are no figures by “%(by)s”: choose %(known)s.")
            % {"by": by, "known": ", ".join(BREAKDOWNS)},
            code="breakdown_unknown",
        )
    return {"by": by, "run": run.number, "next": None, **BREAKDOWNS[by](run)}
