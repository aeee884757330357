"""A process that is killed after a notification left sends it again, with the same id."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.db import connection

from campaigns.models import Campaign, Notification
from campaigns.notifications.choose import choose_for_user
from campaigns.notifications.make import make_notifications
from campaigns.notifications.send import PRESUMED_DEAD_SECONDS, send_due
from sending.runs.transitions import change_run_state
from sending.states import RunState
from tests.campaigns.factories import make_run
from tests.campaigns.notifications.conftest import Time
from tests.campaigns.notifications.servers import Server
from tests.running_stack import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.both_databases]
PROGRAM = """
import django
django.setup()
from campaigns.notifications.send import send_due
send_due()
"""


def database_url() -> str:
    """Return the URL of the test's database."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    given = urlsplit(os.environ["DATABASE_URL"])
    return given._replace(path=f"/{name}").geturl()


def test_it_is_sent_again_with_the_same_id(
    campaign: Campaign, operator: User, mail_server: Server, time: Time, tmp_path: Path
) -> None:
    choose_for_user(user=operator, events=["finished"], address="op@example.com")
    change_run_state(run_id=make_run(campaign).pk, to=RunState.FINISHED)
    make_notifications()
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "qqcampaign.settings",
        "DATABASE_URL": database_url(),
        "QQCAMPAIGN_HOME": str(tmp_path),
        "QQCAMPAIGN_FAILPOINTS": "after_notification=1",
        "EMAIL_URL": f"smtp://127.0.0.1:{mail_server.port}",
        "EMAIL_FROM": "campaigns@example.com",
    }
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True,
        text=True, timeout=120, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(mail_server.taken) == 1
    assert Notification.objects.get().state == "sending"

    assert send_due() == 0  # it may still be under way
    time.ahead += timedelta(seconds=PRESUMED_DEAD_SECONDS + 1)
    assert send_due() == 1
    row = Notification.objects.get()
    assert (row.state, row.tries) == ("sent", 2)
    ids = [message["X-Qqcampaign-Id"] for message in mail_server.taken]
    assert ids == [str(row.key)] * 2
    assert len({message["Message-ID"] for message in mail_server.taken}) == 1


def test_who_was_presumed_dead_records_nothing(
    campaign: Campaign, operator: User, mail_server: Server, time: Time
) -> None:
    choose_for_user(user=operator, events=["finished"], address="op@example.com")
    change_run_state(run_id=make_run(campaign).pk, to=RunState.FINISHED)
    make_notifications()
    rows = Notification.objects.all()
    rows.transition(to="sending", tries=1, next_at=time.now())
    late = rows.get()
    time.ahead += timedelta(seconds=PRESUMED_DEAD_SECONDS + 1)
    assert send_due() == 1
    assert rows.filter(tries=late.tries).transition(to="failed") == 0
    assert rows.get().state == "sent"
