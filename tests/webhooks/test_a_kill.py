"""A dispatcher that is killed after its calls sends them again, with the same ids, in order."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings

from clocks import local, shared
from tests.campaigns.notifications.test_a_kill import database_url
from tests.running_stack import ROOT
from tests.webhooks.receiver import Receiver
from webhooks.delivering.drain import drain
from webhooks.endpoints import add_endpoint
from webhooks.models import Endpoint
from webhooks.outbox.tell import Event, tell
from webhooks.states import EventKind

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.both_databases]
PROGRAM = """
import django
django.setup()
from webhooks.delivering.dispatch import dispatch
dispatch(seconds=60)
"""


def test_what_was_not_recorded_is_sent_again(receiver: Receiver, tmp_path: Path) -> None:
    endpoint = add_endpoint(name="crm", url=receiver.url, events=[])
    for n in range(3):
        for run in range(2):
            tell(EventKind.RUN_STATE, [Event(f"run:{run}", {"n": n})])
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "qqcampaign.settings",
        "DATABASE_URL": database_url(),
        "QQCAMPAIGN_HOME": str(tmp_path),
        "QQCAMPAIGN_FAILPOINTS": "after_webhook=1",
        "WEBHOOK_ALLOW_PRIVATE": "1",
        "CREDENTIAL_KEYS": settings.CREDENTIAL_KEYS[0],
    }
    killed = subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env=environment, capture_output=True,
        text=True, timeout=240, check=False,
    )  # fmt: skip
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert len(receiver.taken) == 2
    drain(endpoint.pk, until=local.elapsed() + 5)  # the claim of the dead one still holds
    assert len(receiver.taken) == 2

    Endpoint.objects.update(claimed_until=shared.wall() - timedelta(seconds=1))
    drain(endpoint.pk, until=local.elapsed() + 60)
    told = receiver.first_times()
    assert {about: [one["data"]["n"] for one in bodies] for about, bodies in told.items()} == {
        "run:0": [0, 1, 2],
        "run:1": [0, 1, 2],
    }
    assert sorted(Counter(key for key, _body in receiver.taken).values()) == [1, 1, 1, 1, 2, 2]
