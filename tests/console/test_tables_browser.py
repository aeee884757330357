"""In a real browser: a table is imported, variables are clicked in, long names stay narrow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from contacts.models import Attribute, Contact, ContactList
from contacts.people.attributes import record_attribute_names
from tests.console.sample_data import make_operator
from tests.console.test_browser_twin_edits import sign_in
from tests.tabular.xls_writing import write_xls

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
LONG = "w" * 250


@pytest.fixture
def page(page: Any, live_server: Any, clean_redis: Any) -> Any:
    make_operator()
    page.set_default_timeout(30_000)
    page.goto(f"{live_server.url}/login/")
    sign_in(page)
    page.address = live_server.url
    return page


def test_lists_are_imported_from_a_workbook_after_looking_at_the_differences(
    page: Any, tmp_path: Path
) -> None:
    ContactList.objects.create(name="老客户", description="before")
    file = tmp_path / "lists.xls"
    file.write_bytes(
        write_xls([["列表名称", "说明"], ["老客户", "after"], ["新客户", "new"]], sheet="名单")
    )
    page.goto(f"{page.address}/contacts/contactlist/")
    page.locator("a[href$='/contacts/contactlist/to-table']").or_(
        page.locator("a[href$='/contacts/contactlist/to-table/']")
    ).first.click()
    page.set_input_files("input[name=file]", file)
    page.locator("[data-upload] button[type=submit]").click()
    page.get_by_text("Nothing is imported yet: check the differences").wait_for()
    assert page.locator("del", has_text="before").is_visible()
    assert ContactList.objects.count() == 1
    page.get_by_role("button", name="Import these changes").click()
    page.locator("#result_list").wait_for()
    assert dict(ContactList.objects.values_list("name", "description")) == {
        "老客户": "after",
        "新客户": "new",
    }


def test_a_variable_is_clicked_into_the_text_at_the_cursor(page: Any) -> None:
    record_attribute_names(contact_list=None, names=["城市", 'it\'s "so"'])
    page.goto(f"{page.address}/campaigns/messagetemplate/add/")
    area = page.locator("textarea[name=text]")
    area.fill("您好，，再见")
    area.evaluate("(area) => area.setSelectionRange(3, 3)")
    buttons = page.locator(".q-variable")
    labels = buttons.all_inner_texts()
    city = labels.index("{{ 城市 }}")
    buttons.nth(city).press("Enter")
    assert area.input_value() == "您好，{{ 城市 }}，再见"
    assert page.evaluate("document.activeElement.name") == "text"
    quoted = next(label for label in labels if "so" in label)
    buttons.nth(labels.index(quoted)).click()
    assert area.input_value() == f"您好，{{{{ 城市 }}}}{quoted}，再见"


@pytest.mark.parametrize("address", ["contacts/attribute/", "contacts/contact/"])
def test_long_names_do_not_push_the_columns_out_of_the_page(page: Any, address: str) -> None:
    record_attribute_names(contact_list=None, names=[LONG])
    Contact.objects.create(uin=10_001, name=LONG, attributes={LONG: LONG})
    assert Attribute.objects.get().name == LONG
    page.goto(f"{page.address}/{address}")
    table = page.locator("#result_list")
    width = table.evaluate("(table) => table.scrollWidth - table.parentElement.clientWidth")
    assert width <= 1
