"""Deletes entries that are older than AUDIT_KEEP_DAYS, in small steps."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from audit.models import AuditChange, AuditEntry
from audit.permits import permitted
from clocks import shared

#: The most entries of one step, and the most steps of one call.
STEP, MOST_STEPS = 500, 40


def prune_entries(*, keep_days: float | None = None) -> int:
    """Delete entries older than `keep_days`, or AUDIT_KEEP_DAYS; return how many were deleted."""
    days = settings.AUDIT_KEEP_DAYS if keep_days is None else keep_days
    oldest = shared.wall() - timedelta(days=days)
    deleted = 0
    for _step in range(MOST_STEPS):
        # By the index on the time.
        keys = list(
            AuditEntry.objects.filter(at__lt=oldest)
            .order_by("at")
            .values_list("pk", flat=True)[:STEP]
        )
        if not keys:
            break
        with permitted(purpose="prune"):
            AuditChange.objects.filter(entry_id__in=keys).delete()
            deleted += AuditEntry.objects.filter(pk__in=keys).delete()[0]
    return deleted
