"""The services that set who is told what: an operator's own choice, and that of a campaign."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from campaigns.creation.notification_choice import (
    CampaignChoice,
    checked_choice,
    clean_address,
    clean_events,
    refuse_without_right,
    store_choice,
)
from campaigns.models import Campaign, CampaignNotifications, UserNotifications
from campaigns.notifications.make import make_notifications
from clocks import shared
from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _


def choose_for_user(
    *, user: Any, events: Iterable[str], address: str, language: str = ""
) -> UserNotifications:
    """Set of which events an operator is told, and where.

    Raises:
        Refusal: an event or the address cannot be one (`event_unknown`, `address`).
    """
    chosen = clean_events(events)
    address = clean_address(address) if address.strip() or chosen else ""
    make_notifications()  # what happened until now is told by the old settings
    row, _is_new = UserNotifications.objects.update_or_create(
        user=user,
        defaults={
            "events": chosen,
            "address": address,
            "language": language,
            "since": shared.wall(),
        },
    )
    return row


def choose_for_campaign(
    *, campaign: Campaign, choice: CampaignChoice, by: Any = None, seen: str | None = None
) -> tuple[CampaignNotifications, str]:
    """Set whom a campaign tells what; return the settings, and a secret that was made, or "".

    Args:
        campaign: the campaign.
        choice: what is set.
        by: the operator; None for the command line, which has every right.
        seen: the `version` that the operator saw; None: whatever it is now is replaced.

    Raises:
        Refusal: a value cannot be one, the operator may not (`no_right`), or another operator
            changed the settings meanwhile (`changed`).
    """
    refuse_without_right(by)
    checked = checked_choice(choice)
    make_notifications()  # what happened until now is told by the old settings
    with transaction.atomic():
        locked_row(campaign)
        row = CampaignNotifications.objects.filter(campaign=campaign).first()
        if seen is not None and seen != version(row):
            raise Refusal(
                _("Somebody else changed these settings meanwhile. Load the page again."),
                code="changed",
            )
        row = row or CampaignNotifications(campaign=campaign)
        made = store_choice(row, checked, by=by)
    return row, made


def version(row: CampaignNotifications | None) -> str:
    """Return what differs after every change of a campaign's settings."""
    return row.since.isoformat() if row is not None and row.since is not None else ""
