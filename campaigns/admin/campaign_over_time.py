"""The results of a run over time: a chart that can be read to the minute, and its table."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

from campaigns.admin.result_code_colours import CODE_COLOURS
from campaigns.models import CampaignRun
from foundation.spans import span_words
from sending.admin.code_mark import code_mark
from sending.code_meanings import code_meaning
from sending.runs.over_time import OverTime, results_over_time

#: Seconds for which the figures are cached for all viewers; the page asks every 10 s.
CACHE_SECONDS = 5
#: Steps for which a chart has room at least, so that a run of a minute is not a point over years.
LEAST_STEPS = 10
#: Codes that get a line of their own, the most frequent first; the others are summed.
SHOWN_CODES = 5
#: Rows of the table, the newest.
SHOWN_ROWS = 120


class CampaignOverTime:
    """Mixin of CampaignAdmin: the fragment with the chart."""

    def over_time_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Answer with the chart of a run and its table."""
        _campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        if run is None:
            raise Http404
        key = f"console-over-time-{run.pk}"
        found: Any = cache.get_or_set(key, lambda: results_over_time(run=run), CACHE_SECONDS)
        context = {"run": run, **chart_context(run, found)}
        return TemplateResponse(request, "console/campaign/over_time.html", context)


def chart_context(run: CampaignRun, found: OverTime) -> dict[str, Any]:
    """Return the data of the chart and the rows of its table."""
    series = _series(found)
    codes = [*list(found.codes)[:SHOWN_CODES], ""]  # the last one: all others
    zone = ZoneInfo(run.timezone)
    steps = list(zip(found.starts, *(values for _words, _colour, values in series), strict=True))
    return {
        "chart": {
            "starts": found.starts,
            "width": found.width * 60,
            "least_steps": LEAST_STEPS,
            "timezone": run.timezone,
            "time": _("Time"),
            "series": [
                {"words": str(words), "colour": colour, "values": values}
                for words, colour, values in series
            ],
        },
        "headings": [
            code_mark(code, words) if code else words
            for (words, _colour, _values), code in zip(series, codes, strict=False)
        ],
        "rows": [
            (datetime.fromtimestamp(start, zone), values)
            for start, *values in reversed(steps[-SHOWN_ROWS:])
            if any(values)
        ],
        "is_table_cut": len(steps) > SHOWN_ROWS,
        "step": span_words(found.width * 60),
        "is_by_minute": found.width == 1,
    }


def _series(found: OverTime) -> list[tuple[Any, str, list[int]]]:
    """Return words, colour and values of each line; rare codes are one line together."""
    codes = list(found.codes.items())
    shown = [
        (code_meaning(code), CODE_COLOURS.get(code, "danger"), values)
        for code, values in codes[:SHOWN_CODES]
    ]
    if others := [values for _code, values in codes[SHOWN_CODES:]]:
        summed = [sum(step) for step in zip(*others, strict=True)]
        shown.append((_("other results"), "neutral", summed))
    return shown
