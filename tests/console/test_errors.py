"""Error pages show a sentence in the reader's language and no traceback."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from campaigns.admin.campaign import CampaignAdmin
from tests.console.sample_data import make_operator, make_world

# Error pages make no query of their own.
pytestmark = pytest.mark.one_database


def test_a_page_that_is_not_there(operator: Client) -> None:
    answer = operator.get("/nowhere/at/all/")
    assert answer.status_code == 404
    assert "Page not found" in answer.content.decode()


def test_an_error_of_ours(
    operator: Client, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    campaign = make_world()

    def explode(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(CampaignAdmin, "_find", explode)
    operator.raise_request_exception = False
    answer = operator.get(f"/campaigns/campaign/{campaign.pk}/page/")
    assert answer.status_code == 500
    page = answer.content.decode()
    assert "Something went wrong" in page
    assert "secret" not in page
    assert "Traceback" not in page
    assert "Internal Server Error" in caplog.text


def test_a_form_without_its_token(db: None) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(make_operator())
    answer = strict.post("/accounts/account/add/", {"uin": 10000})
    assert answer.status_code == 403
    assert "This form has expired" in answer.content.decode()


def test_it_speaks_chinese_too(db: None, client: Client) -> None:
    client.force_login(User.objects.create_superuser("op"))
    client.cookies["django_language"] = "zh-hans"
    assert "页面不存在" in client.get("/nowhere/").content.decode()
