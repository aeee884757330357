"""The page of data and backups: made in the background, downloaded with the password only."""

from __future__ import annotations

import stat
import tarfile
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from contacts.models import Contact
from foundation.refusals import Refusal
from operations.models import Upkeep, UpkeepKind, UpkeepState
from operations.upkeep.files import backup_folder, backups, bytes_so_far
from operations.upkeep.run import LONGEST, do_what_was_asked, request_upkeep
from sending.states import RunState
from tests.campaigns.factories import make_campaign, make_delivery, make_list, make_run
from tests.operations.rehearsal import postgresql_programs

PASSWORD = "correct horse battery staple"
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]


@pytest.fixture
def page(client: Client, settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setenv("PATH", postgresql_programs())
    settings.QQCAMPAIGN_HOME = tmp_path
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    return client


def _post(page: Client, **values: str) -> Any:
    return page.post(reverse("upkeep"), values, follow=True)


def test_a_backup_is_made_in_the_background_and_downloaded_with_the_password(page: Client) -> None:
    said = _post(page, verb="backup").content.decode()
    assert "in the background" in said
    assert "queued" in said
    assert not backups()
    # Another one has to wait.
    assert "is under way" in _post(page, verb="backup").content.decode()
    assert do_what_was_asked() == 1
    assert do_what_was_asked() == 0
    one = Upkeep.objects.get()
    assert (one.state, one.file) == (UpkeepState.DONE, backups()[0].name)
    path = backup_folder() / one.file
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert one.file in page.get(reverse("upkeep")).content.decode()

    for password in ("", "wrong"):
        refused = _post(page, verb="download", file=one.file, password=password)
        assert "Content-Disposition" not in refused
        assert "password" in refused.content.decode()
    for name in ("../db.sqlite3", "secret_key", "qqcampaign-20000101-000000.tar.gz"):
        refused = _post(page, verb="download", file=name, password=PASSWORD)
        assert "Content-Disposition" not in refused
        assert "no such backup" in refused.content.decode()
    got = _post(page, verb="download", file=one.file, password=PASSWORD)
    assert got["Content-Disposition"].startswith("attachment")
    with tarfile.open(fileobj=BytesIO(b"".join(got.streaming_content))) as archive:
        assert "manifest.json" in archive.getnames()


def test_others_do_not_get_in(client: Client) -> None:
    user = User.objects.create_user("op", password=PASSWORD, is_staff=True)
    client.force_login(user)
    assert client.get(reverse("upkeep")).status_code == 403
    assert client.post(reverse("upkeep"), {"verb": "backup"}).status_code == 403
    assert not Upkeep.objects.exists()


def test_what_is_old_is_counted_and_then_removed(page: Client, settings: Any) -> None:
    settings.RETENTION_RUNS_DAYS = 30.0
    run = make_run(make_campaign("c", lists=[make_list("l", [100_000])]))
    make_delivery(run, Contact.objects.get(), state="sent")
    long_ago = timezone.now() - timedelta(days=60)
    type(run).objects.filter(pk=run.pk).update(state=RunState.FINISHED, ended_at=long_ago)
    assert "would be removed" not in page.get(reverse("upkeep")).content.decode()
    counted = page.get(reverse("upkeep"), {"count": "1"}).content.decode()
    assert "would be removed" in counted
    assert "Remove it now" in counted
    _post(page, verb="prune")
    assert do_what_was_asked() == 1
    one = Upkeep.objects.get()
    assert (one.state, one.removed["runs"]) == (UpkeepState.DONE, 1)
    assert "Remove it now" not in page.get(reverse("upkeep"), {"count": "1"}).content.decode()


def test_what_cannot_be_done_is_said(page: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(**_: Any) -> None:
        raise Refusal("The disk is full.", code="not_writable")

    monkeypatch.setattr("operations.upkeep.run.make_backup", full)
    request_upkeep(kind=UpkeepKind.BACKUP, by=None)
    assert do_what_was_asked() == 1
    assert "The disk is full." in page.get(reverse("upkeep")).content.decode()


def test_a_process_that_died_blocks_nobody_for_ever(page: Client) -> None:
    one = request_upkeep(kind=UpkeepKind.BACKUP, by=None)
    Upkeep.objects.filter(pk=one.pk).update(
        state=UpkeepState.RUNNING, started_at=timezone.now() - LONGEST - timedelta(minutes=1)
    )
    (backup_folder() / f".{one.file}.partial").write_bytes(b"x" * 10)
    assert bytes_so_far(one.file) == 10
    do_what_was_asked()
    one.refresh_from_db()
    assert one.state == UpkeepState.FAILED
    assert request_upkeep(kind=UpkeepKind.BACKUP, by=None).pk != one.pk


def test_a_wrong_verb_does_nothing(page: Client) -> None:
    assert page.post(reverse("upkeep"), {"verb": "nonsense"}).status_code == 400
    assert not Upkeep.objects.exists()
