"""Each operation of the API, asked by a restricted user's token for the other tenant's rows."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client, override_settings

from accounts.models import Account, AccountPool
from api.open_operations import NEEDED, OPEN
from api.operations import OPERATIONS
from api.pipeline.operation import Operation
from api.tokens.issue import issue_token
from campaigns.models import Campaign, MessageTemplate
from contacts.models import ContactList
from restrictions.keep import restrict
from restrictions.models import Restriction
from tests.console.sample_data import FIRST_ACCOUNT, FIRST_UIN
from tests.restrictions.two_tenants import MARKER, Ours, make_restricted, make_two_tenants
from tests.restrictions.two_tenants_api import (
    Names,
    ask,
    fingerprint,
    foreign,
    no_names,
    operations,
    our_names,
    our_values,
    text_of,
    their_names,
)
from users.keep import add_user
from users.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(900)]
#: The beginnings of the others' numbers, and the marker in their names.
THEIRS = (MARKER, "theirs", "their pool", str(FIRST_ACCOUNT)[:7], str(FIRST_UIN)[:7])
#: Operations that our rows refuse: what is asked for does not fit their state.
REFUSED = {
    "DELETE campaigns/{name}": "it was started",
    "POST campaigns/{name}/archive": "a run is active",
    "POST campaigns/{name}/restore": "it is not archived",
    "POST templates/{name}/restore": "it is not archived",
    "POST campaigns/{name}/approve": "nothing waits for an approval",
    "POST campaigns/{name}/reject": "nothing waits for an approval",
    "POST campaigns/{name}/start": "a run is active",
    "POST campaigns/{name}/resume": "it is not paused",
    "POST campaigns/{name}/choose": "it has no variants",
    "POST campaigns/{name}/move-start": "it has no start",
    "POST campaigns/{name}/schedule": "it has no schedule",
    "POST campaigns/{name}/resolve": "nothing is unknown",
    "POST campaigns/{name}/retry": "nothing failed",
    "POST friends/find": "the gateway has not answered yet",
    "POST friends/info": "the gateway has not answered yet",
    "POST friends/presence": "the gateway has not answered yet",
    "POST friends/remove": "something is asked of the gateway already",
    "POST templates/{name}/versions": "it has no versions",
}


@pytest.fixture
def ours() -> Ours:
    return make_two_tenants()


@pytest.fixture
def names(ours: Ours) -> tuple[Names, Names, Names]:
    """Ours, theirs and those of nothing."""
    theirs = their_names(ours)
    return our_names(ours), theirs, no_names(theirs)


@pytest.fixture(autouse=True)
def _as_fast_as_it_can() -> Any:
    with override_settings(API_REQUESTS_PER_MINUTE=0):
        yield


def _client(role: Role = Role.APPROVER) -> Client:
    user = make_restricted(role)
    Restriction.objects.get(user=user).pools.set(AccountPool.objects.filter(name="our pool"))
    issue_token(user=user, name="other", scope="read", expires="90d")
    _token, secret = issue_token(user=user, name="t", scope="admin", expires="90d")
    return Client(headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False)


def _tried(client: Client, operation: Operation, values: Any, names: Names) -> tuple[int, str]:
    """Return status and text of an answer, and undo what the request did."""
    with transaction.atomic():
        answer = ask(client, operation, values, names)
        text = text_of(answer)
        transaction.set_rollback(True)
    return answer.status_code, text


def _names_theirs(text: str) -> list[str]:
    return [one for one in THEIRS if one in text]


def test_what_is_not_named_as_open_is_closed(ours: Ours) -> None:
    client = _client()
    known = {key for key, _operation in operations()}
    assert known >= OPEN
    nobody = Names("x", "x", "x", "x", "x", "x", "x", 10_000, 10_000, 1, 1)
    before = fingerprint()
    for key, operation in operations():
        if key in OPEN and key not in NEEDED:
            continue
        values = {
            name: value
            for name, value in our_values(key, operation, nobody).items()
            if name != NEEDED.get(key)
        }
        status, text = _tried(client, operation, values, nobody)
        assert status in (400, 403, 422), (key, status, text)
        assert not _names_theirs(text)
    assert fingerprint() == before


def test_our_rows_are_carried_out(ours: Ours, names: tuple[Names, Names, Names]) -> None:
    client, wrong = _client(), []
    for key, operation in operations():
        if key not in OPEN:
            continue
        status, text = _tried(client, operation, our_values(key, operation, names[0]), names[0])
        if not (status < 300 or (status in (404, 409) and key in REFUSED)):
            wrong.append((key, status, text))
        assert not _names_theirs(text), (key, text)
    assert not wrong


def test_the_others_are_as_if_they_did_not_exist(
    ours: Ours, names: tuple[Names, Names, Names]
) -> None:
    """The answer is the same as for what does not exist, and nothing is changed."""
    client = _client()
    mine, theirs, nothing = names
    before = fingerprint()
    asked = 0
    for key, operation in operations():
        if key not in OPEN:
            continue
        values = our_values(key, operation, mine)
        missing = dict(foreign(operation, nothing))
        for name, value in foreign(operation, theirs):
            asked += 1
            found = _tried(client, operation, {**values, name: value}, mine)
            if (key, name) == ("POST imports", "list"):  # it makes the list that it does not find
                assert found[0] == 409, found
                assert '"name_taken"' in found[1]
                continue
            other = _tried(client, operation, {**values, name: missing[name]}, mine)
            same = (
                _without(found[1], theirs, value),
                _without(other[1], nothing, missing[name]),
            )
            assert (found[0], same[0]) == (other[0], same[1]), (key, name, found, other)
    for operation, who in ((one, who) for one in OPERATIONS for who in (theirs, nothing)):
        if operation.upload and f"{operation.method} {operation.path}" in OPEN:
            values = our_values(f"{operation.method} {operation.path}", operation, mine)
            if operation.tag == "campaigns":
                assert _tried(client, operation, values, who)[0] == 409
    assert asked > 100
    assert fingerprint() == before


def _without(text: str, names: Names, asked: Any) -> str:
    """Return a text without the names, and without the number that was asked for."""
    given = asked if isinstance(asked, list) else [asked]
    for value in (*given, *(one for one in vars(names).values() if isinstance(one, str))):
        text = re.sub(rf"\b{re.escape(str(value))}\b", "ASKED", text) if value else text
    return re.sub(r"\d{4}-\d\d-\d\dT[0-9:.]+", "MOMENT", text)


def test_a_campaign_reaches_no_further(ours: Ours, names: tuple[Names, Names, Names]) -> None:
    """Without accounts and pools it would send by all: a draft may be so, a start is refused."""
    client = _client(Role.OPERATOR)
    new = {"name": "a draft", "list": ["our list"], "text": "hi"}
    made = client.post("/api/v1/campaigns", new, content_type="application/json")
    assert made.status_code == 201, made.content
    start = client.post("/api/v1/campaigns/a draft/start", content_type="application/json")
    assert start.status_code == 409
    assert start.json()["error"] == "beyond_restriction"
    campaign = Campaign.objects.get(name="a draft")
    assert not campaign.runs.exists()
    campaign.accounts.add(ours.account)
    start = client.post("/api/v1/campaigns/a draft/start", content_type="application/json")
    assert start.status_code == 200, start.content
    for name, value in (("audience_of", ["our campaign=sent"]), ("once_across", ["our campaign"])):
        wide = {**new, "name": name, "account": [ours.account.uin], name: value}
        answer = client.post("/api/v1/campaigns", wide, content_type="application/json")
        assert answer.status_code == 409, (name, answer.content)
        assert answer.json()["error"] == "beyond_restriction"
        assert not Campaign.objects.filter(name=name).exists()


def test_what_is_new_gets_the_labels(ours: Ours) -> None:
    client = _client(Role.OPERATOR)
    text = {"name": "fresh", "text": "hi"}
    assert (
        client.post("/api/v1/templates", text, content_type="application/json").status_code == 201
    )
    assert client.get("/api/v1/templates/fresh").status_code == 200
    template = MessageTemplate.objects.get(name="fresh")
    assert [one.name for one in template.labels.all()] == ["ours"]
    answer = client.post(
        "/api/v1/imports?list=fresh", b"uin\n44444401\n", content_type="application/octet-stream"
    )
    assert answer.status_code == 202, answer.content
    assert [one.name for one in ContactList.objects.get(name="fresh").labels.all()] == ["ours"]


def test_who_has_pools_alone_makes_no_lists(ours: Ours) -> None:
    user = add_user(name="pool", role=Role.OPERATOR).user
    restrict("pool", labels=[], pools=["their pool"])
    _token, secret = issue_token(user=user, name="t", scope="admin", expires="90d")
    client = Client(headers={"Authorization": f"Bearer {secret}"})
    text = {"name": "fresh", "text": "hi"}
    answer = client.post("/api/v1/templates", text, content_type="application/json")
    assert answer.status_code == 409
    assert not MessageTemplate.objects.filter(name="fresh").exists()


def test_a_name_that_the_others_have_is_taken(
    ours: Ours, names: tuple[Names, Names, Names]
) -> None:
    """It says so, and not how they spell it; what is proposed in its place is free."""
    client = _client(Role.OPERATOR)
    for address, name in (
        ("templates", names[1].template),
        ("campaigns", names[1].campaign),
        (f"campaigns/{names[0].campaign}/clone", names[1].campaign),
    ):
        written = name.replace(MARKER, MARKER.lower())
        assert written != name
        body: dict[str, Any] = {"name": written, "text": "hi", "list": ["our list"]}
        if address == "templates":
            del body["list"]
        if address.endswith("clone"):
            body = {"new_name": written}
        answer = client.post(f"/api/v1/{address}", body, content_type="application/json")
        assert answer.status_code == 409, answer.content
        assert answer.json()["error"] == "name_taken"
        assert written in answer.content.decode()
        assert MARKER not in answer.content.decode()
    taken = f"{names[0].campaign} (2)"
    Campaign.objects.create(name=taken)
    clone = {"new_name": names[0].campaign}
    address = f"/api/v1/campaigns/{names[0].campaign}/clone"
    answer = client.post(address, clone, content_type="application/json")
    assert answer.json()["suggested"] == f"{names[0].campaign} (3)", answer.json()


@pytest.mark.both_databases
def test_managers_of_related_rows_are_scoped(ours: Ours) -> None:
    """Also those that Django made before: of foreign keys, of many to many, of copies."""
    from foundation.restricted import seeing_as
    from restrictions.managers import is_scoped
    from restrictions.scopes import SCOPES

    user = make_restricted(Role.VIEWER)
    for model in SCOPES:
        for relation in model._meta.get_fields(include_hidden=True):
            if relation.one_to_many or relation.many_to_many:
                target = relation.related_model
                assert not isinstance(target, str)
                if target in SCOPES:
                    assert is_scoped(target)
    pool = AccountPool.objects.get(name="their pool")
    with seeing_as(user):
        assert list(Account.objects.all()) == [ours.account]
        assert list(pool.accounts.all()) == []
        assert list(Account.objects.prefetch_related("labels")[0].labels.all()) == list(
            ours.contact_list.labels.all()
        )
    assert Account.objects.count() > 1
