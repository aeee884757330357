"""Who may approve: a second person with the permission."""

from __future__ import annotations

from itertools import zip_longest
from typing import Any

from campaigns.message_texts import variants_of
from campaigns.models import ApprovalRequest, Campaign, Sequence
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

PERMISSION = "campaigns.approve_campaign"
#: Columns of the history of a campaign or a sequence that are no part of its definition.
_NO_DEFINITION = frozenset(
    {"schedule_state", "schedule_detail", "archived_at", "state", "state_detail", "started_at"}
)
#: The newest entries of a history that are compared.
_MOST_ENTRIES = 50


def may_approve(user: Any) -> bool:
    """Return whether an operator has the permission to approve campaigns of others."""
    return bool(user.is_active and user.has_perm(PERMISSION))


def refuse_approver(approval: ApprovalRequest, *, by: Any) -> None:
    """Refuse an operator who may not decide on a request. Being a superuser changes nothing.

    Raises:
        Refusal: no operator is named (`nobody`), they lack the permission (`no_right`), or it is
            their own (`own_campaign`): they wrote it, asked for the approval, or changed it last.
    """
    if by is None:
        raise Refusal(_("An approval needs the operator who gives it: --by USER."), code="nobody")
    if not may_approve(by):
        raise Refusal(
            _(
                "%(who)s may not approve. Ask somebody with the permission “Can approve campaigns "
                "of others”."
            )
            % {"who": by},
            code="no_right",
        )
    why = why_own(approval, by)
    if why:
        raise Refusal(
            _("%(who)s may not approve “%(name)s”: %(why)s. Ask a second person.")
            % {"who": by, "name": approval.subject.name, "why": why},
            code="own_campaign",
        )


def why_own(approval: ApprovalRequest, by: Any) -> str:
    """Return why a request is the operator's own; "" if it is not."""
    subject = approval.subject
    if subject.created_by_id == by.pk:
        return _("they wrote it")
    if approval.requested_by_id == by.pk:
        return _("they asked for the approval")
    if by.pk in last_changed_by(subject):
        return _("they changed it last")
    return ""


def last_changed_by(subject: Campaign | Sequence) -> set[int]:
    """Return who changed a definition last: of a campaign, its variants and their templates, or of
    a sequence and the templates of its steps.
    """
    if isinstance(subject, Sequence):
        # The form writes an entry also when only the steps changed, which have no history.
        found = {_last_editor(subject, counts_equal=True)}
        texts: list[Any] = list(subject.steps.select_related("template"))
    else:
        found = {_last_editor(subject)}
        texts = [subject, *variants_of(subject)]
        found |= {_last_editor(variant) for variant in texts[1:]}
    found |= {_last_editor(one.template) for one in texts if one.template is not None}
    return found - {None}  # type: ignore[return-value]


def _last_editor(row: Any, *, counts_equal: bool = False) -> int | None:
    """Return who made the newest change of a row's history that is one of its definition.

    Args:
        row: the row.
        counts_equal: whether an entry that differs from the one before in nothing is one.
    """
    entries = list(row.history.order_by("-history_date", "-history_id")[:_MOST_ENTRIES])
    for entry, older in zip_longest(entries, entries[1:]):
        changed = set(entry.diff_against(older).changed_fields) if older is not None else {"all"}
        if changed - _NO_DEFINITION or (counts_equal and not changed):
            user_id: int | None = entry.history_user_id
            return user_id
    return None


def refuse_lifting(campaign: Campaign, *, by: Any) -> None:
    """Refuse to take “needs approval” off a campaign for operators who may not approve it.

    Args:
        campaign: the campaign.
        by: the operator; None for the command line, which has every right.

    Raises:
        Refusal: they may not (`no_right`).
    """
    if by is None or (may_approve(by) and campaign.created_by_id != by.pk):
        return
    raise Refusal(
        _(
            "Only a second person who may approve this campaign can turn “needs approval” off. "
            "Leave it on, or ask them."
        ),
        code="no_right",
        field="needs_approval",
    )
