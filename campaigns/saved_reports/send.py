"""Sends the mails of reports, each at most once.

A mail is marked as being sent before the first byte leaves. A definite refusal of the mail server
queues it again. Everything else (the process died, the connection broke after the mail was handed
over) leaves open whether it arrived, and such a mail is not sent again: it ends as unknown.
"""

from __future__ import annotations

import contextlib
import logging
import smtplib
import socket
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db.models import F
from django.utils.translation import override

from campaigns.models import ReportMail
from campaigns.report_states import MailState
from campaigns.reports.period import report_of_period
from campaigns.saved_reports.content import csv_file, mail_text, subject_line
from campaigns.saved_reports.keep import filter_of
from campaigns.saved_reports.recipients import address_of, language_of, refuse_unfit
from clocks import local, shared
from foundation.bounded_time import LONGEST, cut_after
from foundation.failpoints import failpoint
from foundation.failures import is_shared_failure, traceback_without_messages
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

log = logging.getLogger(__name__)

#: Pauses after the tries but the last, seconds: from a minute to 6 hours, 14 hours together.
PAUSES = (60, 120, 300, 900, 1_800, 3_600, 7_200, 14_400, 21_600)
MOST_TRIES = len(PAUSES) + 1
#: Seconds after which the process that sends one is presumed dead. Sending takes 10 s at most.
PRESUMED_DEAD_SECONDS = 60
#: A tick sends one after another for so long, seconds.
TICK_SECONDS = 20.0
#: Answers that say for certain that the mail was not taken.
_REFUSED = (
    smtplib.SMTPResponseException,
    smtplib.SMTPRecipientsRefused,
    smtplib.SMTPNotSupportedError,
    UnicodeError,
    ValueError,
)


def send_mails(*, seconds: float = TICK_SECONDS) -> int:
    """Send what is due, one after another, for at most so many seconds; return how many."""
    settle_lost()
    until, sent = local.elapsed() + seconds, 0
    while settings.EMAIL_IS_ON and local.elapsed() < until:
        due = ReportMail.objects.filter(state=MailState.QUEUED, next_at__lte=shared.wall())
        mail = due.select_related("report__label", "user").order_by("next_at", "pk").first()
        if mail is None:
            break
        sent += _send(mail)
    return sent


def settle_lost() -> int:
    """End mails whose process died while it sent them: whether they arrived is not known."""
    lost = ReportMail.objects.filter(state=MailState.SENDING, next_at__lte=shared.wall())
    return lost.transition(
        to=MailState.UNKNOWN,
        last_error=_(
            "The process ended while it sent this mail. It may have arrived, so it is not sent "
            "again."
        ),
    )


def _send(mail: ReportMail) -> bool:
    """Send one mail; return whether it was sent."""
    try:
        refuse_unfit(mail.user)
        with override(language_of(mail.user)):
            message = _message(mail)
        return _hand_over(mail, message)
    except Refusal as refusal:
        _mine(mail).transition(to=MailState.FAILED, last_error=refusal.sentence)
    except Exception as problem:
        if is_shared_failure(problem):
            raise  # of the database: the next tick goes on
        trace = traceback_without_messages(problem)
        log.error("The mail %s of a report failed:\n%s", mail.pk, trace)
        _mine(mail).transition(
            to=MailState.FAILED,
            last_error=_("A program error (%(error)s). The log of the jobs worker has the details.")
            % {"error": type(problem).__name__},
        )
    return False


def _message(mail: ReportMail) -> EmailMessage:
    # The language of the stored texts is that of the moment: the row is read in it again.
    read = ReportMail.objects.select_related("report__label").get(pk=mail.pk)
    zone = ZoneInfo(read.report.timezone) if read.report.timezone else None
    found = report_of_period(
        since=read.since, until=read.until, chosen=filter_of(read.report), zone=zone
    )
    host = settings.EMAIL_FROM.rpartition("@")[2].strip("<> ") or "qqcampaign"
    message = EmailMessage(
        subject=subject_line(read),
        body=mail_text(read, found),
        from_email=settings.EMAIL_FROM,
        to=[address_of(mail.user)],
        headers={"Message-ID": f"<report-{read.pk}-{read.due_at:%Y%m%d%H%M}@{host}>"},
    )
    message.attach(f"report-{read.since}-{read.until}.csv", csv_file(found), "text/csv")
    return message


def _hand_over(mail: ReportMail, message: EmailMessage) -> bool:
    """Claim a mail and give it to the mail server; return whether it was sent."""
    now = shared.wall()
    claimed = (
        _mine(mail)
        .filter(state=MailState.QUEUED)
        .transition(
            to=MailState.SENDING,
            tries=F("tries") + 1,
            next_at=now + timedelta(seconds=PRESUMED_DEAD_SECONDS),
        )
    )
    if not claimed:
        return False  # another process has it
    mail.tries += 1
    backend = get_connection(timeout=LONGEST)
    message.connection = backend
    with cut_after(LONGEST, lambda: _cut(backend)):
        try:
            backend.open()
        except (smtplib.SMTPException, OSError, ValueError) as problem:
            _try_later(mail, problem)  # nothing was sent: there was no conversation
            return False
        try:
            backend.send_messages([message])
        except _REFUSED as problem:
            _try_later(mail, problem)
            return False
        except (smtplib.SMTPException, OSError) as problem:
            _end_unknown(mail, problem)
            return False
        finally:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                backend.close()
    failpoint("after_report_mail")
    moved = _mine(mail).transition(
        to=MailState.SENT, sent_at=shared.wall(), address=message.to[0], last_error=""
    )
    return bool(moved)


def _mine(mail: ReportMail) -> Any:
    """Return the row as this process has it: who was presumed dead records nothing."""
    return ReportMail.objects.filter(pk=mail.pk, tries=mail.tries)


def _try_later(mail: ReportMail, problem: Exception) -> None:
    said = _("The mail server did not take it (%(problem)s).") % {"problem": _words(problem)}
    if mail.tries >= MOST_TRIES:
        _mine(mail).transition(
            to=MailState.FAILED,
            last_error=_("It was tried %(n)d times. %(problem)s")
            % {"n": mail.tries, "problem": said},
        )
        return
    _mine(mail).transition(
        to=MailState.QUEUED,
        next_at=shared.wall() + timedelta(seconds=PAUSES[mail.tries - 1]),
        last_error=said,
    )


def _end_unknown(mail: ReportMail, problem: Exception) -> None:
    _mine(mail).transition(
        to=MailState.UNKNOWN,
        last_error=_(
            "The connection to the mail server broke (%(problem)s). It may have arrived, so it is "
            "not sent again."
        )
        % {"problem": _words(problem)},
    )


def _words(problem: Exception) -> str:
    return f"{type(problem).__name__}: {problem}"[:200]


def _cut(backend: Any) -> None:
    """Close the connection to the mail server under the feet of a `send` that takes too long."""
    with contextlib.suppress(OSError, AttributeError):
        backend.connection.sock.shutdown(socket.SHUT_RDWR)
