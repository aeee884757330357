"""Download of a run's report."""

from __future__ import annotations

import tempfile
from urllib.parse import quote

from django.contrib import messages
from django.http import FileResponse, Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase

from campaigns.admin.page_urls import campaign_url
from campaigns.reports.run_report import write_report
from foundation.acts import take_out
from foundation.refusals import Refusal

CONTENT_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class CampaignReport:
    """Mixin of CampaignAdmin: the report."""

    def report_view(self, request: HttpRequest, object_id: int, format: str) -> HttpResponseBase:
        """Send the report of a run. A temporary file keeps the memory use constant."""
        campaign, run = self._find(request, object_id)  # type: ignore[attr-defined]
        if run is None or format not in CONTENT_TYPES:
            raise Http404
        # The response closes it once it is sent.
        file = tempfile.TemporaryFile()  # noqa: SIM115
        try:
            # Operators open it in a spreadsheet, and people's texts may begin like a formula.
            write_report(run=run, format=format, out=file, defuses_formulas=True)
        except Refusal as refusal:
            file.close()
            messages.error(request, refusal.sentence)
            return HttpResponseRedirect(campaign_url(campaign, run))
        take_out(what=run._meta.label_lower, about=campaign, run=run.number, format=format)
        size = file.tell()
        file.seek(0)
        response = FileResponse(file, content_type=CONTENT_TYPES[format])
        name = quote(f"{campaign.name}-{run.number}.{format}")
        response["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
        response["Content-Length"] = str(size)
        return response
