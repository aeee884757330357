"""Each open form of the console, posted by a restricted user with the other tenant's choices."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.db import transaction
from django.test import Client

from campaigns.models import Campaign, MessageTemplate
from campaigns.states import EarlierGroup
from conversations.models import Conversation
from restrictions.scopes import SCOPES
from sending.models import Delivery
from tests.console.sample_data import FIRST_ACCOUNT, FIRST_UIN
from tests.restrictions.form_addresses import form_addresses
from tests.restrictions.two_tenants import MARKER, Ours, make_restricted, make_two_tenants
from tests.restrictions.two_tenants_api import fingerprint, our_names
from users.roles import Role

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.timeout(900)]
THEIRS = (MARKER, "theirs", "their pool", str(FIRST_ACCOUNT)[:7], str(FIRST_UIN)[:7])
#: A key that no row has.
NO_KEY = 987_654


@pytest.fixture
def ours() -> Ours:
    made = make_two_tenants()
    our_names(made)
    return made


def _client(ours: Ours, role: Role = Role.APPROVER) -> Client:
    client = Client(raise_request_exception=False)
    user = make_restricted(role)
    client.force_login(user)
    Campaign.objects.filter(pk=_draft(ours, user).pk).update(created_by=user)
    return client


def _draft(ours: Ours, user: Any) -> Campaign:
    draft = Campaign.objects.create(name="our draft", text="words", created_by=user)
    draft.lists.add(ours.contact_list)
    draft.accounts.add(ours.account)
    return draft


def _try(client: Client, method: str, address: str, data: Any = None) -> tuple[int, str, Any]:
    """Return status, text and context of an answer, and undo what the request did."""
    with transaction.atomic():
        answer: Any = getattr(client, method)(address, data or {})
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    text = answer.get("Location", "") + content.decode("utf-8", "replace")
    return answer.status_code, text, getattr(answer, "context", None)


def _form_in(context: Any) -> forms.BaseForm | None:
    for name in ("adminform", "form"):
        try:
            found = context[name]
        except (KeyError, TypeError):
            continue
        form = getattr(found, "form", found)
        if isinstance(form, forms.BaseForm):
            return form
    return None


def _posted(form: forms.BaseForm) -> dict[str, Any]:
    """Return what a browser would post, unchanged."""
    data: dict[str, Any] = {}
    for bound in form:
        value = bound.value()
        widget = bound.field.widget
        if isinstance(widget, forms.MultiWidget):
            names: Any = widget.widgets_names  # type: ignore[attr-defined]
            parts: Any = value if isinstance(value, list) else widget.decompress(value)
            for part, one in zip(names, parts, strict=False):
                plain = one if isinstance(one, list) else str(one)
                data[f"{bound.html_name}{part}"] = "" if one is None else plain
        elif isinstance(bound.field, forms.ModelMultipleChoiceField):
            data[bound.html_name] = [getattr(one, "pk", one) for one in value or []]
        elif isinstance(value, bool):
            data |= {bound.html_name: "on"} if value else {}
        elif value is not None and not isinstance(value, list | dict):
            data[bound.html_name] = str(getattr(value, "pk", value))
    return data


def _their_key(field: Any) -> int | None:
    model = field.queryset.model
    if model not in SCOPES:
        return None
    offered = set(field.queryset.values_list("pk", flat=True))
    found = model._base_manager.exclude(pk__in=offered).order_by("pk")
    for row in found:
        if any(one in repr(list(vars(row).values())) for one in THEIRS):
            return int(row.pk)
    return None


def _choices(form: forms.BaseForm) -> Iterator[tuple[str, Any, Any]]:
    """Return each field that chooses rows, with a choice of theirs and one of nothing."""
    for name, field in form.fields.items():
        if isinstance(field, forms.ModelChoiceField):
            key = _their_key(field)
            if key is not None:
                yield name, key, NO_KEY
        elif name in ("earlier_people", "excluded_earlier_people"):
            run = Campaign._base_manager.filter(name__startswith=MARKER, runs__isnull=False)[0]
            yield name, f"{run.pk}::{EarlierGroup.values[0]}", f"{NO_KEY}::{EarlierGroup.values[0]}"


def _same(text: str, key: Any) -> str:
    return re.sub(rf"\b{re.escape(str(key))}\b", "KEY", text)


def test_each_form_refuses_the_others_as_if_they_did_not_exist(ours: Ours) -> None:
    client = _client(ours)
    before = fingerprint()
    tried: set[str] = set()
    for address in form_addresses(ours):
        status, text, context = _try(client, "get", address)
        assert status == 200, (address, status, text[-300:])
        assert not [one for one in THEIRS if one in text], address
        form = _form_in(context)
        if form is None:
            continue
        data = {"name": "a new name", "text": "words", **_posted(form)}
        for name, theirs, nothing in _choices(form):
            tried.add(f"{address.split('/')[2]} {name}")
            answers = []
            for key in (theirs, nothing):
                # The key alone: a draft of our own choices would be saved.
                found = _try(client, "post", address, {**data, name: [key]})
                assert not [one for one in THEIRS if one in found[1]], (address, name)
                answered = _form_in(found[2])
                errors = answered.errors.as_json() if answered is not None else found[1]
                answers.append((found[0], _same(errors, key)))
            assert answers[0] == answers[1], (address, name)
    assert {
        "campaign lists", "campaign accounts", "campaign pools", "campaign template",
        "campaign labels", "campaign account", "campaign earlier_people",
        "contactimport contact_list", "contactlist labels", "messagetemplate labels",
    } <= tried, tried  # fmt: skip
    assert fingerprint() == before


def test_what_we_post_is_saved(ours: Ours) -> None:
    """A campaign, a list, a template and an account's pace; the labels come by themselves."""
    client = _client(ours, Role.OPERATOR)
    draft = Campaign.objects.get(name="our draft")
    for address, values in (
        (f"/campaigns/campaign/{draft.pk}/change/", {"name": "our renamed"}),
        ("/contacts/contactlist/add/", {"name": "our second list"}),
        ("/campaigns/messagetemplate/add/", {"name": "our second template", "text": "words"}),
        (f"/accounts/account/{ours.account.pk}/change/", {"per_minute": "7"}),
    ):
        context = client.get(address).context
        form = _form_in(context)
        assert form is not None
        answer = client.post(address, {**_posted(form), **values})
        errors = _form_in(answer.context)
        assert answer.status_code == 302, (address, errors.errors if errors else answer.content)
    draft.refresh_from_db()
    ours.account.refresh_from_db()
    assert draft.name == "our renamed"
    assert ours.account.per_minute == 7
    assert ours.account.labels.count() == 2  # the one that is not seen stays
    template = MessageTemplate.objects.get(name="our second template")
    assert [one.name for one in template.labels.all()] == ["ours"]
    assert "our second list" in client.get("/contacts/contactlist/").content.decode()


def test_a_campaign_is_made_step_by_step_and_started(ours: Ours) -> None:
    client = _client(ours, Role.OPERATOR)
    made = client.post("/campaigns/campaign/new/", {"name": "stepped", "lists": [], "go": "next"})
    assert made.status_code in (200, 302)
    campaign = Campaign.objects.get(name="stepped")
    start = f"/campaigns/campaign/{campaign.pk}/do/start/"
    step = f"/campaigns/campaign/{campaign.pk}/steps"
    posts: list[tuple[str, dict[str, Any]]] = [
        (f"{step}/who/", {"name": "stepped", "lists": [ours.contact_list.pk]}),
        (f"{step}/what/", {"text": "hello"}),
    ]
    for address, values in posts:
        assert client.post(address, {**values, "go": "next"}).status_code == 302
    # No accounts are chosen: by all of them it would be sent.
    assert client.post(start).status_code == 403
    assert not campaign.runs.exists()
    senders = {"accounts": [ours.account.pk], "go": "next"}
    assert client.post(f"{step}/senders/", senders).status_code == 302
    page = client.get(f"{step}/check/").content.decode()
    assert str(FIRST_ACCOUNT)[:7] not in page
    assert client.post(start).status_code == 302
    assert campaign.runs.count() == 1


def test_a_started_campaign_keeps_within(ours: Ours) -> None:
    client = _client(ours, Role.OPERATOR)
    address = f"/campaigns/campaign/{ours.campaign.pk}/change/"
    form = _form_in(client.get(address).context)
    assert form is not None
    data = _posted(form)
    assert client.post(address, {**data, "accounts": []}).status_code in (200, 403)
    assert ours.campaign.accounts.get() == ours.account


def test_the_inbox_is_ours(ours: Ours) -> None:
    client = _client(ours, Role.OPERATOR)
    mine = Conversation.objects.get(account=ours.account)
    theirs = Conversation.objects.exclude(account=ours.account)[0]
    inbox = "/conversations/conversation/"
    for address in (inbox, f"{inbox}?c={mine.pk}", f"{inbox}?box=all", f"{inbox}list/"):
        status, text, _context = _try(client, "get", address)
        assert status in (200, 286, 204), (address, status)
        assert not [one for one in THEIRS if one in text], address
    assert "our question" in client.get(f"{inbox}?c={mine.pk}").content.decode()
    assert client.get(f"{inbox}{theirs.pk}/thread/").status_code == 204  # as for no conversation
    assert client.post(f"{inbox}{theirs.pk}/do/close/").status_code == 404
    assert client.post(f"{inbox}{mine.pk}/do/assign/", {"to": "1"}).status_code == 403
    sent = client.post(f"{inbox}{mine.pk}/do/answer/", {"text": "our answer", "key": "k1"})
    assert sent.status_code == 302
    assert Delivery.objects.filter(text="our answer", account=ours.account).exists()
    assert "our answer" in client.get(f"{inbox}?c={mine.pk}").content.decode()
    assert client.post(f"{inbox}{mine.pk}/do/close/").status_code == 302
    mine.refresh_from_db()
    assert mine.state == "closed"


def test_friend_requests_are_decided(ours: Ours) -> None:
    client = _client(ours, Role.OPERATOR)
    page = "/accounts/friendrequest/"
    mine = ours.account.friend_requests.get()
    text = client.get(page).content.decode()
    assert not [one for one in THEIRS if one in text]
    theirs = type(mine).objects.exclude(account=ours.account)[0]
    data = {"action": "act_accept", "_selected_action": [mine.pk, theirs.pk]}
    assert client.post(page, data).status_code in (200, 302)
    mine.refresh_from_db()
    theirs.refresh_from_db()
    assert mine.state == "accepting"
    assert theirs.state == "waiting"


def test_what_is_chosen_is_searched_in_our_part(ours: Ours) -> None:
    client = _client(ours)
    fields = ("lists", "accounts", "pools", "template", "labels", "segments", "once_across")
    for field in fields:
        query = f"app_label=campaigns&model_name=campaign&field_name={field}"
        answer = client.get(f"/autocomplete/?{query}")
        assert answer.status_code in (200, 403), field
        assert not [one for one in THEIRS if one in answer.content.decode()], field
    assert (
        "our list"
        in client.get(
            "/autocomplete/?app_label=campaigns&model_name=campaign&field_name=lists"
        ).content.decode()
    )
