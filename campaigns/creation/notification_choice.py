"""Whom a campaign tells of its events: the choice, checked and stored."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from campaigns.models import CampaignNotifications
from campaigns.models.notification import LONGEST_TARGET
from campaigns.notification_states import NotificationEvent
from clocks import shared
from foundation.public_address import refuse_private
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


def refuse_without_right(by: Any) -> None:
    """Refuse to set whom a campaign tells, for an operator who may not change campaigns.

    Args:
        by: the operator; None for the command line, which has every right.

    Raises:
        Refusal: the operator may not (`no_right`).
    """
    if by is not None and not by.has_perm(CHANGE):
        raise Refusal(
            _("%(who)s may not change campaigns. Ask an administrator.") % {"who": str(by)},
            code="no_right",
        )


def choice_of(row: CampaignNotifications) -> CampaignChoice:
    """Return the choice that is stored, with its secret."""
    return CampaignChoice(
        row.events, row.addresses, row.webhook_url, row.webhook_secret, row.bad_share
    )


def checked_choice(choice: CampaignChoice) -> CampaignChoice:
    """Return a choice as it is stored.

    Raises:
        Refusal: a value cannot be one.
    """
    return CampaignChoice(
        events=clean_events(choice.events),
        addresses=clean_addresses(choice.addresses),
        webhook_url=clean_webhook(choice.webhook_url),
        webhook_secret=clean_secret(choice.webhook_secret),
        bad_share=clean_bad_share(choice.bad_share),
    )


def store_choice(row: CampaignNotifications, choice: CampaignChoice, *, by: Any) -> str:
    """Store a checked choice; return the secret that was made for its webhook, or ""."""
    url, secret, made = choice.webhook_url, choice.webhook_secret, ""
    if url and not secret and not row.webhook_secret:
        secret = made = secrets.token_urlsafe(32)
    row.events, row.addresses, row.webhook_url = list(choice.events), list(choice.addresses), url
    row.webhook_secret = (secret or row.webhook_secret) if url else ""
    row.bad_share, row.since = choice.bad_share, shared.wall()
    row._history_user = by  # type: ignore[attr-defined]
    row.save()
    return made


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


def clean_bad_share(percent: int) -> int:
    """Return the percentage of bad answers above which a campaign tells.

    Raises:
        Refusal: it is none (`bad_share`).
    """
    if not 1 <= percent <= 100:
        raise Refusal(_("The share of bad answers is 1 to 100 percent."), code="bad_share")
    return percent


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
