"""Whom a campaign tells of its events, in its definition."""

from __future__ import annotations

from typing import Any

from campaigns.creation.notification_choice import (
    CampaignChoice,
    choice_of,
    clean_addresses,
    clean_bad_share,
    clean_events,
    clean_webhook,
    refuse_without_right,
    store_choice,
)
from campaigns.definitions.reader import FieldReader
from campaigns.models import Campaign, CampaignNotifications
from campaigns.models.notification_settings import DEFAULT_BAD_SHARE

KEYS = ("events", "addresses", "webhook", "bad_share")


def written_notifications(campaign: Campaign) -> dict[str, Any] | None:
    """Return what a file says of them, without the secret of the webhook; None without any."""
    told = CampaignNotifications.objects.filter(campaign=campaign).first()
    if told is None:
        return None
    whole = {
        "events": told.events,
        "addresses": told.addresses,
        "webhook": told.webhook_url,
        "bad_share": told.bad_share,
    }
    return {key: value for key, value in whole.items() if value not in ("", [])}


def read_notifications(reader: FieldReader, *, by: Any) -> CampaignChoice | None:
    """Return what a file says of them; None without any. What is wrong is noted."""
    inside = reader.reader("notifications")
    if inside is None:
        return None
    inside.refuse_unknown(KEYS)
    reader.attempt("notifications", lambda: refuse_without_right(by), None)
    events = [text for text, _line in inside.texts("events")]
    addresses = [text for text, _line in inside.texts("addresses")]
    webhook, share = inside.text("webhook"), inside.whole("bad_share")
    return CampaignChoice(
        events=inside.attempt("events", lambda: clean_events(events), []),
        addresses=inside.attempt("addresses", lambda: clean_addresses(addresses), []),
        webhook_url=inside.attempt("webhook", lambda: clean_webhook(webhook), ""),
        bad_share=inside.attempt(
            "bad_share",
            lambda: clean_bad_share(DEFAULT_BAD_SHARE if share is None else share),
            DEFAULT_BAD_SHARE,
        ),
    )


def store_notifications(campaign: Campaign, choice: CampaignChoice, *, by: Any) -> None:
    """Let a new campaign tell them. Its webhook gets a secret of its own."""
    store_choice(CampaignNotifications(campaign=campaign), choice, by=by)


def clone_notifications(original: Campaign, copy: Campaign, *, by: Any) -> None:
    """Let a copy tell whom the original tells, with the same secret."""
    told = CampaignNotifications.objects.filter(campaign=original).first()
    if told is not None:
        store_notifications(copy, choice_of(told), by=by)
