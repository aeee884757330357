"""The approval page of a campaign: what is asked for, what changed, and the decision."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from campaigns.admin.campaign_preflight import shares_with_keys, skipped_lines
from campaigns.admin.decisions import decisions_of, post_decision, why_not_by
from campaigns.admin.page_urls import approval_url, campaign_url
from campaigns.approvals.definition import definition_of
from campaigns.approvals.differences import changed_labels, changes_between
from campaigns.approvals.need import approval_needed
from campaigns.approvals.requests import last_approval, open_request
from campaigns.approvals.rights import may_approve
from campaigns.models import Approval, Campaign
from campaigns.models.approval_request import LONGEST_COMMENT
from campaigns.rehearsals.lifecycle import newest_rehearsal, rehearsal_with
from campaigns.rehearsals.result import longest_sentence, preflight_of, text_sentences
from campaigns.run_control.approve import approve, reject
from foundation.admin import require

#: The accounts that are listed with their load.
SHOWN_ACCOUNTS = 100


class CampaignApproval:
    """Mixin of CampaignAdmin: the approval page and its two buttons."""

    def approval_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show what waits for an approval, what changed since the last one, and past decisions."""
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        asked = open_request(campaign)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Campaign._meta,
            "title": campaign.name,
            "original": campaign,
            "campaign": campaign,
            "run": run,
            "asked": asked,
            "is_needed": asked is None and approval_needed(campaign),
            "decisions": decisions_of(campaign, "run"),
            "longest_comment": LONGEST_COMMENT,
            **(_asked_context(asked, request.user) if asked is not None else {}),
        }
        return TemplateResponse(request, "console/campaign/approval.html", context)

    def decide_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Approve or send back (POST only), and lead to the campaign's page."""
        campaign, _run = self._find(request, object_id)  # type: ignore[attr-defined]
        require(may_approve(request.user))
        return post_decision(
            request,
            verb,
            name=campaign.name,
            approve=partial(approve, campaign=campaign),
            reject=partial(reject, campaign=campaign),
            approval_page=approval_url(campaign),
            page=campaign_url(campaign),
        )


def _asked_context(asked: Approval, user: Any) -> dict[str, Any]:
    """Return what the page shows of an open request."""
    campaign = asked.campaign
    rehearsal = rehearsal_with(campaign, of_hash=asked.hash)
    before = last_approval(campaign)
    found = preflight_of(rehearsal) if rehearsal is not None else None
    now = definition_of(campaign)
    why = why_not_by(asked, user)
    return {
        "rehearsal": rehearsal,
        "open_rehearsal": newest_rehearsal(campaign) if rehearsal is None else None,
        "found": found,
        "skipped": skipped_lines(found) if found else [],
        "accounts": shares_with_keys(found, most=SHOWN_ACCOUNTS) if found else [],
        "may_see_people": user.has_perm("contacts.view_contact"),
        "text_sentences": text_sentences(rehearsal) if rehearsal else [],
        "longest": longest_sentence(rehearsal) if rehearsal else "",
        "samples": _samples(rehearsal.result) if rehearsal else [],
        "texts": [
            (" ".join(filter(None, (one["variant"], one["language"]))), one["text"])
            for one in asked.definition.get("texts", ())
        ],
        "before": before,
        "changes": changes_between(before.definition, asked.definition) if before else [],
        # The request is for what the campaign was; a change since then makes it void.
        "void": changed_labels(asked.definition, now.stored)
        if now.rule_hash != asked.rule_hash
        else "",
        "why_not": why,
        "may_decide": not why,
    }


def _samples(result: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Return the sample texts with their headings, each text once."""
    named = [("", sample) for sample in result["samples"]]
    named += [
        (_("the longest"), result["longest_sample"]),
        (_("a variable is empty"), result["empty_sample"]),
    ]
    seen: set[int] = set()
    shown = []
    for heading, sample in named:
        if sample is not None and sample["uin"] not in seen:
            seen.add(sample["uin"])
            shown.append((heading, sample))
    return shown
