"""How a list or segment grew, as a chart and a table."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from contacts.daily_sizes import SHOWN_DAYS, sizes_over_time
from contacts.models import ContactList, Segment

#: Rows of the table; the chart has all days.
TABLE_DAYS = 30


def size_context(of: ContactList | Segment) -> dict[str, Any]:
    """Return what console/people/sizes.html shows; without a chart if one day alone is known."""
    known = sizes_over_time(of)
    rows = [(day, people, 0) for day, people in known[:1]]
    rows += [(day, people, people - before) for (_d, before), (day, people) in pairwise(known)]
    context: dict[str, Any] = {
        "sizes": rows[::-1][:TABLE_DAYS],
        "size_days": SHOWN_DAYS,
        "size_chart": None,
    }
    if len(known) > 1:
        zone = timezone.get_current_timezone()
        by_day, first = dict(known), known[0][0]
        days = [first + timedelta(days=n) for n in range((known[-1][0] - first).days + 1)]
        context["size_chart"] = {
            "starts": [int(datetime.combine(day, time(), zone).timestamp()) for day in days],
            "width": 86_400,
            "timezone": str(zone),
            "time": _("Day"),
            # A day on which nothing was counted is a gap of the line.
            "series": [
                {
                    "words": _("people"),
                    "colour": "success",
                    "values": [by_day.get(day) for day in days],
                }
            ],
        }
    return context
