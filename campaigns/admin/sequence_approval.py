"""The approval page of a sequence: what is asked for, what changed, and the decision."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from campaigns.admin.decisions import decisions_of, post_decision, why_not_by
from campaigns.admin.page_urls import sequence_approval_url, sequence_url
from campaigns.approvals.differences import changed_labels, changes_between, described
from campaigns.approvals.need import sequence_needs_approval
from campaigns.approvals.requests import last_approval, open_request
from campaigns.approvals.rights import may_approve
from campaigns.approvals.sequence_definition import definition_of_sequence
from campaigns.models import Sequence, SequenceApproval
from campaigns.models.approval_request import LONGEST_COMMENT
from campaigns.sequences.approve import approve_sequence, reject_sequence
from foundation.admin import require


class SequenceApprovalPage:
    """Mixin of SequenceAdmin: the approval page and its two buttons."""

    def approval_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show what waits for an approval, what changed since the last one, and past decisions."""
        require(self.has_view_permission(request))  # type: ignore[attr-defined]
        sequence = self._find(object_id)  # type: ignore[attr-defined]
        asked = open_request(sequence)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Sequence._meta,
            "title": sequence.name,
            "original": sequence,
            "sequence": sequence,
            "asked": asked,
            "is_needed": asked is None and sequence_needs_approval(sequence),
            "decisions": decisions_of(sequence),
            "longest_comment": LONGEST_COMMENT,
            **(_asked_context(asked, request.user) if asked is not None else {}),
        }
        return TemplateResponse(request, "console/sequence/approval.html", context)

    def decide_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Approve or send back (POST only), and lead to the sequence's page."""
        require(may_approve(request.user))
        sequence = self._find(object_id)  # type: ignore[attr-defined]
        return post_decision(
            request,
            verb,
            name=sequence.name,
            approve=partial(approve_sequence, sequence=sequence),
            reject=partial(reject_sequence, sequence=sequence),
            approval_page=sequence_approval_url(sequence),
            page=sequence_url(sequence),
        )


def _asked_context(asked: SequenceApproval, user: Any) -> dict[str, Any]:
    """Return what the page shows of an open request."""
    sequence = asked.sequence
    before: SequenceApproval | None = last_approval(sequence)
    now = definition_of_sequence(sequence)
    why = why_not_by(asked, user)
    return {
        "rules": described(asked.definition, of=Sequence),
        "texts": [
            (
                " ".join(filter(None, (_("Step %(n)s") % {"n": one["variant"]}, one["language"]))),
                one["text"],
            )
            for one in asked.definition.get("texts", ())
        ],
        "before": before,
        "changes": changes_between(before.definition, asked.definition, of=Sequence)
        if before
        else [],
        # The request is for what the sequence was; a change since then makes it void.
        "void": changed_labels(asked.definition, now.stored, of=Sequence)
        if now.rule_hash != asked.hash
        else "",
        "why_not": why,
        "may_decide": not why,
    }
