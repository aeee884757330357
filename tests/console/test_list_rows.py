"""What all rows of a list have in common is made once a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db.models import Model
from django.test import Client, RequestFactory
from django.urls import resolve, reverse
from django.utils import translation
from django.utils.html import format_html
from django.utils.translation import gettext
from unfold.templatetags import unfold_list

from accounts.models import Account, AccountTask, Egress
from contacts.models import Contact
from foundation.admin import list_cells, list_rows
from foundation.display import choice_words
from sending.models import ResultPolicy

ROWS = 7


@pytest.fixture
def people(db: None) -> None:
    Contact.objects.bulk_create(Contact(uin=55_000_000 + n) for n in range(ROWS))


@pytest.mark.usefixtures("people")
def test_the_headers_are_made_once(operator: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    made, real = [], list_rows._headers_of

    def noting(cl: Any) -> Iterator[dict[str, Any]]:
        made.append(cl)
        yield from real(cl)

    monkeypatch.setattr(list_rows, "_headers_of", noting)
    page = operator.get("/contacts/contact/").content.decode()
    assert page.count('data-label="UIN"') == ROWS
    assert len(made) == 1


@pytest.mark.usefixtures("people")
@pytest.mark.parametrize(
    ("language", "label"),
    [("en", "Select record"), ("zh-hans", "选择记录")],
)
def test_each_row_has_a_checkbox_in_the_readers_language(
    operator: Client, language: str, label: str
) -> None:
    operator.cookies["django_language"] = language
    page = operator.get("/contacts/contact/").content.decode()
    keys = Contact.objects.values_list("pk", flat=True)
    assert all(f'name="_selected_action" value="{key}"' in page for key in keys)
    assert page.count(f'aria-label="{label}"') >= ROWS


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize(
    "value",
    [
        ("sent", "sent"),
        ("unknown", "<b>"),
        (10, "online"),
        ("nowhere", "x"),
        ("sent", ""),
        "a",
    ],
)
def test_a_badge_is_that_of_the_library(value: Any, language: str) -> None:
    colours = {"sent": "success", 10: "warning", "unknown": "danger"}
    with translation.override(language):
        for label in (colours, True):
            if label is True and isinstance(value, tuple) and value[0] == 10:
                continue  # a number is no label
            theirs = list_cells._label_of(value, "", label)
            assert list_cells.display_for_label(value, "", label) == theirs
            assert list_cells.display_for_label(value, "", label) == theirs


def _list_of(model: type[Model], operator: Client, question: str = "") -> Any:
    page: Any = admin.site._registry[model]
    address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    request = RequestFactory().get(f"{address}{question}")
    request.user = User.objects.get(pk=operator.session["_auth_user_id"])
    request.session = operator.session
    request.resolver_match = resolve(address)
    return page.get_changelist_instance(request)


@pytest.mark.parametrize("language", ["en", "zh-hans"])
@pytest.mark.parametrize("question", ["", "?q=5", "?_popup=1"])
@pytest.mark.usefixtures("people")
def test_the_cells_are_those_of_the_library(operator: Client, question: str, language: str) -> None:
    account = Account.objects.create(uin=10_005, name="<b>A & B</b>")
    Account.objects.create(uin=10_006)
    AccountTask.objects.create(account=account, kind="login")
    Contact.objects.update(name="<i>李 & 王</i>")
    with translation.override(language):
        for model in (Account, AccountTask, Contact, Egress, User, Group, ResultPolicy):
            found = _list_of(model, operator, question)
            headers = list_rows.result_headers(found)
            ours = ["".join(cells) for cells in list_cells.cells_of(found, headers)]
            theirs = [
                "".join(unfold_list.items_for_result(found, row, None)) for row in found.result_list
            ]
            wrong = f'data-label="{gettext("Select record")}"'
            if found.list_display[0] != list_cells.ACTION_CHECKBOX:
                right = format_html('data-label="{}"', headers[0]["text"])
                theirs = [row.replace(wrong, right, 1) for row in theirs]
            assert ours == theirs, model


def test_no_list_has_what_our_template_leaves_out() -> None:
    for page in admin.site._registry.values():
        assert not page.list_editable, page
        assert not getattr(page, "actions_row", ()), page
        assert not getattr(page, "list_sections", ()), page
        assert not getattr(page, "ordering_field", None), page
        assert not getattr(page, "list_horizontal_scrollbar_top", False), page


def test_a_choice_has_djangos_words() -> None:
    account = Account(uin=10_005)
    for name in ("state", "state_reason", "presence"):
        assert choice_words(account, name) == getattr(account, f"get_{name}_display")()
    account.state = "nowhere"
    assert choice_words(account, "state") == account.get_state_display() == "nowhere"
