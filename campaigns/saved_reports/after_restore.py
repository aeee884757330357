"""Mails of reports in a restored installation: who may have got one since gets no second one."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from campaigns.models import ReportMail, SavedReport
from campaigns.report_states import OPEN_MAIL_STATES, MailState
from campaigns.saved_reports.keep import next_date
from campaigns.scheduling.rule import read_rule
from clocks import shared
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def forget_open_mails() -> None:
    """End the open mails as unknown, and go on with the first date after now."""
    ReportMail.objects.filter(state__in=OPEN_MAIL_STATES).update(
        state=MailState.UNKNOWN,
        last_error=_(
            "Restored from a backup: it may have been sent since, so it is not sent again."
        ),
    )
    for report in SavedReport.objects.filter(next_at__isnull=False):
        try:
            rule = read_rule(report.every)
            report.next_at = next_date(rule, ZoneInfo(report.timezone), after=shared.wall())
        except (Refusal, ValueError, KeyError):
            report.next_at = None
        report.save(update_fields=["next_at"])
