"""The services that set who is told what: an operator's own choice, and that of a campaign."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from campaigns.models import Campaign, CampaignNotifications, UserNotifications
from campaigns.models.notification import LONGEST_TARGET
from campaigns.notification_states import NotificationEvent
from campaigns.notifications.make import make_notifications
from campaigns.notifications.public_address import refuse_private
from clocks import shared
from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The most addresses of a campaign, and the longest of one.
MOST_ADDRESSES, LONGEST_ADDRESS = 20, 254
#: The shortest and the longest secret of a webhook, characters.
SHORTEST_SECRET, LONGEST_SECRET = 16, 200
CHANGE = "campaigns.change_campaign"


@dataclass(frozen=True, slots=True)
class CampaignChoice:
    """Whom a campaign tells what.

    Attributes:
        events: values of `NotificationEvent`.
        addresses: e-mail addresses.
        webhook_url: a URL, or "".
        webhook_secret: its secret; "" keeps the present one, or makes one.
        bad_share: the percentage of bad answers above which it is told, 1 to 100.
    """

    events: Sequence[str]
    addresses: Sequence[str] = ()
    webhook_url: str = ""
    webhook_secret: str = ""
    bad_share: int = 10


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
    if by is not None and not by.has_perm(CHANGE):
        raise Refusal(
            _("%(who)s may not change campaigns. Ask an administrator.") % {"who": str(by)},
            code="no_right",
        )
    events = clean_events(choice.events)
    addresses = clean_addresses(choice.addresses)
    url = clean_webhook(choice.webhook_url)
    secret = clean_secret(choice.webhook_secret)
    if not 1 <= choice.bad_share <= 100:
        raise Refusal(_("The share of bad answers is 1 to 100 percent."), code="bad_share")
    make_notifications()  # what happened until now is told by the old settings
    made = ""
    with transaction.atomic():
        locked_row(campaign)
        row = CampaignNotifications.objects.filter(campaign=campaign).first()
        if seen is not None and seen != version(row):
            raise Refusal(
                _("Somebody else changed these settings meanwhile. Load the page again."),
                code="changed",
            )
        row = row or CampaignNotifications(campaign=campaign)
        if url and not secret and not row.webhook_secret:
            secret = made = secrets.token_urlsafe(32)
        row.events, row.addresses, row.webhook_url = events, addresses, url
        row.webhook_secret = (secret or row.webhook_secret) if url else ""
        row.bad_share, row.since = choice.bad_share, shared.wall()
        row._history_user = by  # type: ignore[attr-defined]
        row.save()
    return row, made


def version(row: CampaignNotifications | None) -> str:
    """Return what differs after every change of a campaign's settings."""
    return row.since.isoformat() if row is not None and row.since is not None else ""


def clean_events(events: Iterable[str]) -> list[str]:
    """Return events in their order, each once.

    Raises:
        Refusal: one of them is unknown (`event_unknown`).
    """
    given = set(events)
    unknown = sorted(given - set(NotificationEvent.values))
    if unknown:
        raise Refusal(
            _("There is no event “%(event)s”: choose %(known)s.")
            % {"event": unknown[0][:30], "known": ", ".join(NotificationEvent.values)},
            code="event_unknown",
        )
    return [event for event in NotificationEvent.values if event in given]


def clean_address(text: str) -> str:
    """Return an e-mail address.

    Raises:
        Refusal: it is none (`address`).
    """
    address = text.strip()
    try:
        validate_email(address)
    except ValidationError:
        address = ""
    if not address or len(address) > LONGEST_ADDRESS:
        raise Refusal(
            _("“%(text)s” is not an e-mail address.") % {"text": text.strip()[:100]},
            code="address",
        )
    return address


def clean_addresses(texts: Sequence[str]) -> list[str]:
    """Return e-mail addresses, each once.

    Raises:
        Refusal: one is none (`address`), or there are too many (`too_many_addresses`).
    """
    found = list(dict.fromkeys(clean_address(text) for text in texts[: MOST_ADDRESSES + 1]))
    if len(texts) > MOST_ADDRESSES:
        raise Refusal(
            _("A campaign has at most %(n)d addresses. Use an address of a group.")
            % {"n": MOST_ADDRESSES},
            code="too_many_addresses",
        )
    return found


def clean_webhook(text: str) -> str:
    """Return the URL of a webhook, or "" for none.

    Raises:
        Refusal: it cannot be one (`webhook`), or its host is an address that is not on the
            Internet (`private_address`). A host's name is resolved when it is called.
    """
    url = text.strip()
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        host, is_right = parts.hostname or "", parts.scheme in ("http", "https")
        is_right = is_right and bool(host) and parts.port != 0 and parts.username is None
    except ValueError:
        host, is_right = "", False
    if not is_right or len(url) > LONGEST_TARGET or any(c.isspace() for c in url):
        raise Refusal(
            _("The webhook is not a URL that can be called: write https://host/path."),
            code="webhook",
        )
    if host == "localhost" or _is_address(host):
        refuse_private("127.0.0.1" if host == "localhost" else host)
    return url


def clean_secret(text: str) -> str:
    """Return the secret of a webhook.

    Raises:
        Refusal: it is too short, too long or cannot be stored (`secret`).
    """
    secret = text.strip()
    if secret and not (
        SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET
        and secret.isascii()
        and secret.isprintable()
    ):
        raise Refusal(
            _("The secret has %(least)d to %(most)d letters, digits or signs without accents.")
            % {"least": SHORTEST_SECRET, "most": LONGEST_SECRET},
            code="secret",
        )
    return secret


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdigit()
