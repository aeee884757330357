"""Deletes requests of long ago from the log, some at a time."""

from __future__ import annotations

from datetime import datetime, timedelta

from api.models import ApiRequest

#: The most that are deleted at once.
STEP = 500


def count_old(before: datetime) -> int:
    """Return how many requests there are to delete."""
    return ApiRequest.objects.filter(at__lt=before).count()


def remove_some(before: datetime) -> int:
    """Delete some requests; return how many."""
    old = ApiRequest.objects.filter(at__lt=before).order_by("at")
    keys = list(old.values_list("pk", flat=True)[:STEP])
    return ApiRequest.objects.filter(pk__in=keys).delete()[0] if keys else 0


def nothing_needs_them() -> tuple[timedelta, str]:
    """Return the least age, and why: none."""
    return timedelta(0), ""
