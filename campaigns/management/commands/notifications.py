"""The command `notifications list|retry|user|campaign`."""

from __future__ import annotations

import argparse
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from campaigns.commands.notification_arguments import (
    add_notification_actions,
    campaign_data,
    notification_data,
    notifications_text,
    user_data,
)
from campaigns.creation.notification_choice import LONGEST_SECRET, CampaignChoice
from campaigns.find import find_campaign, operator_named
from campaigns.models import CampaignNotifications, Notification, UserNotifications
from campaigns.models.notification_settings import DEFAULT_BAD_SHARE
from campaigns.notification_states import NotificationEvent
from campaigns.notifications.choose import choose_for_campaign, choose_for_user
from campaigns.notifications.retry import retry_notifications
from foundation.commands import OperatorCommand
from foundation.newest_pages import newest_page
from foundation.refusals import Refusal


class Command(OperatorCommand):
    """Show what was told to whom, send failed ones again, and set who is told what."""

    help = "Notifications: list, retry; and who is told what: user, campaign."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        add_notification_actions(parser, add_json=self.add_json_argument)

    def perform(self, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _list(self, options: dict[str, Any]) -> None:
        found = _of_campaign(options).select_related("campaign", "run")
        if options["state"]:
            found = found.filter(state=options["state"])
        shown, following = newest_page(found, options)
        self.answer(
            {
                "email": settings.EMAIL_IS_ON,
                "items": [notification_data(row) for row in shown],
                "next": following,
            },
            as_json=options["json"],
            text=notifications_text(shown),
        )

    def _retry(self, options: dict[str, Any]) -> None:
        chosen = _of_campaign(options)
        if options["keys"]:
            chosen = chosen.filter(key__in=[_key(text) for text in options["keys"]])
        n = retry_notifications(notifications=chosen, by=operator_named(options["by"]))
        self.answer(
            {"retried": n},
            as_json=options["json"],
            text=_("Notifications that are sent again: %(n)d") % {"n": n},
        )

    def _user(self, options: dict[str, Any]) -> None:
        user = operator_named(options["name"])
        row = UserNotifications.objects.filter(user=user).first()
        names = ("events", "address", "language")
        if options["off"] or any(options[name] is not None for name in names):
            now = user_data(user.get_username(), row)
            row = choose_for_user(
                user=user,
                events=_events(options, now["events"]),
                address=_given(options["address"], now["address"] or user.email),
                language=_given(options["language"], now["language"]),
            )
        data = user_data(user.get_username(), row)
        events = ", ".join(data["events"]) or _("nothing")
        self.answer(
            data, as_json=options["json"], text=f"{data['user']} <{data['address']}>: {events}"
        )

    def _campaign(self, options: dict[str, Any]) -> None:
        campaign = find_campaign(name=options["name"])
        row = CampaignNotifications.objects.filter(campaign=campaign).first()
        made = ""
        names = ("events", "addresses", "webhook", "secret_file", "bad_share")
        if options["off"] or any(options[name] is not None for name in names):
            now = campaign_data(campaign.name, row)
            events = now["events"] if row is not None else NotificationEvent.values
            choice = CampaignChoice(
                events=_events(options, events),
                addresses=[one for one in _given(options["addresses"], now["addresses"]) if one],
                webhook_url=_given(options["webhook"], now["webhook"]),
                webhook_secret=_secret(options["secret_file"]),
                bad_share=_given(options["bad_share"], now["bad_share"] or DEFAULT_BAD_SHARE),
            )
            row, made = choose_for_campaign(
                campaign=campaign, choice=choice, by=operator_named(options["by"])
            )
        data = campaign_data(campaign.name, row)
        words = [", ".join(data["events"]) or _("nothing"), *data["addresses"], data["webhook"]]
        lines = [f"{data['campaign']}: {'; '.join(word for word in words if word)}"]
        if made:
            data["secret"] = made
            lines.append(
                _("The secret of the webhook is %(secret)s. Copy it now: it is not shown again.")
                % {"secret": made}
            )
        self.answer(data, as_json=options["json"], text="\n".join(lines))


def _of_campaign(options: dict[str, Any]) -> QuerySet[Notification]:
    rows: QuerySet[Notification] = Notification.objects.all()
    if options["campaign"] is not None:
        rows = rows.filter(campaign=find_campaign(name=options["campaign"]))
    return rows


def _events(options: dict[str, Any], now: list[str]) -> list[str]:
    return [] if options["off"] else _given(options["events"], now)


def _given(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else value


def _key(text: str) -> uuid.UUID:
    try:
        return uuid.UUID(text)
    except ValueError:
        raise Refusal(
            _("“%(text)s” is not the id of a notification: `notifications list --json` has them.")
            % {"text": text[:50]},
            code="notification_unknown",
        ) from None


def _secret(path: str | None) -> str:
    if path is None:
        return ""
    try:
        with Path(path).open(encoding="utf-8") as file:
            return file.read(LONGEST_SECRET * 2).strip()
    except (OSError, UnicodeDecodeError, ValueError) as problem:
        raise Refusal(
            _("The file with the secret cannot be read (%(problem)s).")
            % {"problem": type(problem).__name__},
            code="file_unreadable",
        ) from None
