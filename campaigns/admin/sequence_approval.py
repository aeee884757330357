"""The approval page of a sequence: what is asked for, what changed, and the decision."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from campaigns.admin.campaign_approval import APPROVAL_COLOURS, SHOWN_DECISIONS
from campaigns.admin.page_urls import sequence_approval_url, sequence_url
from campaigns.approvals.differences import changed_labels, changes_between, described
from campaigns.approvals.need import sequence_needs_approval
from campaigns.approvals.rights import may_approve, refuse_approver
from campaigns.approvals.sequence_coverage import last_sequence_approval, open_sequence_request
from campaigns.approvals.sequence_definition import definition_of_sequence
from campaigns.models import Sequence, SequenceApproval
from campaigns.models.approval_request import LONGEST_COMMENT
from campaigns.sequences.approve import approve_sequence, reject_sequence
from campaigns.states import ApprovalState
from foundation.admin import require
from foundation.refusals import Refusal


class SequenceApprovalPage:
    """Mixin of SequenceAdmin: the approval page and its two buttons."""

    def approval_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show what waits for an approval, what changed since the last one, and past decisions."""
        require(self.has_view_permission(request))  # type: ignore[attr-defined]
        sequence = self._find(object_id)  # type: ignore[attr-defined]
        asked = open_sequence_request(sequence)
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": Sequence._meta,
            "title": sequence.name,
            "original": sequence,
            "sequence": sequence,
            "asked": asked,
            "is_needed": asked is None and sequence_needs_approval(sequence),
            "decisions": _decisions(sequence),
            "longest_comment": LONGEST_COMMENT,
            **(_asked_context(asked, request.user) if asked is not None else {}),
        }
        return TemplateResponse(request, "console/sequence/approval.html", context)

    def decide_view(self, request: HttpRequest, object_id: int, verb: str) -> HttpResponse:
        """Approve or send back (POST only), and lead to the sequence's page."""
        require(may_approve(request.user))
        sequence = self._find(object_id)  # type: ignore[attr-defined]
        if verb not in ("approve", "reject"):
            raise Http404
        if request.method != "POST":
            return HttpResponseRedirect(sequence_approval_url(sequence))
        comment = request.POST.get("comment", "")
        name = {"name": sequence.name}
        try:
            if verb == "approve":
                seen = request.POST.get("hash", "")
                approve_sequence(sequence=sequence, by=request.user, comment=comment, seen=seen)
                messages.success(request, _("“%(name)s” is approved.") % name)
            else:
                reject_sequence(sequence=sequence, by=request.user, comment=comment)
                messages.success(request, _("“%(name)s” is sent back.") % name)
        except Refusal as refusal:
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(sequence_approval_url(sequence))
        return HttpResponseRedirect(sequence_url(sequence))


def _asked_context(asked: SequenceApproval, user: Any) -> dict[str, Any]:
    """Return what the page shows of an open request."""
    sequence = asked.sequence
    before = last_sequence_approval(sequence)
    now = definition_of_sequence(sequence)
    why = ""
    try:
        refuse_approver(asked, by=user)
    except Refusal as refusal:
        why = refusal.sentence
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


def _decisions(sequence: Sequence) -> list[tuple[SequenceApproval, str]]:
    """Return the decisions that were made, newest first, each with its colour."""
    rows = sequence.approvals.exclude(state=ApprovalState.REQUESTED)
    rows = rows.select_related("requested_by", "decided_by")[:SHOWN_DECISIONS]
    return [(one, APPROVAL_COLOURS[one.state]) for one in rows]
