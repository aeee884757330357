"""Verbs for suppressions: who must never be written to, and who may again."""

from __future__ import annotations

from collections.abc import Iterable

from contacts.models import ContactList, Suppression, SuppressionReason


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
