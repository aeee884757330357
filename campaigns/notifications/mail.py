"""Sends a notification by e-mail, through Django's backend."""

from __future__ import annotations

import contextlib
import socket
from smtplib import SMTPException
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.utils.translation import override

from campaigns.models import Notification, UserNotifications
from campaigns.notifications.content import mail_text, subject_line
from campaigns.notifications.unsent import Unsent
from foundation.bounded_time import LONGEST, cut_after
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def send_mail(notification: Notification) -> None:
    """Send a notification to its address.

    Raises:
        Refusal: e-mail is off (`mail_off`).
        Unsent: the mail server did not take it; it may later.
    """
    if not settings.EMAIL_IS_ON:
        raise Refusal(
            _("E-mail is off. Set EMAIL_URL and EMAIL_FROM, then retry this notification."),
            code="mail_off",
        )
    backend = get_connection(timeout=LONGEST)
    try:
        with override(_language(notification)), cut_after(LONGEST, lambda: _cut(backend)):
            _message(notification, backend).send()
    except (SMTPException, OSError, UnicodeError, ValueError) as problem:
        raise Unsent(
            _("The mail server did not take it (%(problem)s).")
            % {"problem": f"{type(problem).__name__}: {problem}"[:200]}
        ) from None


def _message(notification: Notification, backend: Any) -> EmailMessage:
    # The language of the lazy texts is that of the moment: the row is read in it again.
    read = Notification.objects.select_related("campaign", "sequence", "run").get(
        pk=notification.pk
    )
    host = settings.EMAIL_FROM.rpartition("@")[2].strip("<> ") or "qqcampaign"
    return EmailMessage(
        subject=subject_line(read),
        body=mail_text(read),
        from_email=settings.EMAIL_FROM,
        to=[read.target],
        connection=backend,
        headers={"Message-ID": f"<{read.key}@{host}>", "X-Qqcampaign-Id": str(read.key)},
    )


def _language(notification: Notification) -> str:
    """Return the language an operator chose, or that of the installation."""
    chosen = UserNotifications.objects.filter(user=notification.user_id).first()
    is_own = notification.user_id is not None and chosen is not None
    return (chosen.language if is_own and chosen is not None else "") or settings.LANGUAGE_CODE


def _cut(backend: Any) -> None:
    """Close the connection to the mail server under the feet of a `send` that takes too long."""
    with contextlib.suppress(OSError, AttributeError):
        backend.connection.sock.shutdown(socket.SHUT_RDWR)
