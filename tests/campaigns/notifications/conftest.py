"""Fixtures: a mail server, a web server, and time that goes where a test wants it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from campaigns.creation.notification_choice import CampaignChoice
from campaigns.models import Campaign
from campaigns.notification_states import NotificationEvent
from campaigns.notifications import send
from campaigns.notifications.choose import choose_for_campaign
from clocks import shared
from tests.campaigns.factories import make_campaign
from tests.campaigns.notifications.servers import (
    Server,
    running_mail_server,
    running_web_server,
)

SECRET = "a secret of the webhook"


class Time:
    """A clock that can be moved ahead."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        """Return the time."""
        return timezone.now() + self.ahead


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    """The shared time, under the test's hand."""
    made = Time()
    monkeypatch.setattr(shared, "wall", made.now)
    return made


@pytest.fixture
def mail_server(settings: Any) -> Iterator[Server]:
    """A real mail server, and settings that lead to it."""
    with running_mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_IS_ON = True
        settings.EMAIL_FROM = "campaigns@example.com"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        yield server


@pytest.fixture
def web_server(settings: Any) -> Iterator[Server]:
    """A real web server on loopback, which webhooks may reach."""
    with running_web_server() as server:
        settings.WEBHOOK_ALLOW_PRIVATE = True
        yield server


@pytest.fixture
def operator(db: None) -> User:
    """A superuser."""
    return User.objects.create_superuser("op", "op@example.com", "op")


@pytest.fixture
def campaign(db: None) -> Campaign:
    """A campaign."""
    return make_campaign("spring")


def hook(campaign: Campaign, server: Server, **more: Any) -> str:
    """Let a campaign call a web server about every event; return the URL."""
    url = f"http://127.0.0.1:{server.port}/hook"
    choice = CampaignChoice(
        events=NotificationEvent.values, webhook_url=url, webhook_secret=SECRET, **more
    )
    choose_for_campaign(campaign=campaign, choice=choice)
    return url


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sending ends after 10 s in production; a test waits for a second at most."""
    for module in ("mail", "webhook"):
        monkeypatch.setattr(f"campaigns.notifications.{module}.LONGEST", 1.0)
    assert send.MOST_TRIES == 10
