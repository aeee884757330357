"""Verbs for suppressions: who must never be written to, and who may again."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.utils.translation import gettext as _

from contacts.models import ContactList, Suppression, SuppressionReason
from foundation.refusals import Refusal

#: UINs per statement: SQLite takes a bounded number of parameters.
CHUNK = 500


def suppress(
    *,
    uins: Iterable[int],
    reason: str = SuppressionReason.BY_HAND,
    source: str = "",
    contact_list: ContactList | None = None,
) -> int:
    """Never write to these UINs again; return how many were not suppressed before.

    Args:
        uins: whom.
        reason: a SuppressionReason.
        source: where it comes from, in words (a file, a reply, a person's letter).
        contact_list: only in campaigns to this list; None: in all of them.
    """
    wanted = set(uins)
    known = Suppression.objects.filter(uin__in=wanted, contact_list=contact_list)
    new = wanted - set(known.values_list("uin", flat=True))
    Suppression.objects.bulk_create(
        [
            Suppression(uin=uin, contact_list=contact_list, reason=reason, source=source[:255])
            for uin in sorted(new)
        ],
        ignore_conflicts=True,
        batch_size=1000,
    )
    return len(new)


def lift_suppression(*, suppression: Suppression) -> None:
    """Allow writing to this UIN again; an operator's decision, kept nowhere but in the audit."""
    suppression.delete()


def lift_suppressions(*, uins: Iterable[int], contact_list: ContactList | None = None) -> int:
    """Allow writing to these UINs again, all of them or none; return how many.

    Args:
        uins: whom.
        contact_list: in campaigns to this list; None: what holds for all campaigns is lifted.

    Raises:
        Refusal: one of them is not suppressed (`not_suppressed`).
    """
    wanted = sorted(set(uins))
    with transaction.atomic():
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            held = Suppression.objects.filter(uin__in=chunk, contact_list=contact_list)
            missing = set(chunk) - set(held.values_list("uin", flat=True))
            if missing:
                raise Refusal(
                    _("%(uin)d is not suppressed for %(scope)s. Nothing was lifted.")
                    % {"uin": min(missing), "scope": contact_list or _("every campaign")},
                    code="not_suppressed",
                    uins=sorted(missing),
                )
            held.delete()
    return len(wanted)
