"""Histories are read only, for every model that has one, and show what each change was."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse
from simple_history.models import registered_models

from accounts.models import Account, AccountPool, Egress, WarmUpCurve
from campaigns.models import (
    ApprovalSettings,
    Campaign,
    CampaignNotifications,
    CampaignVariant,
    DefaultCap,
    Holiday,
    HolidayCalendar,
    MessageTemplate,
    Sequence,
    Snippet,
)
from conversations.models import CannedAnswer, ReplyRule
from foundation.admin import ChangeHistoryMixin
from labels.models import Label
from sending.models import (
    ForbiddenWord,
    OptOutSettings,
    OptOutWord,
    QuietHours,
    ResultPolicy,
)
from tests.console.sample_data import make_world

pytestmark = pytest.mark.both_databases

#: These have no page: their rows are part of a page of a calendar or campaign.
WITHOUT_PAGE: set[Any] = {Holiday, CampaignNotifications, CampaignVariant}


def rows() -> list[Any]:
    """Return a changed row of every model with a history and a page."""
    make_world()
    Snippet.objects.create(name="s", text="a\nb")
    ForbiddenWord.objects.create(word="w")
    OptOutWord.objects.create(word="w")
    OptOutSettings.objects.create(pk=1)
    QuietHours.objects.create()
    HolidayCalendar.objects.get_or_create(name="c")
    DefaultCap.objects.create(pk=1, most=2, days=7)
    ApprovalSettings.objects.get_or_create(pk=1)
    for named in (AccountPool, CannedAnswer, Label, ReplyRule, Sequence):
        named.objects.get_or_create(name="n")
    models = (
        Account,
        AccountPool,
        Campaign,
        CannedAnswer,
        HolidayCalendar,
        Label,
        MessageTemplate,
        ReplyRule,
        Sequence,
    )
    settings = (
        ApprovalSettings,
        DefaultCap,
        ForbiddenWord,
        OptOutSettings,
        OptOutWord,
        QuietHours,
        ResultPolicy,
    )
    found: list[Any] = [
        model._base_manager.order_by("pk").first()
        for model in (*models, *settings, Snippet, WarmUpCurve)
    ]
    for row in found:
        row.save()
    return found


def page(row: Any, key: Any) -> str:
    options = row._meta
    name = f"admin:{options.app_label}_{options.model_name}_simple_history"
    return reverse(name, args=[row.pk, key])


@pytest.mark.usefixtures("db")
def test_every_model_with_a_history_has_our_pages() -> None:
    found = {
        model
        for model in apps.get_models()
        if getattr(model._meta, "simple_history_manager_attribute", None)
    }
    tracked = {model for model in registered_models.values() if not model._meta.auto_created}
    assert found == tracked
    assert found - WITHOUT_PAGE == {type(row) for row in rows()}
    for model in found - WITHOUT_PAGE:
        assert isinstance(admin.site._registry[model], ChangeHistoryMixin), model
    assert Egress not in found


def test_each_page_is_shown_and_takes_no_post(operator: Client) -> None:
    for row in rows():
        history = row.history.all()
        for record in history:
            assert operator.get(page(row, record.pk)).status_code == 200, row
            answer = operator.post(page(row, record.pk), {"name": "evil", "text": "evil"})
            assert answer.status_code == 405
        listed = operator.get(
            reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_history", args=[row.pk])
        )
        assert page(row, history[0].pk) in listed.content.decode()
        assert row.history.count() == len(history)


def test_a_viewer_can_look_and_change_nothing(db: None, client: Client) -> None:
    template = MessageTemplate.objects.create(name="t", text="one\ntwo")
    template.text = "one\nthree"
    template.save()
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    client.force_login(user)
    newest, oldest = template.history.all()
    assert client.get(page(template, newest.pk)).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="view_messagetemplate"))
    shown = client.get(page(template, newest.pk)).content.decode()
    assert "<del>two</del>" in shown
    assert "<ins>three</ins>" in shown
    assert client.post(page(template, oldest.pk), {"name": "t", "text": "x"}).status_code == 405
    template.refresh_from_db()
    assert template.text == "one\nthree"


def test_what_people_wrote_is_not_translated(operator: Client) -> None:
    template = MessageTemplate.objects.create(name="active", text="x")
    operator.post("/i18n/setlang/", {"language": "zh-hans", "next": "/"})
    shown = operator.get(page(template, template.history.first().pk))
    assert shown.context["values"]["表示语言的属性"] == "language"
    assert "active" in shown.context["values"].values()


@pytest.mark.parametrize("key", ["0", "²", "x", "9" * 30, "99999999999999999999", "1" * 19])
def test_what_is_no_change_is_not_found(key: str, operator: Client) -> None:
    template = MessageTemplate.objects.create(name="t", text="x")
    assert operator.get(page(template, key)).status_code == 404
    address = page(template, template.history.first().pk)
    assert operator.get(address.replace(f"/{template.pk}/", f"/{key}/")).status_code == 404
