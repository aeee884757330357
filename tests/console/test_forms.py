"""Forms save only what the operator changed, and show errors at their field."""

from __future__ import annotations

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import Account, Lease
from accounts.states import AccountState, StateReason
from accounts.transitions import quarantine_account
from campaigns.models import Campaign, MessageTemplate
from qqhttp import password_digest
from tests.console.sample_data import FIRST_ACCOUNT, make_account, make_list, make_world

# Forms are validated in Python; other tests save the same rows on both databases.
pytestmark = pytest.mark.one_database


def _account_form(**values: object) -> dict[str, object]:
    empty = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0}
    management = {
        f"{prefix}-{key}": value
        for prefix in ("events", "account_tasks", "sessions")
        for key, value in empty.items()
    }
    return {
        "name": "小红",
        "presence": 10,
        "friend_policy": "ask",
        "min_interval": 1.0,
        **management,
        **values,
    }


def test_a_stale_form_cannot_put_an_old_state_back(operator: Client) -> None:
    account = make_account(FIRST_ACCOUNT)
    address = reverse("admin:accounts_account_change", args=[account.pk])
    assert operator.get(address).status_code == 200
    quarantine_account(account=account, reason=StateReason.LOGIN_REFUSED, detail="wrong password")
    Account.objects.filter(pk=account.pk).update(friend_count=77, per_day=5)
    assert operator.post(address, _account_form(min_interval=2.5, per_day=5)).status_code == 302
    account.refresh_from_db()
    assert account.min_interval == 2.5
    assert account.state == AccountState.QUARANTINED
    assert account.friend_count == 77


def test_an_unchanged_form_saves_nothing(operator: Client) -> None:
    account = make_account(FIRST_ACCOUNT)
    Account.objects.filter(pk=account.pk).update(name="小红")
    before = account.history.count()
    address = reverse("admin:accounts_account_change", args=[account.pk])
    assert operator.post(address, _account_form()).status_code == 302
    assert account.history.count() == before


@pytest.mark.parametrize(
    ("password", "state"),
    [("right", AccountState.NEW), ("wrong", AccountState.QUARANTINED), ("", "quarantined")],
)
def test_another_password_ends_the_quarantine_of_a_refused_login(
    password: str, state: str, operator: Client
) -> None:
    account = make_account(FIRST_ACCOUNT)
    Account.objects.update(credential=password_digest("wrong"))
    quarantine_account(account=account, reason=StateReason.LOGIN_REFUSED, detail="wrong password")
    address = reverse("admin:accounts_account_change", args=[account.pk])
    assert operator.post(address, _account_form(password=password)).status_code == 302
    account.refresh_from_db()
    assert account.state == state
    if state == AccountState.NEW:
        assert account.credential == password_digest("right")
        assert account.events.latest("pk").by is not None


def test_a_new_account_gets_its_digest_and_its_lease(operator: Client) -> None:
    form = _account_form(uin=FIRST_ACCOUNT, password="geheim")
    answer = operator.post(reverse("admin:accounts_account_add"), form)
    assert answer.status_code == 302
    account = Account.objects.get()
    assert account.credential == password_digest("geheim")
    assert Lease.objects.get().last_seq > 1_000_000_000


def test_a_new_account_without_password_is_refused_at_its_field(operator: Client) -> None:
    answer = operator.post(reverse("admin:accounts_account_add"), _account_form(uin=FIRST_ACCOUNT))
    assert answer.status_code == 200
    assert "needs a password" in answer.content.decode()


def test_no_page_shows_a_credential(operator: Client) -> None:
    account = make_account(FIRST_ACCOUNT)
    secret = password_digest("geheim")
    Account.objects.filter(pk=account.pk).update(credential=secret)
    for address in [
        reverse("admin:accounts_account_change", args=[account.pk]),
        reverse("admin:accounts_account_changelist"),
        reverse("admin:accounts_account_history", args=[account.pk]),
    ]:
        assert secret not in operator.get(address).content.decode()


def _campaign_form(**values: object) -> dict[str, object]:
    contact_list = make_list("VIP", people=2)
    return {
        "name": "周末",
        "text": "你好 {{ name }}",
        "lists": [contact_list.pk],
        "promise": "never-twice",
        "on_lost_account": "fail",
        "timezone": "Asia/Shanghai",
        "late": "send",
        "sender": "keep",
        "order": "imported",
        **values,
    }


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"text": "{{ nmae }}"}, "text", "Did you mean {{ name }}?"),
        ({"text": "{{ name "}, "text", "Line 1"),
        ({"text": " "}, "text", "Write a text here"),
        ({"windows_0": "09:00"}, "windows", "Monday: The window"),
        ({"windows_6": "09:00-09:00"}, "windows", "starts and ends at 09:00"),
        ({"windows_2": "25:00-26:00"}, "windows", "cannot be read"),
        ({"repeat_0": "weekly", "repeat_1": "09:00"}, "repeat", "at least one day"),
        ({"repeat_0": "daily", "repeat_1": "9 o'clock"}, "repeat", "Write the time like 09:00"),
        ({"repeat_0": "monthly", "repeat_1": "09:00", "repeat_3": "²"}, "repeat", "cannot be read"),
        ({"repeat_0": "cron", "repeat_4": "61 * * * *"}, "repeat", "cron line"),
        ({"repeat_times": "3"}, "repeat", "An end needs a repetition"),
        ({"starts_at_0": "2020-01-01", "starts_at_1": "09:00"}, "starts_at", "is in the past"),
        ({"deadline_after": "soon"}, "deadline_after", "cannot be read"),
        ({"deadline_after": "0h"}, "deadline_after", "cannot be read"),
        ({"deadline_after": "9" * 10}, "deadline_after", "cannot be read"),
        ({"lists": []}, "lists", "needs a list or a segment"),
    ],
)
def test_a_mistake_is_said_at_its_field(
    values: dict[str, object], field: str, sentence: str, operator: Client
) -> None:
    answer = operator.post(reverse("admin:campaigns_campaign_add"), _campaign_form(**values))
    assert answer.status_code == 200
    errors = answer.context["adminform"].form.errors
    assert sentence in " ".join(errors[field])
    assert not Campaign.objects.exists()


def test_a_good_campaign_leads_to_its_page(operator: Client) -> None:
    answer = operator.post(reverse("admin:campaigns_campaign_add"), _campaign_form())
    campaign = Campaign.objects.get()
    assert answer["Location"] == reverse("admin:campaigns_campaign_page", args=[campaign.pk])
    assert campaign.created_by is not None
    assert "Not started yet" in operator.get(answer["Location"]).content.decode()


def test_a_template_that_is_no_liquid_is_refused_at_its_field(operator: Client) -> None:
    answer = operator.post(
        reverse("admin:campaigns_messagetemplate_add"), {"name": "x", "text": "{% if %}"}
    )
    assert "text" in answer.context["adminform"].form.errors
    assert not MessageTemplate.objects.exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a\n{% for i in (1..9999999999) reversed %}{{ i }}{% endfor %}", "limit: 20"),
        ("a\n{{ 'a'" + " | base64_encode" * 60 + " }}", "a value becomes too large"),
        ("a\n" + "{{" * 7_000, "use fewer"),
    ],
)
@pytest.mark.timeout(60)
def test_a_template_that_would_take_too_much_is_refused_with_its_place(
    text: str, words: str, operator: Client
) -> None:
    answer = operator.post(
        reverse("admin:campaigns_messagetemplate_add"), {"name": "x", "text": text}
    )
    (said,) = answer.context["adminform"].form.errors["text"]
    assert said.startswith("Line 2, column ")
    assert words in said
    assert not MessageTemplate.objects.exists()


@pytest.mark.parametrize("what", ["accounts_account", "campaigns_campaign"])
def test_what_much_hangs_on_cannot_be_deleted(what: str, operator: Client) -> None:
    campaign = make_world()
    row = campaign if what == "campaigns_campaign" else Account.objects.first()
    assert row is not None
    address = reverse(f"admin:{what}_delete", args=[row.pk])
    assert operator.post(address, {"post": "yes"}).status_code == 302
    changelist = reverse(f"admin:{what}_changelist")
    operator.post(
        changelist, {"action": "delete_selected", "_selected_action": [row.pk], "is_confirmed": "1"}
    )
    assert type(row).objects.filter(pk=row.pk).exists()
