"""The context of the live part of a campaign's page, from the stored figures only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from campaigns.admin.campaign_life import life_of
from campaigns.admin.campaign_verbs import offered_verbs
from campaigns.admin.delivery import DELIVERY_COLOURS
from campaigns.admin.page_urls import deliveries_url
from campaigns.admin.remedies import Remedy, remedy_of
from campaigns.admin.result_code_colours import CODE_COLOURS
from campaigns.admin.run import RUN_COLOURS
from campaigns.models import Campaign, CampaignRun
from campaigns.reason_text import code_of_reason, reason_text
from campaigns.reports.removed import removed_sentences
from campaigns.reports.reply_figures import opted_out_by_reply, replied
from campaigns.reports.waiting_reasons import WaitingReason, run_waiting_reasons
from sending.code_meanings import code_meaning
from sending.runs.figures import Figures, figures_of
from sending.states import ACTIVE_RUN_STATES, DeliveryState, RunState

#: The order of the states in the bar and in the table.
SHOWN_STATES = [
    DeliveryState.SENT,
    DeliveryState.SENDING,
    DeliveryState.PENDING,
    DeliveryState.UNKNOWN,
    DeliveryState.FAILED,
    DeliveryState.SKIPPED,
    DeliveryState.CANCELLED,
]


@dataclass(frozen=True)
class Line:
    """One figure: label, number, percentage, and the URL of the rows behind it."""

    key: str
    words: Any
    n: int
    percent: float
    address: str
    colour: str = ""
    #: The result code that it counts, which explains itself.
    code: str = ""


def live_context(campaign: Campaign, run: CampaignRun | None) -> dict[str, Any]:
    """Return the context of the live part: a few cheap queries, whatever the run's size.

    The reasons for waiting and the number of replies are cached.
    """
    if run is None:
        return {
            "campaign": campaign,
            "run": None,
            "is_live": False,
            "life": life_of(campaign, None),
            "verbs": offered_verbs(campaign, None, None),
        }
    figures = figures_of(run=run)
    return {
        "campaign": campaign,
        "run": run,
        "life": life_of(campaign, run),
        "is_live": run.state in ACTIVE_RUN_STATES,
        "colour": RUN_COLOURS[run.state],  # type: ignore[index]
        "verbs": offered_verbs(campaign, run, figures),
        "why": _why(run),
        "can_retry": bool(figures.failed or figures.unknown) and run.state != RunState.CANCELLED,
        "targeted": figures.targeted,
        "percent": 100 * figures.ended / figures.targeted if figures.targeted else 0,
        "rate": figures.rate_per_second,
        "eta": figures.eta,
        "merged": figures.merged,
        "states": _states(run, figures),
        "replied": _replied(run, figures),
        "opted_out": _opted_out(run, figures),
        "codes": _codes(run, figures.res),
        "reasons": _reasons(run, figures),
        "removed": removed_sentences(run),
    }


def _why(run: CampaignRun) -> list[tuple[WaitingReason, Remedy | None]]:
    """Return the waiting reasons of a run with their remedies, cached for five seconds for all.

    The query may read all pending deliveries, which is too much for a page that polls every two
    seconds.
    """
    key = f"console-why-{run.pk}-{run.state}-{get_language()}"
    found: Any = cache.get_or_set(key, lambda: run_waiting_reasons(run=run), 5)
    return [(reason, remedy_of(reason, run)) for reason in found]


def _replied(run: CampaignRun, figures: Figures) -> Line | None:
    """Return the people who replied, cached like the reasons; None before anything was sent."""
    if not figures.sent:
        return None
    n: Any = cache.get_or_set(f"console-replied-{run.pk}", lambda: replied(run), 5)
    return Line(
        key="replied",
        words=_("replied"),
        n=n,
        percent=_percent(n, figures.sent),
        address=deliveries_url(run__id__exact=run.pk, afterwards="replied"),
    )


def _opted_out(run: CampaignRun, figures: Figures) -> int:
    """Return the people who opted out by a reply, cached likewise."""
    if not figures.sent:
        return 0
    n: Any = cache.get_or_set(f"console-opted-out-{run.pk}", lambda: opted_out_by_reply(run), 5)
    return int(n)


def _states(run: CampaignRun, figures: Figures) -> list[Line]:
    return [
        Line(
            key=state,
            words=DeliveryState(state).label,
            n=getattr(figures, state),
            percent=_percent(getattr(figures, state), figures.targeted),
            address=deliveries_url(run__id__exact=run.pk, state__exact=str(state)),
            colour=DELIVERY_COLOURS[state],
        )
        for state in SHOWN_STATES
    ]


def _percent(n: int, whole: int) -> float:
    return 100 * n / whole if whole else 0.0


def _codes(run: CampaignRun, codes: dict[str, int]) -> list[Line]:
    whole = sum(codes.values())
    return [
        Line(
            key=code,
            words=code_meaning(code),
            n=n,
            percent=_percent(n, whole),
            address=deliveries_url(run__id__exact=run.pk, last_res=code),
            colour=CODE_COLOURS.get(code, "danger"),
            code=code,
        )
        for code, n in sorted(codes.items(), key=lambda item: -item[1])
        if n
    ]


def _reasons(run: CampaignRun, figures: Figures) -> list[Line]:
    counted = [
        (state, reason, n)
        for state, by_reason in figures.reasons.items()
        for reason, n in by_reason.items()
    ]
    whole = sum(n for _state, _reason, n in counted)
    return [
        Line(
            key=f"{state}:{reason}",
            words=reason_text(reason),
            n=n,
            percent=_percent(n, whole),
            address=deliveries_url(run__id__exact=run.pk, state__exact=state, reason=reason),
            colour=DELIVERY_COLOURS[DeliveryState(state)],
            code=code_of_reason(reason),
        )
        for state, reason, n in sorted(counted, key=lambda line: -line[2])
    ]
