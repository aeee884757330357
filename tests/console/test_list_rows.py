"""What all rows of a list have in common is made once a list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from contacts.models import Contact
from foundation.admin import list_rows

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
            theirs = list_rows._label_of(value, "", label)
            assert list_rows.display_for_label(value, "", label) == theirs
            assert list_rows.display_for_label(value, "", label) == theirs
