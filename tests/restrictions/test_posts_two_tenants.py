"""Each verb of the console, posted by a restricted user for a row of ours and one of the others'.

The row is in the state in which the verb is carried out: it is the restriction that refuses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.contrib.messages import SUCCESS, get_messages
from django.db import transaction
from django.test import Client
from django.urls import resolve

from accounts.models import Account
from api.open_operations import OPEN
from api.operations import OPERATIONS
from api.tokens.issue import issue_token
from contacts.models import Contact, ContactList, Membership
from restrictions.managers import is_scoped
from restrictions.open import MODELS, WRITING
from tests import examples
from tests.console.sample_data import FIRST_ACCOUNT, FIRST_UIN
from tests.restrictions import states
from tests.restrictions.form_addresses import form_addresses
from tests.restrictions.posted_cases import CASES, Case
from tests.restrictions.states import Tenant
from tests.restrictions.test_api_two_tenants import REFUSED
from tests.restrictions.two_tenants import MARKER, Ours, make_restricted, make_two_tenants
from tests.restrictions.two_tenants_api import fingerprint, our_names
from users.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(900)]
#: A key that no row has.
NO_KEY = 987_654
#: The pages that a case or a form does not post to, each with its test in this module or beside it.
OTHERS = {
    "accounts_friendrequest_changelist": "test_friend_requests_are_decided",
    "campaigns_campaign_changelist": "tests.restrictions.test_keeping_two_tenants",
    "campaigns_messagetemplate_changelist": "tests.restrictions.test_keeping_two_tenants",
    "contacts_contactlist_changelist": "tests.restrictions.test_keeping_two_tenants",
    "campaigns_messagetemplate_preview": "test_a_preview_is_for_people_of_ours",
}
#: Operations of the API in a state in which they are carried out: how, and what is given.
API_STATES: dict[str, tuple[Any, dict[str, Any]]] = {
    "archive": (states.finished, {}),
    "restore": (states.archived(states.campaign_of), {}),
    "approve": (states.to_be_approved, {}),
    "reject": (states.to_be_approved, {"comment": "no"}),
    "start": (states.campaign_of, {}),
    "resume": (states.paused, {}),
    "choose": (states.with_variants, {"variant": "A"}),
    "move-start": (states.scheduled, {"at": "2090-01-01 10:00"}),
    "schedule": (states.schedule_on, {"pause": True}),
    "resolve": (states.finished, {"as": "sent", "all": True}),
    "retry": (states.finished, {}),
}


@pytest.fixture
def ours() -> Ours:
    made = make_two_tenants()
    our_names(made)
    return made


@pytest.fixture
def tenants(ours: Ours) -> tuple[Tenant, Tenant]:
    """Us and the others, with an author of each who is neither of the restricted users."""
    author = User.objects.get(username="小王")
    contact_list = ContactList.objects.exclude(pk=ours.contact_list.pk).order_by("pk")[0]
    own = Contact.objects.filter(lists=ours.contact_list)
    Membership.objects.filter(contact_list=contact_list, contact__in=own).delete()
    account = Account.objects.get(uin=FIRST_ACCOUNT)
    return (
        Tenant("our", ours.contact_list, ours.account, author),
        Tenant(MARKER, contact_list, account, author),
    )


def _client(role: Role = Role.APPROVER) -> Client:
    client = Client(raise_request_exception=False)
    client.force_login(make_restricted(role))
    return client


@contextmanager
def _undone() -> Iterator[None]:
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def _posted(client: Client, address: str, data: Any) -> tuple[int, str]:
    answer: Any = client.post(address, data)
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return answer.status_code, answer.get("Location", "") + content.decode("utf-8", "replace")


def _names_theirs(text: str) -> list[str]:
    theirs = (MARKER, "theirs", str(FIRST_ACCOUNT)[:7], str(FIRST_UIN)[:7])
    return [one for one in theirs if one in text]


def _refused_like_nothing(client: Client, case: Case, row: Any) -> str:
    """Return what is wrong with the answers for a row of the others; "" if they are right."""
    answers = []
    for key in (row.pk, NO_KEY):
        status, text = _posted(client, case.where(key), case.values(row))
        answers.append((status, text.replace(f"/{key}/", "/KEY/")))
    if answers[0][0] not in (302, 403, 404):
        return f"{answers[0][0]} for a row of the others"
    if answers[0] != answers[1]:
        return "a row of the others and one that does not exist differ"
    return ""


def test_a_verb_on_the_others_is_as_on_nothing(ours: Ours, tenants: tuple[Tenant, Tenant]) -> None:
    client = _client()
    rows = [(case, case.state(tenants[1])) for case in CASES]
    before = fingerprint()
    found = [(one.page, one.word, _refused_like_nothing(client, one, row)) for one, row in rows]
    assert not [one for one in found if one[2]]
    assert fingerprint() == before


def test_each_verb_on_ours_is_carried_out(ours: Ours, tenants: tuple[Tenant, Tenant]) -> None:
    """Otherwise the test above would prove nothing: the state would have refused it."""
    client, wrong = _client(), []
    for case in CASES if examples.is_all else CASES[::4]:
        with _undone():
            row = case.state(tenants[0])
            answer: Any = client.post(case.where(row.pk), case.values(row))
            said = [str(one) for one in get_messages(answer.wsgi_request) if one.level > SUCCESS]
            text = answer.get("Location", "") + answer.content.decode()
            if answer.status_code not in (204, 302) or said:
                wrong.append((case.page, case.word, answer.status_code, said, text[-200:]))
            assert not _names_theirs(text), (case.page, case.word)
    assert not wrong


def test_operations_of_the_api_are_carried_out_on_ours(
    ours: Ours, tenants: tuple[Tenant, Tenant]
) -> None:
    user = make_restricted(Role.APPROVER)
    _token, secret = issue_token(user=user, name="t", scope="admin", expires="90d")
    client = Client(headers={"Authorization": f"Bearer {secret}"}, raise_request_exception=False)
    for verb, (state, body) in API_STATES.items():
        found = []
        for tenant in tenants:
            with _undone():
                name = state(tenant).name
                before = fingerprint()
                address = f"/api/v1/campaigns/{name}/{verb}"
                answer = client.post(address, body, content_type="application/json")
                found.append((answer.status_code, fingerprint() != before))
                assert not _names_theirs(answer.content.decode().replace(name, "")), verb
        assert found == [(200, True), (404, False)], (verb, found, answer.content)


def test_a_preview_is_for_people_of_ours(ours: Ours) -> None:
    """Whoever is looked for by a number or a name of the others is not found."""
    client = _client()
    page = "/campaigns/messagetemplate/preview/"
    text = "dear {{ name }}"
    theirs = Contact.objects.get(uin=FIRST_UIN + 20)
    mine = Contact.objects.get(uin=44_444_407)
    assert "dear our person 7" in _posted(client, page, {"text": text, "person": mine.uin})[1]
    answers = []
    for person in (theirs.uin, FIRST_UIN + 7_000_000, theirs.name, f"{theirs.name}x"):
        status, shown = _posted(client, page, {"text": text, "person": str(person)})
        assert status == 200
        answers.append(shown.replace(str(person), "PERSON"))
        assert not _names_theirs(answers[-1])
    assert answers[0] == answers[1]
    assert answers[2] == answers[3]
    assert client.get(page).status_code == 404  # it is only posted to


def test_a_test_goes_to_nobody_of_the_others(ours: Ours, tenants: tuple[Tenant, Tenant]) -> None:
    client = _client(Role.OPERATOR)
    campaign = states.campaign_of(tenants[0])
    page = f"/campaigns/campaign/{campaign.pk}/test/"
    answers = []
    for uin in (tenants[1].people()[1].uin, FIRST_UIN + 7_000_000):
        data = {"to": str(uin), "account": tenants[0].account.pk}
        with _undone():
            answer = client.post(page, data)
        errors = answer.context["form"].errors.as_json()
        answers.append((answer.status_code, errors.replace(str(uin), "UIN")))
        assert not _names_theirs(answer.content.decode().replace(str(uin), "UIN"))
    assert answers[0] == answers[1]


def test_each_open_page_that_is_posted_to_has_a_case(ours: Ours) -> None:
    """A page or an operation that is opened gets one: this says which has none."""
    assert all(is_scoped(model) for model in MODELS)
    names_of_forms = {resolve(address).url_name for address in form_addresses(ours)}
    tried = {case.page for case in CASES} | names_of_forms | set(OTHERS)
    assert tried == WRITING, tried ^ WRITING
    # `test_api_two_tenants` asks each open operation; these it asks in a state that refuses.
    in_states = {f"POST campaigns/{{name}}/{verb}" for verb in API_STATES}
    without = {key for key in REFUSED if key.startswith("POST campaigns")} - in_states
    assert not without, without
    assert in_states <= OPEN <= {f"{one.method} {one.path}" for one in OPERATIONS}
