"""Credentials are encrypted again under a new key, and the old one is free then."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from accounts.models import Account
from operations import keys
from tests.campaigns.factories import make_account
from tests.commandline import manage

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
OLD, NEW, GONE = "o" * 32, "n" * 32, "g" * 32


def tokens() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT credential FROM accounts_account ORDER BY uin")
        return [row[0] for row in cursor.fetchall()]


def test_every_credential_is_encrypted_again_and_the_old_key_is_free(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "STEP", 2)
    settings.CREDENTIAL_KEYS = [OLD]
    for uin in range(20_001, 20_006):
        make_account(uin, credential=f"digest {uin}")
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    make_account(20_006, credential="digest 20006")
    before = tokens()
    counted = manage("rotate_keys", "--dry-run", "--json").json
    assert [key["used_by"] for key in counted["keys"]] == [1, 5]
    assert tokens() == before
    done = manage("rotate_keys", "--json").json
    assert (done["credentials"], done["rotated"], done["unreadable"]) == (6, 5, 0)
    assert done["keys"][1] == {"place": 2, "used_by": 0, "free": True}
    assert manage("rotate_keys", "--json").json["rotated"] == 0, "a second time changes nothing"
    settings.CREDENTIAL_KEYS = [NEW]
    read = dict(Account.objects.values_list("uin", "credential"))
    assert read == {uin: f"digest {uin}" for uin in range(20_001, 20_007)}


def test_what_no_key_decrypts_is_told_and_kept(settings: Any) -> None:
    settings.CREDENTIAL_KEYS = [GONE]
    make_account(20_001, credential="digest")
    before = tokens()
    settings.CREDENTIAL_KEYS = [NEW, OLD]
    done = manage("rotate_keys", "--json").json
    assert (done["unreadable"], done["rotated"]) == (1, 0)
    assert tokens() == before
