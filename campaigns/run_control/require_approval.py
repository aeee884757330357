"""The service that switches approval on or off for every campaign."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from campaigns.models import ApprovalSettings
from campaigns.models.approval_settings import ONLY
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

PERMISSION = "campaigns.change_approvalsettings"


def require_approval(*, is_required: bool, by: Any = None) -> ApprovalSettings:
    """Set whether every campaign needs approval; the change is in the setting's history.

    Args:
        is_required: whether it does.
        by: the operator; None for the command line, which has every right.

    Raises:
        Refusal: the operator may not (`no_right`).
    """
    if by is not None and not by.has_perm(PERMISSION):
        raise Refusal(
            _("%(who)s may not change the approval settings. Ask an administrator.") % {"who": by},
            code="no_right",
        )
    with transaction.atomic():
        ApprovalSettings.objects.get_or_create(pk=ONLY)
        row = ApprovalSettings.objects.select_for_update().get(pk=ONLY)
        if row.is_required != is_required:
            row.is_required = is_required
            row._history_user = by  # type: ignore[attr-defined]
            row.save()
    return row
