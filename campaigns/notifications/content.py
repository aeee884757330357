"""What a notification says: the e-mail, and the JSON of a webhook."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from campaigns.models import Notification
from foundation.times import utc_iso


def page_address(notification: Notification) -> str:
    """Return the URL of the page of the campaign or the sequence; "" without CONSOLE_URL."""
    if not settings.CONSOLE_URL:
        return ""
    base = settings.CONSOLE_URL.rstrip("/")
    if notification.campaign_id is None:
        return f"{base}/campaigns/sequence/{notification.sequence_id}/page/"
    page = f"{base}/campaigns/campaign/{notification.campaign_id}/page/"
    run = notification.run
    return f"{page}?run={run.number}" if run is not None else page


def subject_line(notification: Notification) -> str:
    """Return the subject of the e-mail, one line, in the active language."""
    words = f"{notification.about.name}: {notification.get_event_display()}"
    return " ".join(words.split())[:200]


def mail_text(notification: Notification) -> str:
    """Return the text of the e-mail, in the active language."""
    figures = [
        f"{label}: {notification.data[key]:,}"
        for key, label in _figure_labels()
        if isinstance(notification.data.get(key), int)
    ]
    address = page_address(notification)
    parts = [
        str(notification.sentence),
        "\n".join(figures),
        address,
        _("You get this because the notifications of qqcampaign name this address. Id: %(key)s")
        % {"key": notification.key},
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def json_body(notification: Notification) -> bytes:
    """Return the JSON of a webhook. The keys are a public interface; the sentence is English."""
    run = notification.run
    body = {
        "id": str(notification.key),
        "event": notification.event,
        "at": utc_iso(notification.at),
        "campaign": notification.about.name,  # only campaigns have webhooks
        "run": run.number if run is not None else None,
        "sentence": str(notification.sentence),
        "data": notification.data,
        "url": page_address(notification) or None,
    }
    return json.dumps(body, ensure_ascii=False).encode()


def _figure_labels() -> list[tuple[str, Any]]:
    return [
        ("targeted", _("targeted")),
        ("sent", _("sent")),
        ("failed", _("failed")),
        ("skipped", _("skipped")),
        ("unknown", _("unknown")),
        ("cancelled", _("cancelled")),
        ("pending", _("pending")),
    ]
