"""The page with a run's figures by account and by hour. Each figure leads to its rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from campaigns.admin.page_urls import deliveries_url
from campaigns.admin.run_figures import SHOWN_STATES
from campaigns.models import Campaign, CampaignRun
from campaigns.reports.delivery_figures import (
    AccountFigures,
    HourFigures,
    account_figures,
    hour_figures,
)
from campaigns.reports.removed import removed_sentences
from campaigns.reports.reply_figures import reply_rate
from sending.states import ACTIVE_RUN_STATES, DeliveryState

#: The most accounts and hours on the page; the command line lists all.
SHOWN = 200
#: How long the figures are kept for all viewers, while the run is active and when it has ended, in
#: seconds.
KEPT_ACTIVE, KEPT_ENDED = 10, 60


@dataclass(frozen=True, slots=True)
class _Row:
    """One account or hour: its label, and (figure, URL of its rows) for each of SHOWN_STATES."""

    label: Any
    total: int
    address: str
    cells: list[tuple[int, str]]
    percent: float
    replied: int
    replied_address: str
    reply_percent: float | None


class CampaignFigures:
    """Mixin of CampaignAdmin: the page of figures."""

    def figures_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show the figures of a run by account and by hour."""
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        if run is None:
            raise Http404
        accounts, hours = _kept(run)
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Campaign._meta,
            "title": campaign.name,
            "original": campaign,
            "campaign": campaign,
            "run": run,
            "states": [DeliveryState(state).label for state in SHOWN_STATES],
            "accounts": _account_rows(run, accounts[:SHOWN]),
            "hours": _hour_rows(run, hours[-SHOWN:]),
            "accounts_left": max(0, len(accounts) - SHOWN),
            "hours_left": max(0, len(hours) - SHOWN),
            "removed": removed_sentences(run),
        }
        return TemplateResponse(request, "console/campaign/figures.html", context)


def _kept(run: CampaignRun) -> tuple[list[AccountFigures], list[HourFigures]]:
    """Return the figures, counted once for all viewers: they read every delivery of the run."""
    seconds = KEPT_ACTIVE if run.state in ACTIVE_RUN_STATES else KEPT_ENDED
    key = f"console-figures-{run.pk}-{run.state_changed_at.isoformat()}"
    found: Any = cache.get_or_set(
        key.replace(" ", ""), lambda: (account_figures(run), hour_figures(run)), seconds
    )
    return found


def _account_rows(run: CampaignRun, figures: list[AccountFigures]) -> list[_Row]:
    highest = max((one.states.total() for one in figures), default=0)
    return [
        _row(
            f"{one.uin} {one.name}".strip() if one.uin else None,
            one,
            highest,
            {"run__id__exact": run.pk}
            | (
                {"account__id__exact": one.account_id}
                if one.account_id is not None
                else {"account_id__isnull": "True"}
            ),
        )
        for one in figures
    ]


def _hour_rows(run: CampaignRun, figures: list[HourFigures]) -> list[_Row]:
    highest = max((one.states.total() for one in figures if one.hour), default=0)
    rows = []
    for one in figures:
        filters: dict[str, Any] = {"run__id__exact": run.pk}
        if one.hour is None or one.until is None:
            filters["sent_at__isnull"] = "True"
        else:
            filters |= {
                "sent_at__gte": one.hour.isoformat(),
                "sent_at__lt": one.until.isoformat(),
            }
        label = one.hour.strftime("%Y-%m-%d %H:%M") if one.hour else None
        rows.append(_row(label, one, highest if one.hour else 0, filters))
    return rows


def _row(
    label: Any, one: AccountFigures | HourFigures, highest: int, filters: dict[str, Any]
) -> _Row:
    states = one.states
    rate = reply_rate(replied=one.replied, sent=states[DeliveryState.SENT])
    return _Row(
        label=label,
        total=states.total(),
        address=deliveries_url(**filters),
        cells=[
            (states[state], deliveries_url(**filters, state__exact=str(state)))
            for state in SHOWN_STATES
        ],
        percent=100 * states.total() / highest if highest else 0.0,
        replied=one.replied,
        replied_address=deliveries_url(**filters, afterwards="replied"),
        reply_percent=None if rate is None else 100 * rate,
    )
