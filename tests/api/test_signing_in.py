"""A token signs in; it may no more than its user, and no more than its scope."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from api.models import Token
from api.scopes import Scope
from api.tokens.issue import issue_token, revoke_token
from clocks import shared
from foundation.refusals import Refusal
from tests.api.asking import Program, make_user, program
from tests.campaigns.factories import make_campaign

pytestmark = pytest.mark.django_db
VIEW = "campaigns.view_campaign"


def test_without_a_token_nobody_gets_in() -> None:
    for headers in ({}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer qqc_wrong"}):
        answer = Client().get("/api/v1/campaigns/x/status", headers=headers)
        assert answer.status_code == 401
        assert answer["Content-Type"] == "application/problem+json"
        assert answer["WWW-Authenticate"].startswith("Bearer")
        assert answer.json()["error"] == "not_signed_in"


def test_a_browser_session_does_not_sign_in() -> None:
    browser = Client()
    browser.force_login(make_user("root", is_superuser=True))
    assert browser.get("/api/v1/campaigns/x/status").status_code == 401


def test_a_token_is_stored_as_a_hash_and_its_use_is_noted_once_a_minute() -> None:
    shop = program(VIEW)
    make_campaign("spring")
    assert shop.get("campaigns/spring/status").status_code == 200
    token = Token.objects.get()
    assert shop.secret not in str(Token.objects.values())
    assert token.last_used_at is not None
    assert shop.get("campaigns/spring/status").status_code == 200
    assert Token.objects.get().last_used_at == token.last_used_at
    Token.objects.update(last_used_at=shared.wall() - timedelta(minutes=2))
    assert shop.get("campaigns/spring/status").status_code == 200
    later = Token.objects.get().last_used_at
    assert later is not None
    assert later > token.last_used_at


def test_a_token_ends() -> None:
    user = make_user("shop", VIEW)
    make_campaign("spring")
    token, secret = issue_token(user=user, name="a", expires="90d")
    shop = Program(secret)
    assert shop.get("campaigns/spring/status").status_code == 200
    Token.objects.update(expires_at=shared.wall() - timedelta(seconds=1))
    assert shop.get("campaigns/spring/status").status_code == 401
    Token.objects.update(expires_at=None)
    User.objects.update(is_active=False)
    assert shop.get("campaigns/spring/status").status_code == 401
    User.objects.update(is_active=True)
    assert revoke_token(token=token)
    assert shop.get("campaigns/spring/status").status_code == 401


def test_a_name_is_used_once_until_it_is_revoked() -> None:
    user = make_user()
    token, _secret = issue_token(user=user, name="a")
    with pytest.raises(Refusal) as refusal:
        issue_token(user=user, name=" a ")
    assert refusal.value.code == "token_name_taken"
    revoke_token(token=token)
    issue_token(user=user, name="a")


@pytest.mark.parametrize("text", ["", "90", "-1d", "0d", "99999d", "²d"])
def test_an_end_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refusal:
        issue_token(user=make_user(), name="a", expires=text)
    assert refusal.value.code == "expires_malformed"


def test_a_token_may_no_more_than_its_user() -> None:
    make_campaign("spring")
    shop = program(VIEW)
    assert shop.get("campaigns/spring/status").status_code == 200
    answer = shop.post("campaigns/spring/start", {})
    assert answer.status_code == 403
    assert answer.json()["error"] == "no_right"
    assert "campaigns.change_campaign" in answer.json()["detail"]


def test_a_token_may_no_more_than_its_scope() -> None:
    make_campaign("spring")
    shop = program(is_superuser=True, scope=Scope.WRITE)
    answer = shop.post("campaigns/spring/start", {})
    assert (answer.status_code, answer.json()["error"]) == (403, "scope")
    assert shop.get("campaigns/spring/status").json()["state"] == "draft"


def test_one_s_own_tokens_are_listed_and_revoked() -> None:
    shop = program(scope=Scope.WRITE)
    other = program(name="other")
    items = shop.get("tokens").json()["items"]
    assert [(one["user"], one["name"]) for one in items] == [("shop", "test")]
    assert shop.secret not in str(items)
    assert shop.ask("DELETE", "tokens/test").status_code == 200
    assert shop.get("tokens").status_code == 401
    assert other.get("tokens").status_code == 200
