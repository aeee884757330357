"""The arguments of the command `notifications`, and its rows as JSON and as a table."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from campaigns.models import CampaignNotifications, Notification, UserNotifications
from campaigns.models.notification_settings import DEFAULT_BAD_SHARE
from campaigns.notification_states import NotificationEvent, NotificationState, TargetKind
from foundation.terminal_tables import table
from foundation.times import clock, utc_iso

HELP = {
    "list": "what was sent to whom, newest first",
    "retry": "send failed ones again",
    "user": "of which events an operator is told by e-mail",
    "campaign": "who else is told of a campaign's events",
}


def add_notification_actions(
    parser: argparse.ArgumentParser, *, add_json: Callable[[argparse.ArgumentParser], None]
) -> None:
    """Add the actions and their arguments to the parser of the command."""
    actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
    made = {
        action: actions.add_parser(action, help=words, description=words)
        for action, words in HELP.items()
    }
    for one in made.values():
        add_json(one)
    listing, retry = made["list"], made["retry"]
    for one in (listing, retry):
        one.add_argument("--campaign", metavar="NAME", help="of this campaign alone")
    listing.add_argument("--state", choices=NotificationState.values)
    listing.add_argument("--after", type=int, default=0, metavar="N", help="go on after this one")
    listing.add_argument("--limit", type=int, default=50, metavar="N", help="at most 1000")
    retry.add_argument("keys", nargs="*", metavar="ID", help="these; none: all that failed")
    retry.add_argument("--by", metavar="USER")
    user, campaign = made["user"], made["campaign"]
    user.add_argument("name", metavar="USER")
    campaign.add_argument("name", metavar="NAME")
    for one in (user, campaign):
        one.add_argument(
            "--event", action="append", dest="events", choices=NotificationEvent.values,
            help="one event; repeat it for more",
        )  # fmt: skip
        one.add_argument("--off", action="store_true", help="no events")
    user.add_argument("--address", metavar="ADDRESS")
    user.add_argument("--language", choices=["en", "zh-hans"])
    campaign.add_argument(
        "--to", action="append", dest="addresses", metavar="ADDRESS", help="repeat it for more"
    )
    campaign.add_argument("--webhook", metavar="URL", help='"" removes it')
    campaign.add_argument("--secret-file", metavar="FILE", help="a file with the secret")
    campaign.add_argument("--bad-share", type=int, metavar="PERCENT")
    campaign.add_argument("--by", metavar="USER")


def notification_data(row: Notification) -> dict[str, Any]:
    """Return a notification for JSON. The keys are a public interface."""
    return {
        "id": str(row.key),
        "event": row.event,
        "campaign": row.campaign.name if row.campaign is not None else None,
        "sequence": row.sequence.name if row.sequence is not None else None,
        "run": row.run.number if row.run is not None else None,
        "at": utc_iso(row.at),
        "kind": row.target_kind,
        "target": shown_target(row.target_kind, row.target),
        "state": row.state,
        "tries": row.tries,
        "next_at": utc_iso(row.next_at) if row.state == NotificationState.QUEUED else None,
        "sent_at": utc_iso(row.sent_at),
        "last_error": str(row.last_error),
        "sentence": str(row.sentence),
    }


def notifications_text(rows: Iterable[Notification]) -> str:
    """Return notifications as a table."""
    lines = [
        (
            str(row.key)[:8], clock(row.at), row.about.name, row.event,
            shown_target(row.target_kind, row.target), row.get_state_display(), row.tries,
            str(row.last_error),
        )
        for row in rows
    ]  # fmt: skip
    heading = (
        _("id"), _("at"), _("campaign"), _("event"), _("to"), _("state"), _("tries"),
        _("last problem"),
    )  # fmt: skip
    return table(heading=heading, rows=lines) if lines else _("There are no notifications.")


def shown_target(kind: str, target: str) -> str:
    """Return a target without the path of a webhook, which may hold a secret."""
    if kind != TargetKind.WEBHOOK:
        return target
    parts = urlsplit(target)
    return f"{parts.scheme}://{parts.hostname or ''}/…"


def user_data(name: str, row: UserNotifications | None) -> dict[str, Any]:
    """Return an operator's settings for JSON. The keys are a public interface."""
    return {
        "user": name,
        "events": row.events if row is not None else [],
        "address": row.address if row is not None else "",
        "language": row.language if row is not None else "",
    }


def campaign_data(name: str, row: CampaignNotifications | None) -> dict[str, Any]:
    """Return a campaign's settings for JSON. The keys are a public interface."""
    return {
        "campaign": name,
        "events": row.events if row is not None else [],
        "addresses": row.addresses if row is not None else [],
        "webhook": row.webhook_url if row is not None else "",
        "has_secret": bool(row is not None and row.webhook_secret),
        "bad_share": row.bad_share if row is not None else DEFAULT_BAD_SHARE,
    }
