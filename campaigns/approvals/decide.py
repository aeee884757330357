"""What every decision on a request writes."""

from __future__ import annotations

from typing import Any

from campaigns.models import ApprovalRequest
from campaigns.models.approval_request import LONGEST_COMMENT
from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def decide(request: ApprovalRequest, state: str, *, by: Any, comment: str) -> None:
    """Write a decision, in the caller's transaction."""
    rows: Any = type(request)._default_manager.filter(pk=request.pk)
    rows.transition(to=state, decided_by=by, decided_at=shared.wall(), comment=comment.strip())
    request.refresh_from_db()


def with_comment(sentence: Any, by: Any, comment: str) -> Any:
    """Return a sentence with the name of who decided, and their comment."""
    said = sentence % {"who": str(by)}
    return said + f" {comment.strip()}" if comment.strip() else said


def refuse_comment(comment: str) -> None:
    """Refuse a comment that is too long to be kept.

    Raises:
        Refusal: it is (`comment_too_long`).
    """
    if len(comment) > LONGEST_COMMENT:
        raise Refusal(
            _("The comment has %(length)s characters; at most %(most)s are kept.")
            % {"length": len(comment), "most": LONGEST_COMMENT},
            code="comment_too_long",
        )


def nothing_waits(subject: Any) -> Refusal:
    """Return the refusal of a decision on what waits for none."""
    return Refusal(
        _("“%(name)s” does not wait for an approval.") % {"name": subject.name},
        code="nothing_to_approve",
    )


def other_request(subject: Any) -> Refusal:
    """Return the refusal of a decision on an earlier request than the open one."""
    return Refusal(
        _("“%(name)s” was asked for again meanwhile. Look at what it is now, then decide.")
        % {"name": subject.name},
        code="changed",
    )
