"""Times as the verbs of `manage.py campaign` print them for people."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone


def local_text(moment: datetime) -> str:
    """Return a time in the console's time zone, to the second."""
    return timezone.localtime(moment).strftime("%Y-%m-%d %H:%M:%S")
