"""The comparison of the variants of a run: a part of the campaign's page, loaded after it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.admin.page_urls import deliveries_url
from campaigns.models import CampaignRun
from campaigns.reports.proportions import Rate, wilson
from campaigns.reports.variant_figures import VariantFigures, is_compared, variant_figures
from campaigns.reports.variant_verdict import verdicts
from campaigns.reports.waiting_rest import rest_reason
from sending.states import RunState

#: Seconds for which the figures are kept for all viewers: counting reads all deliveries of a run.
KEPT_SECONDS = 15
#: The states of a run in which a variant can be chosen.
_OPEN = (RunState.RUNNING, RunState.PAUSED)
_STATES = ("sent", "failed", "skipped", "cancelled", "unknown")


@dataclass(frozen=True)
class Figure:
    """A number with the URL of its rows, and its rate with the interval; "" and None without."""

    n: int | None
    address: str = ""
    rate: Rate | None = None

    @property
    def percent(self) -> str:
        """The rate in percent."""
        return f"{100 * self.rate.rate:.1f} %" if self.rate else ""

    @property
    def interval(self) -> str:
        """The bounds of the interval in percent."""
        return f"{100 * self.rate.low:.1f} – {100 * self.rate.high:.1f} %" if self.rate else ""


class VariantComparison:
    """Mixin of CampaignAdmin: the comparison."""

    def variants_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer with the comparison of a run's variants."""
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        if run is None or not is_compared(run):
            raise Http404
        figures: Any = cache.get_or_set(
            f"console-variants-{run.pk}", lambda: variant_figures(run), KEPT_SECONDS
        )
        context = {
            "campaign": campaign,
            "run": run,
            "rows": [_row(run, one, figures) for one in figures],
            "verdicts": verdicts(figures),
            "holdout": run.holdout,
            "offered": _offered(request, self, run),
            "rest": rest_reason(run) if run.holds_rest and run.state in _OPEN else None,
            "days": f"{settings.REPLY_WITHIN_DAYS:g}",
        }
        return TemplateResponse(request, "console/campaign/variants.html", context)


def _offered(request: HttpRequest, admin: Any, run: CampaignRun) -> list[tuple[str, str]]:
    """Return name and URL of each variant that the operator may send to the rest now."""
    if not run.holds_rest or run.chosen_variant or run.state not in _OPEN:
        return []
    if not admin.has_change_permission(request):
        return []
    page = reverse("admin:campaigns_campaign_choose", args=[run.campaign_id])
    names = [str(share["variant"]) for share in run.text_shares]
    return [(name, f"{page}?{urlencode({'run': run.number, 'variant': name})}") for name in names]


def _row(run: CampaignRun, one: VariantFigures, all_of: list[VariantFigures]) -> dict[str, Any]:
    whole = sum(other.weight for other in all_of)
    filters = {"run__id__exact": run.pk, "variant": one.variant}
    if run.test_share:
        filters["part"] = "rest" if one.is_rest else "test"
    if one.is_holdout:
        filters = {"run__id__exact": run.pk, "reason": "holdout"}

    def url(**more: str) -> str:
        return deliveries_url(**{key: value for key, value in filters.items() if value}, **more)

    return {
        "name": _name(one),
        "is_holdout": one.is_holdout,
        "share": "" if one.is_holdout or one.is_rest else f"{100 * one.weight / whole:.1f} %",
        "assigned": Figure(one.assigned, url()),
        "states": [Figure(getattr(one, state), url(state__exact=state)) for state in _STATES],
        "replied": Figure(None)
        if one.is_holdout
        else Figure(one.replied, url(afterwards="replied"), wilson(one.replied, one.sent)),
        "opted_out": Figure(
            one.opted_out, url(afterwards="opted-out"), wilson(one.opted_out, one.reached)
        ),
    }


def _name(one: VariantFigures) -> str:
    if one.is_holdout:
        return _("holdout")
    if one.is_rest:
        return _("rest: %(variant)s") % {"variant": one.variant} if one.variant else _("rest")
    return one.variant or _("all")
