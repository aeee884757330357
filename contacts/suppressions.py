"""Services for suppressions: suppressing UINs, and lifting suppressions."""

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
    """Suppress UINs; return how many were not suppressed before.

    Args:
        uins: the UINs.
        reason: a SuppressionReason.
        source: the origin in words (a file, a reply, a person's letter), cut to 255 characters.
        contact_list: the list whose campaigns it applies to; None: every campaign.
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
    """Lift one suppression. Only the audit log keeps a record of it."""
    suppression.delete()


def lift_suppressions(*, uins: Iterable[int], contact_list: ContactList | None = None) -> int:
    """Lift the suppressions of all these UINs or of none; return how many UINs they are.

    Args:
        uins: the UINs.
        contact_list: the list whose suppressions are lifted; None: those for every campaign.

    Raises:
        Refusal: one of the UINs is not suppressed (`not_suppressed`).
    """
    wanted = sorted(set(uins))
    with transaction.atomic():
        for start in range(0, len(wanted), CHUNK):
            chunk = wanted[start : start + CHUNK]
            held = Suppression.objects.filter(uin__in=chunk, contact_list=contact_list)
            missing = set(chunk) - set(held.values_list("uin", flat=True))
            if missing:
                raise Refusal(
                    _("There is no suppression of %(uin)d for %(scope)s. Nothing was lifted.")
                    % {"uin": min(missing), "scope": contact_list or _("every campaign")},
                    code="not_suppressed",
                    uins=sorted(missing),
                )
            held.delete()
    return len(wanted)
