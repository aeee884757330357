"""What the approval pages of campaigns and of sequences share: past decisions, and the buttons."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext as _

from campaigns.approvals.rights import refuse_approver
from campaigns.models import ApprovalRequest, Campaign, Sequence
from campaigns.states import ApprovalState
from foundation.refusals import Refusal

#: The decisions that are listed.
SHOWN_DECISIONS = 20
APPROVAL_COLOURS = {
    ApprovalState.REQUESTED: "warning",
    ApprovalState.APPROVED: "success",
    ApprovalState.REJECTED: "danger",
    ApprovalState.WITHDRAWN: "",
}


def decisions_of(subject: Campaign | Sequence, *related: str) -> list[tuple[Any, str]]:
    """Return the decisions that were made, newest first, each with its colour.

    Args:
        subject: the campaign or the sequence.
        related: further columns whose rows the page shows.
    """
    rows = subject.approvals.exclude(state=ApprovalState.REQUESTED)
    rows = rows.select_related("requested_by", "decided_by", *related)[:SHOWN_DECISIONS]
    return [(one, APPROVAL_COLOURS[one.state]) for one in rows]


def why_not_by(asked: ApprovalRequest, user: Any) -> str:
    """Return why a user may not decide on a request; "" if they may."""
    try:
        refuse_approver(asked, by=user)
    except Refusal as refusal:
        return refusal.sentence
    return ""


def post_decision(
    request: HttpRequest,
    verb: str,
    *,
    name: str,
    approve: Callable[..., Any],
    reject: Callable[..., Any],
    approval_page: str,
    page: str,
) -> HttpResponse:
    """Approve or send back (POST only), and lead to the page; after a refusal to the request.

    Args:
        request: with the fields "comment" and "hash".
        verb: "approve" or "reject".
        name: the name of what is decided on.
        approve, reject: the services; they take `by`, `comment` and, to approve, `seen`.
        approval_page: the URL of the page with the request.
        page: the URL of the page of what was decided on.
    """
    if verb not in ("approve", "reject"):
        raise Http404
    if request.method != "POST":
        return HttpResponseRedirect(approval_page)
    comment = request.POST.get("comment", "")
    try:
        if verb == "approve":
            approve(by=request.user, comment=comment, seen=request.POST.get("hash", ""))
            messages.success(request, _("“%(name)s” is approved.") % {"name": name})
        else:
            reject(by=request.user, comment=comment)
            messages.success(request, _("“%(name)s” is sent back.") % {"name": name})
    except Refusal as refusal:
        messages.error(request, refusal.sentence)
        return HttpResponseRedirect(approval_page)
    return HttpResponseRedirect(page)
