"""The suppression that an opt-out made: made, lifted, and passed on to another opt-out.

A UIN has one suppression for every campaign. It is an opt-out's as long as its reason and its
`created_at` are those that the opt-out gave it: an operator's suppression takes its place.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from contacts.models import Suppression, SuppressionReason
from foundation.sentences import Sentence as _
from foundation.sentences import read, stored
from foundation.times import utc_iso
from sending.models import OptOut


def suppress_by(opt_out: OptOut) -> None:
    """Suppress the person for every campaign, and note on the opt-out what that changed.

    Nothing changes if the person is suppressed for good already.
    """
    everywhere = Suppression.objects.filter(uin=opt_out.uin, contact_list=None)
    earlier = everywhere.select_for_update().first()
    Suppression.objects.put(
        [
            Suppression(
                uin=opt_out.uin,
                reason=SuppressionReason.REPLIED,
                source=_source(opt_out),
                created_at=opt_out.at,
            )
        ]
    )
    opt_out.took_effect = made_by(opt_out).exists()
    opt_out.replaced = None
    if opt_out.took_effect and earlier is not None and earlier.until is not None:
        opt_out.replaced = _as_data(earlier)


def lift_by(opt_out: OptOut, *, heir: OptOut | None = None) -> bool:
    """Lift the suppression that an opt-out made; return whether there was one.

    Args:
        opt_out: the opt-out.
        heir: another opt-out of the person, which stands: the suppression becomes its own.
    """
    if heir is not None:
        passed_on = made_by(opt_out).update(created_at=heir.at, source=_source(heir))
        if passed_on:
            heir.took_effect, heir.replaced = True, opt_out.replaced
            heir.save(update_fields=["took_effect", "replaced"])
        return bool(passed_on)
    lifted, _rows = made_by(opt_out).delete()
    if lifted and opt_out.replaced is not None:
        earlier = _from_data(opt_out.uin, opt_out.replaced)
        if not earlier.has_ended:
            Suppression.objects.put([earlier])
    return bool(lifted)


def made_by(opt_out: OptOut) -> QuerySet[Suppression]:
    """Return the suppression that an opt-out made, or none if it is gone or somebody else's."""
    return Suppression.objects.filter(
        uin=opt_out.uin,
        contact_list=None,
        reason=SuppressionReason.REPLIED,
        created_at=opt_out.at,
        until=None,
    )


def _source(opt_out: OptOut) -> str:
    return _("replied “%(word)s” to %(account)s") % {
        "word": opt_out.word,
        "account": opt_out.account.uin,
    }


def _as_data(row: Suppression) -> dict[str, Any]:
    return {
        "reason": row.reason,
        "source": stored(row.source),
        "created_at": utc_iso(row.created_at),
        "until": utc_iso(row.until),
    }


def _from_data(uin: int, data: dict[str, Any]) -> Suppression:
    return Suppression(
        uin=uin,
        reason=data["reason"],
        source=read(data["source"]),
        created_at=datetime.fromisoformat(data["created_at"]),
        until=datetime.fromisoformat(data["until"]),
    )
