"""Who has a second factor, or must have one, sees nothing before it is given."""

from __future__ import annotations

import time

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from signin import totp
from signin.models import RecoveryCode, TotpSecret
from tests.console.sample_data import make_operator

pytestmark = [pytest.mark.django_db, pytest.mark.slow]
PAGE, OWN = "/signing-in/second-factor/", "/signing-in/own/"
#: From RFC 6238, appendix B (the last six digits of its eight).
RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
RFC_CODES = {59: "287082", 1111111109: "081804", 2000000000: "279037", 20000000000: "353130"}


@pytest.fixture
def user() -> User:
    return make_operator()


def with_app(user: User) -> tuple[str, list[str]]:
    """Set up an app on the page; return its secret and the recovery codes."""
    client = Client()
    client.force_login(user)
    secret = client.get(OWN).context["secret"]
    code = totp.code_at(secret, int(time.time() // 30) - 1)
    page = client.post(OWN, {"verb": "add-app", "code": code}, follow=True)
    assert client.get("/").status_code == 200, "who has just set it up need not prove it again"
    return secret, page.context["new_codes"]


def by_password(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_codes_are_those_of_the_standard() -> None:
    for moment, code in RFC_CODES.items():
        assert totp.code_at(RFC_SECRET, moment // 30) == code
    assert totp.step_of(RFC_SECRET, "287082", after=0, now=59 + 30) == 1
    assert totp.step_of(RFC_SECRET, "287082", after=0, now=59 + 60) is None
    assert totp.step_of(RFC_SECRET, "287082", after=1, now=59) is None


@pytest.mark.parametrize("method", ["get", "post"])
def test_nothing_is_seen_or_done_by_password_alone(user: User, method: str) -> None:
    with_app(user)
    client = by_password(user)
    for path in ("/", "/overview/live/", "/auth/user/", "/contacts/contactimport/upload/"):
        answer = getattr(client, method)(path)
        assert answer.status_code == 302, path
        assert answer["Location"].startswith(PAGE), path
    assert client.get("/", headers={"HX-Request": "true"})["HX-Redirect"] == PAGE
    assert getattr(client, method)(OWN).status_code == 302
    given = {"verb": "remove-app"}
    client.post(OWN, given)
    assert TotpSecret.objects.filter(user=user).exists()


def test_a_code_is_good_once(user: User) -> None:
    secret, _codes = with_app(user)
    code = totp.code_at(secret, int(time.time() // 30) + 1)
    answer = by_password(user).post(PAGE, {"code": code, "next": "/auth/user/"})
    assert answer["Location"] == "/auth/user/"
    answer = by_password(user).post(PAGE, {"code": code})
    assert "wrong, too old or used" in answer.content.decode()


def test_a_recovery_code_is_good_once(user: User) -> None:
    _secret, codes = with_app(user)
    client = by_password(user)
    assert client.post(PAGE, {"code": codes[3].upper()}).status_code == 302
    assert client.get("/").status_code == 200
    assert by_password(user).post(PAGE, {"code": codes[3]}).status_code == 200
    assert RecoveryCode.objects.filter(user=user).count() == 9
    assert not RecoveryCode.objects.filter(digest__contains=codes[4][:5]).exists()


def test_wrong_codes_lock(user: User) -> None:
    _secret, codes = with_app(user)
    client = by_password(user)
    for _n in range(5):
        client.post(PAGE, {"code": "000000"})
    page = client.post(PAGE, {"code": codes[0]}).content.decode()
    assert "Too many wrong codes" in page
    client.post(PAGE, {"code": "²" * 6})


def test_signing_out_and_in_asks_again(user: User) -> None:
    _secret, codes = with_app(user)
    client = by_password(user)
    client.post(PAGE, {"code": codes[0]})
    assert client.get("/").status_code == 200
    client.post("/logout/")
    client.force_login(user)
    assert client.get("/").status_code == 302


def test_what_was_typed_in_an_ended_session_waits_for_the_second_factor(user: User) -> None:
    _secret, codes = with_app(user)
    client = by_password(user)
    client.post(PAGE, {"code": codes[0]})
    client.get("/")
    client.session.flush()
    page = client.post("/labels/label/add/", {"name": "typed before"}).content.decode()
    draft = page.split('name="draft" value="')[1].split('"')[0]
    given = {"username": "op", "password": "op", "draft": draft}
    answer = client.post("/sign-in-again/", given)
    assert answer.status_code == 302
    assert "typed before" not in client.get(answer["Location"]).content.decode()
    onward = {"code": codes[1], "next": "/sign-in-again/"}
    answer = client.post(PAGE, onward, follow=True)
    assert "typed before" in answer.content.decode()


def test_a_role_can_be_made_to_have_one(user: User, settings: object) -> None:
    settings.REQUIRE_SECOND_FACTOR = ("approver",)  # type: ignore[attr-defined]
    assert by_password(user).get("/").status_code == 200
    user.groups.add(Group.objects.get_or_create(name="approver")[0])
    client = by_password(user)
    answer = client.get("/", follow=True)
    assert answer.redirect_chain[-1][0] == OWN
    assert "Your role needs a second factor" in answer.content.decode()
    with_app(user)


def test_next_leads_nowhere_else(user: User) -> None:
    _secret, codes = with_app(user)
    given = {"code": codes[0], "next": "https://evil.example/"}
    assert by_password(user).post(PAGE, given)["Location"] == "/"
