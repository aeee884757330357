"""Single sign-on against a provider on real sockets: who gets in, and every way in which not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from audit.models import AuditEntry
from foundation.refusals import Refusal
from qqcampaign.oidc_settings import Oidc
from signin.models import OidcIdentity
from signin.oidc.people import connect
from signin.oidc.provider import forget_provider
from tests.signin.openid_provider import CLIENT, SECRET, Provider, running_provider
from users.keep import add_user, role_name
from users.role_groups import keep_role_groups
from users.roles import Role

# Sign-ins by rows of one table; the database makes no difference.
pytestmark = [pytest.mark.django_db, pytest.mark.one_database]
PROVES_NOTHING = "does not prove who you are"
PASSWORD = "correct horse battery 1"


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    keep_role_groups()
    with running_provider() as found:
        settings.OIDC = Oidc(
            issuer=found.issuer,
            client_id=CLIENT,
            client_secret=SECRET,
            name="Example ID",
            roles_claim="groups",
            roles={"ops": "operator", "heads": "approver"},
            creates=True,
            is_only=False,
            local_users=frozenset({"root"}),
            trusts_mfa=False,
        )
        forget_provider()
        found.claims = {"sub": "person-1", "preferred_username": "li", "groups": ["ops", "x"]}
        yield found
    forget_provider()


def way(client: Client, provider: Provider, query: str = "") -> str:
    """Go to the provider and sign in there; return the address of the way back."""
    answer = client.get(f"/signing-in/oidc/{query}")
    assert answer.status_code == 302
    assert answer["Location"].startswith(f"{provider.issuer}/authorize?"), answer["Location"]
    return provider.authorize(answer["Location"])


def sign_in(client: Client, provider: Provider, query: str = "") -> str:
    """Sign in; return where the console leads then."""
    return str(client.get(way(client, provider, query))["Location"])


def said(client: Client) -> str:
    """Return the sign-in page, which says what went wrong; nobody is signed in."""
    assert "_auth_user_id" not in client.session
    return client.get("/login/").content.decode()


def test_a_new_person_signs_in_with_the_role_of_their_group(
    client: Client, provider: Provider
) -> None:
    assert "Log in with Example ID" in client.get("/login/?next=/").content.decode()
    assert sign_in(client, provider, "?next=/accounts/account/") == "/accounts/account/"
    user = User.objects.get()
    assert (user.username, role_name(user), user.has_usable_password()) == ("li", "operator", False)
    assert client.get("/accounts/account/").status_code == 200
    verbs = list(AuditEntry.objects.values_list("verb", flat=True))
    assert "sign_in" in verbs
    entry = AuditEntry.objects.get(verb="sign_in")
    assert entry.user_id == user.pk
    assert entry.changes.filter(object_type="auth.user").exists()
    assert client.session.get_expiry_age() > 0


def test_the_role_follows_the_group_and_is_lost_with_it(provider: Provider) -> None:
    assert sign_in(Client(), provider) == "/"
    provider.claims["groups"] = ["heads", "ops"]
    assert sign_in(Client(), provider) == "/"
    assert role_name(User.objects.get()) == "approver"
    provider.claims["groups"] = "nothing"
    client = Client()
    assert sign_in(client, provider) == "/login/"
    assert "you may not use this console" in said(client)


def test_a_local_user_is_not_taken_over_by_name_or_address(
    client: Client, provider: Provider
) -> None:
    local = add_user(name="Li", role=Role.ADMINISTRATOR, email="li@example.com").user
    provider.claims |= {"email": "li@example.com", "email_verified": True}
    assert sign_in(client, provider) == "/login/"
    assert "There is a user “li” already" in said(client)
    provider.claims["preferred_username"] = "other"
    assert sign_in(client, provider) == "/"
    other = User.objects.get(username="other")
    assert (other.email, role_name(other)) == ("li@example.com", "operator")
    assert not OidcIdentity.objects.filter(user=local).exists()


@pytest.mark.parametrize("verified", [False, None, "true", 1])
def test_an_address_that_is_not_verified_is_not_kept(
    client: Client, provider: Provider, verified: Any
) -> None:
    provider.claims |= {"email": "li@example.com", "email_verified": verified}
    assert sign_in(client, provider) == "/"
    assert User.objects.get().email == ""


def test_an_administrator_connects_a_local_user(client: Client, provider: Provider) -> None:
    add_user(name="wang", role=Role.OPERATOR)
    call_command("signin", "connect", "wang", "--subject", "person-1", "--json")
    assert sign_in(client, provider) == "/"
    assert client.session["_auth_user_id"] == str(User.objects.get(username="wang").pk)
    with pytest.raises(Refusal, match="connected already"):
        connect("wang", "person-2")
    call_command("signin", "disconnect", "wang", "--json")
    assert not OidcIdentity.objects.exists()


def test_without_creation_only_connected_people_get_in(
    client: Client, provider: Provider, settings: Any
) -> None:
    settings.OIDC = replace(settings.OIDC, creates=False)
    assert sign_in(client, provider) == "/login/"
    assert "you may not use this console" in said(client)
    assert not User.objects.exists()


def test_a_disabled_user_stays_out(client: Client, provider: Provider) -> None:
    assert sign_in(Client(), provider) == "/"
    User.objects.update(is_active=False)
    assert sign_in(client, provider) == "/login/"
    assert "you may not use this console" in said(client)


NOW = int(time.time())


@pytest.mark.parametrize(
    "wrong",
    [
        {"nonce": "another"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"aud": [CLIENT, "another client"], "azp": "another client"},
        {"aud": None},
        {"iss": "https://elsewhere.example"},
        {"iss": None},
        {"exp": NOW - 3600, "iat": NOW - 7200},
        {"exp": None},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 300},
        {"sub": 5},
        {"iat": NOW + 3600, "nbf": NOW + 3600},
    ],
)
def test_a_token_that_proves_nothing_is_refused(
    client: Client, provider: Provider, wrong: dict[str, Any]
) -> None:
    provider.change_token = wrong
    assert sign_in(client, provider) == "/login/"
    page = said(client)
    assert PROVES_NOTHING in page or "you may not use this console" in page
    assert not User.objects.exists()
    assert AuditEntry.objects.filter(verb="sign_in_failed").exists()


def test_a_clock_that_is_a_little_off_is_no_reason(client: Client, provider: Provider) -> None:
    now = int(time.time())
    provider.change_token = {"exp": now - 20, "iat": now - 320}
    assert sign_in(client, provider) == "/"


@pytest.mark.parametrize("how", ["unsigned", "signed_with_public_key"])
def test_a_token_without_the_providers_signature_is_refused(
    client: Client, provider: Provider, how: str
) -> None:
    provider.sign = getattr(provider, how)
    assert sign_in(client, provider) == "/login/"
    assert PROVES_NOTHING in said(client)


def test_a_token_of_another_key_is_refused(client: Client, provider: Provider) -> None:
    other = Provider(issuer=provider.issuer)
    other.new_key("first")
    provider.sign = other.signed
    assert sign_in(client, provider) == "/login/"
    assert PROVES_NOTHING in said(client)


def test_a_new_key_of_the_provider_is_fetched(provider: Provider) -> None:
    assert sign_in(Client(), provider) == "/"
    provider.new_key("second")
    assert sign_in(Client(), provider) == "/"


def test_a_code_or_a_way_back_is_good_once_and_in_its_own_browser(provider: Provider) -> None:
    first, stranger = Client(), Client()
    address = way(first, provider)
    assert stranger.get(address)["Location"] == "/login/"
    assert PROVES_NOTHING in said(stranger)
    assert first.get(address)["Location"] == "/"
    first.logout()
    assert first.get(address)["Location"] == "/login/"
    # A stolen code, put into the attacker's own way: PKCE and the provider refuse it.
    victim = way(Client(), provider)
    own = way(stranger, provider)
    stolen = own.partition("code=")[0] + victim[victim.index("code=") :]
    stolen += "&" + own.partition("?")[2].partition("&")[0]
    assert stranger.get(stolen)["Location"] == "/login/"
    assert PROVES_NOTHING in said(stranger)


def test_a_provider_that_is_down_is_said_in_a_sentence(client: Client, settings: Any) -> None:
    with running_provider() as gone:
        address = gone.issuer
    settings.OIDC = Oidc(
        address, CLIENT, SECRET, "Example ID", "groups", {}, False, False, frozenset(), False
    )
    forget_provider()
    assert client.get("/signing-in/oidc/")["Location"] == "/login/"
    assert "Example ID does not answer." in said(client)


def test_a_provider_that_names_another_issuer_is_refused(
    client: Client, provider: Provider
) -> None:
    provider.description = {"issuer": "https://elsewhere.example"}
    assert client.get("/signing-in/oidc/")["Location"] == "/login/"
    assert PROVES_NOTHING in said(client)


def test_who_was_refused_there_is_told_so(client: Client, provider: Provider) -> None:
    provider.refuses = "access_denied"
    assert sign_in(client, provider) == "/login/"
    assert "You were not signed in at Example ID." in said(client)


def test_the_next_page_is_of_the_console(client: Client, provider: Provider) -> None:
    assert sign_in(client, provider, "?next=https://elsewhere.example/") == "/"


def test_a_second_factor_is_asked_for_unless_the_provider_did(
    client: Client, provider: Provider, settings: Any
) -> None:
    settings.REQUIRE_SECOND_FACTOR = ("operator",)
    assert sign_in(client, provider) == "/"
    assert client.get("/")["Location"].startswith("/signing-in/second-factor/")
    settings.OIDC = replace(settings.OIDC, trusts_mfa=True)
    provider.claims["amr"] = ["pwd"]
    other = Client()
    assert sign_in(other, provider) == "/"
    assert other.get("/").status_code == 302
    provider.claims["amr"] = ["pwd", "mfa"]
    third = Client()
    assert sign_in(third, provider) == "/"
    assert third.get("/").status_code == 200


def test_passwords_can_be_switched_off_but_for_a_few(
    client: Client, provider: Provider, settings: Any
) -> None:
    for name in ("root", "wang"):
        add_user(name=name, role=Role.ADMINISTRATOR, password=PASSWORD)
    settings.OIDC = replace(settings.OIDC, is_only=True)
    answer = client.post("/login/", {"username": "wang", "password": PASSWORD})
    assert answer.status_code == 200
    assert "Passwords are not used here. Log in with Example ID." in answer.content.decode()
    assert client.post("/login/", {"username": "root", "password": PASSWORD}).status_code == 302


def test_who_logs_out_may_log_out_there_too(client: Client, provider: Provider) -> None:
    assert sign_in(client, provider) == "/"
    page = client.post("/logout/").content.decode()
    assert "Log out of Example ID too" in page
    address = client.get("/signing-in/oidc/leave/")["Location"]
    assert address.startswith(f"{provider.issuer}/leave?client_id={CLIENT}&post_logout")


def test_without_a_provider_there_is_no_such_page(client: Client, db: None) -> None:
    for name in ("", "back/", "leave/"):
        assert client.get(f"/signing-in/oidc/{name}").status_code == 404
    assert 'id="oidc"' not in client.get("/login/").content.decode()
