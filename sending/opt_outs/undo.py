"""The service that takes back what a reply did that was wrongly taken for an opt-out or opt-in."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from clocks import shared
from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import Confirmation, OptDirection, OptOut
from sending.opt_outs.reply_suppressions import lift_by, suppress_by


def undo_opt_out(*, opt_out: OptOut, by: Any = None) -> bool:
    """Undo an opt-out or an opt-in; return whether the person's suppression changed.

    Of an opt-out only the suppression that it made is lifted. If the person opted out more than
    once, they stay suppressed by the others. Of an opt-in, the opt-outs that it undid stand again.
    Messages that were skipped meanwhile stay skipped.

    Args:
        opt_out: the row.
        by: the operator.

    Raises:
        Refusal: it was undone already (`already_undone`), or erased (`gone`).
    """
    with transaction.atomic():
        row = locked_row(opt_out)
        if row.undone_at is not None:
            raise Refusal(
                _("What %(uin)s replied has been undone already.") % {"uin": str(row.uin)},
                code="already_undone",
            )
        row.undone_at, row.undone_by = shared.wall(), by
        if row.confirmation == Confirmation.WAITING:
            row.confirmation = Confirmation.DROPPED
        row.save(update_fields=["undone_at", "undone_by", "confirmation"])
        if row.direction == OptDirection.IN:
            return _stand_again(row)
        heir = _standing(row.uin).exclude(pk=row.pk).first()
        return lift_by(row, heir=heir) and heir is None


def _stand_again(opt_in: OptOut) -> bool:
    """Let the opt-outs that an opt-in undid stand again; return whether the person is suppressed.

    The newest suppresses again. It says so itself when another suppression is in force already.
    """
    again = list(opt_in.undid.select_for_update().order_by("-pk"))
    for opt_out in again:
        opt_out.undone_at = opt_out.undone_by_reply = None
        opt_out.took_effect = False
        opt_out.replaced = None
    for opt_out in again[:1]:
        suppress_by(opt_out)
    for opt_out in again:
        opt_out.save(update_fields=["undone_at", "undone_by_reply", "took_effect", "replaced"])
    return any(opt_out.took_effect for opt_out in again)


def _standing(uin: int) -> Any:
    return (
        OptOut.objects.select_for_update(of=("self",))
        .select_related("account")
        .filter(uin=uin, direction=OptDirection.OUT, undone_at=None)
        .order_by("-pk")
    )
