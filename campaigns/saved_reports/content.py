"""What the mail of a report says: the figures in words, and a CSV with a row for each run."""

from __future__ import annotations

import io
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from campaigns.models import ReportMail
from campaigns.reason_text import reason_text
from campaigns.reports.period import PeriodReport
from campaigns.reports.period_figures import PeriodFigures
from campaigns.reports.period_table import write_period
from sending.states import DeliveryState

#: Lines of a list in a mail; the file has all.
SHOWN = 5
#: Characters of a line of names.
LONGEST_NAMES = 300


def subject_line(mail: ReportMail) -> str:
    """Return the subject, one line, in the active language."""
    words = f"{mail.report.name}: {mail.since} – {mail.until}"
    return " ".join(words.split())[:200]


def mail_text(mail: ReportMail, report: PeriodReport) -> str:
    """Return the text, in the active language."""
    head = _("%(name)s, %(since)s to %(until)s") % {
        "name": mail.report.name,
        "since": mail.since,
        "until": mail.until,
    }
    for words, names in report.chosen.words():
        head += f"\n{words}: {_short(names)}"
    parts = [
        head,
        _figures(report) if report.runs else _("No run was planned in this period."),
        _list(_("By label"), [(label.name, figures) for label, figures in report.labels]),
        _list(
            _("By account"),
            [(f"{account.uin} {account.name}".strip(), one) for account, one in report.accounts],
        ),
        _reasons(report),
        _left_out(report),
        _address(mail, report),
        _("The file has a row for each run. You get this because the saved report names you."),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def csv_file(report: PeriodReport) -> bytes:
    """Return the runs as CSV; formulas are defused."""
    out = io.BytesIO()
    write_period(report=report, format="csv", out=out)
    return out.getvalue()


def _figures(report: PeriodReport) -> str:
    total = report.total
    rate = total.reply_rate
    replied = f"{total.replied:,}" + (f" ({100 * rate:.1f} %)" if rate is not None else "")
    lines: list[tuple[str, Any]] = [
        (_("runs"), f"{len(report.runs):,}"),
        (_("people"), f"{total.targeted:,}"),
        (_("sent"), f"{total.sent:,}"),
        (_("failed"), f"{total.states[DeliveryState.FAILED]:,}"),
        (_("unknown"), f"{total.states[DeliveryState.UNKNOWN]:,}"),
        (_("replied"), replied),
        (_("opted out"), f"{total.opted_out:,}"),
    ]
    return "\n".join(f"{words}: {value}" for words, value in lines)


def _list(title: str, rows: list[tuple[str, PeriodFigures]]) -> str:
    if not rows:
        return ""
    lines = [
        _("%(name)s: %(sent)s sent, %(replied)s replied")
        % {"name": name, "sent": f"{figures.sent:,}", "replied": f"{figures.replied:,}"}
        for name, figures in rows[:SHOWN]
    ]
    return "\n".join([title, *(f"- {line}" for line in lines)])


def _reasons(report: PeriodReport) -> str:
    if not report.reasons:
        return ""
    lines = [
        f"- {DeliveryState(state).label}: {reason_text(reason)}: {n:,}"
        for state, reason, n in report.reasons[:SHOWN]
    ]
    return "\n".join([_("Not sent, and why"), *lines])


def _left_out(report: PeriodReport) -> str:
    """Return that runs are missing from the figures of accounts; "" if none is."""
    if not report.accounts_left_out:
        return ""
    return ngettext(
        "%(n)d large run is not in the figures by account yet.",
        "%(n)d large runs are not in the figures by account yet.",
        report.accounts_left_out,
    ) % {"n": report.accounts_left_out}


def _short(names: str) -> str:
    return names if len(names) <= LONGEST_NAMES else f"{names[:LONGEST_NAMES]} …"


def _address(mail: ReportMail, report: PeriodReport) -> str:
    """Return the URL of the report; "" without CONSOLE_URL."""
    if not settings.CONSOLE_URL:
        return ""
    asked: dict[str, Any] = {
        "since": mail.since,
        "until": mail.until,
        **report.chosen.as_query(),
    }
    return f"{settings.CONSOLE_URL.rstrip('/')}{reverse('reports')}?{urlencode(asked, doseq=True)}"
