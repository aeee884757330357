"""What an operator can do about a reason for waiting: a button each, where there is something."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from campaigns.models import CampaignRun
from campaigns.reports.waiting_reason import WaitingReason


@dataclass(frozen=True, slots=True)
class Remedy:
    """A button: its words and where it leads."""

    words: Any
    address: str


#: By the kind of a reason: the words, the page and its query. An account that rests needs nobody.
_PAGES: dict[str, tuple[Any, str, str]] = {
    "quarantined": (_("Check accounts"), "accounts_account", "state__exact=quarantined"),
    "disabled": (_("Check accounts"), "accounts_account", "state__exact=disabled"),
    "egress": (_("Show workers"), "accounts_worker", ""),
    "outage": (_("Show outages"), "accounts_outage", ""),
    "quiet_hours": (_("Change quiet hours"), "sending_quiethours", ""),
}


def remedy_of(reason: WaitingReason, run: CampaignRun) -> Remedy | None:
    """Return what can be done about a reason, None if it only takes time."""
    if reason.kind == "paused":
        address = reverse("admin:campaigns_campaign_do", args=[run.campaign_id, "resume"])
        return Remedy(_("Resume"), f"{address}?run={run.number}")
    if reason.kind in {"window", "rate"}:
        address = reverse("admin:campaigns_campaign_change", args=[run.campaign_id])
        words = _("Change schedule") if reason.kind == "window" else _("Change rate")
        return Remedy(words, address)
    if reason.kind not in _PAGES:
        return None
    words, page, query = _PAGES[reason.kind]
    address = reverse(f"admin:{page}_changelist")
    return Remedy(words, f"{address}?{query}" if query else address)
