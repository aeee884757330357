"""The preflight page: what a start would do, and the people behind each figure."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from accounts.models import Account
from campaigns.admin.campaign_rehearsal import rehearsal_context
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.preflight import Allocation, Preflight, preflight
from campaigns.planning.preflight_people import people_in_group, takes_long_to_count
from campaigns.planning.preflight_sql import PreflightGroup
from campaigns.planning.text_choice import numbers_by_variant
from campaigns.reason_text import reason_text
from campaigns.states import STARTED_SCHEDULE_STATES
from foundation.admin import require
from foundation.refusals import Refusal
from sending.states import ACTIVE_RUN_STATES

#: The most people on a page, and the most accounts on the preflight page.
SHOWN = 100


class CampaignPreflight:
    """Mixin of CampaignAdmin: the preflight pages."""

    def preflight_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show recipients, accounts, estimated end, and skipped people with reasons.

        If the people are many, the page comes at once and asks for the figures itself.
        """
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        is_counting = takes_long_to_count(campaign=campaign)
        if is_counting:
            context = {**rehearsal_context(campaign), **self._rights(request)}
        else:
            context = self._counted(request, campaign, run)
        context |= {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Campaign._meta,
            "title": campaign.name,
            "original": campaign,
            "campaign": campaign,
            "run": run,
            "is_counting": is_counting,
        }
        return TemplateResponse(request, "console/campaign/preflight.html", context)

    def preflight_counted_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer with the figures alone; the page of a large audience asks for them."""
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        context = self._counted(request, campaign, run)
        return TemplateResponse(request, "console/campaign/preflight_found.html", context)

    def _counted(
        self, request: HttpRequest, campaign: Campaign, run: CampaignRun | None
    ) -> dict[str, Any]:
        """Return what the figures show."""
        found, rights = preflight(campaign=campaign), self._rights(request)
        return {
            "campaign": campaign,
            "run": run,
            "found": found,
            "skipped": skipped_lines(found),
            "shares": shares_with_keys(found, most=SHOWN),
            **rights,
            **rehearsal_context(campaign),
            "can_start": not found.problems
            and rights["can_change"]
            and not campaign.runs.filter(state__in=ACTIVE_RUN_STATES).exists()
            and campaign.schedule_state not in STARTED_SCHEDULE_STATES,
        }

    def _rights(self, request: HttpRequest) -> dict[str, bool]:
        return {
            "may_see_people": request.user.has_perm("contacts.view_contact"),
            "can_change": self.has_change_permission(request),  # type: ignore[attr-defined]
        }

    def preflight_people_view(
        self, request: HttpRequest, object_id: int, group: str
    ) -> HttpResponse:
        """Show the people behind a figure, one page at a time, without counting them."""
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        require(request.user.has_perm("contacts.view_contact"))
        if group not in list(PreflightGroup):
            raise Http404
        account = _named_account(request)
        variant = request.GET.get("variant")
        people, problem = [], ""
        try:
            people = people_in_group(
                campaign=campaign,
                group=PreflightGroup(group),
                most=SHOWN + 1,
                after=_number(request, "after"),
                account=account,
                texts=_numbers_of(campaign, variant),
            )
        except Refusal as refusal:
            problem = refusal.sentence
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Campaign._meta,
            "title": campaign.name,
            "original": campaign,
            "campaign": campaign,
            "run": run,
            "group": group,
            "words": _words(PreflightGroup(group)),
            "account": account,
            "variant": variant,
            "filters": _filters(account, variant),
            "problem": problem,
            "people": people[:SHOWN],
            "next_after": people[SHOWN - 1][0].pk if len(people) > SHOWN else None,
        }
        return TemplateResponse(request, "console/campaign/preflight_people.html", context)


def skipped_lines(found: Preflight) -> list[tuple[str, str, int]]:
    """Return each reason to skip people, with its words and how many are skipped."""
    return [(reason, reason_text(reason), n) for reason, n in found.skipped.items()]


def shares_with_keys(found: Preflight, *, most: int) -> list[tuple[int, Allocation]]:
    """Return the load of each account shown, with the key of the account."""
    shown = found.per_account[:most]
    keys = dict(
        Account.objects.filter(uin__in=[share.uin for share in shown]).values_list("uin", "pk")
    )
    return [(keys[share.uin], share) for share in shown if share.uin in keys]


def _words(group: PreflightGroup) -> Any:
    words = {
        PreflightGroup.TARGETED: _("targeted"),
        PreflightGroup.SENDABLE: _("recipients"),
        PreflightGroup.KEPT: _("keep their sender"),
    }
    return words.get(group) or _("skipped: %(reason)s") % {"reason": reason_text(group.value)}


def _numbers_of(campaign: Campaign, variant: str | None) -> list[int] | None:
    """Return the numbers of the texts of a variant; of the rest if it is ""; None for all."""
    if variant is None:
        return None
    numbers = {"": [0], **numbers_by_variant(campaign)}.get(variant)
    if numbers is None:
        raise Http404
    return numbers


def _filters(account: Account | None, variant: str | None) -> str:
    """Return the part of the query that the next page keeps."""
    kept = {"account": account.pk if account is not None else None, "variant": variant}
    return urlencode({name: value for name, value in kept.items() if value is not None})


def _number(request: HttpRequest, name: str) -> int:
    """Return a query parameter as a number; 0 if it is missing or not a possible id."""
    text = request.GET.get(name, "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _named_account(request: HttpRequest) -> Account | None:
    """Return the account named in the query; None if none is named."""
    if "account" not in request.GET:
        return None
    account = Account.objects.filter(pk=_number(request, "account")).first()
    if account is None:
        raise Http404
    return account
