"""An attribute's name is a key, byte for byte, however it was saved and is looked for."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from contacts.imports.merge import merge
from contacts.models import Contact, ContactImport
from contacts.people.attribute_lines import attributes_of, lines_of
from contacts.people.attribute_sql import attribute_number, attribute_text, reading_text
from contacts.people.attributes import find_attribute, record_attributes_of
from contacts.resources import ContactResource
from foundation.names import clean_name, name_key
from foundation.refusals import Refusal
from sending.text_context import context_for
from tests.contacts.test_import_contacts import run
from tests.emptying import empty_tables
from tests.examples import examples
from texts.rendering import compile_text, spelled_variable

pytestmark = pytest.mark.django_db

NAMES = [
    "城市", "😀", "👨‍👩‍👧", "a.b", "a'b", 'a"b', "$", "$.a", "#", "#-1", "[0]", "0", "007", "\\",
    "\\u57ce", "a\\nb", "%s", "{}", "name", "size", "x" * 200,
    "é", "e\u0301", "\ue000", "A", "a", "  ", "",
]  # fmt: skip
any_name = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)


def _by_orm(name: str, value: str) -> None:
    Contact.objects.create(uin=10_001, attributes={name: value, "other": "x"})


def _by_update(name: str, value: str) -> None:
    person = Contact.objects.create(uin=10_001)
    Contact.objects.filter(pk=person.pk).update(attributes={name: value})


def _by_bulk(name: str, value: str) -> None:
    Contact.objects.bulk_create([Contact(uin=10_001, attributes={name: value})])


def _as_imported(name: str, value: str) -> None:
    """Write the JSON as imports write it: raw, not escaped."""
    from django.db import connection

    text = json.dumps({name: value}, ensure_ascii=False)
    person = Contact.objects.create(uin=10_001)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE contacts_contact SET attributes = %s WHERE id = %s", [text, person.pk]
        )


WAYS: list[Callable[[str, str], None]] = [_by_orm, _by_update, _by_bulk, _as_imported]


def found(name: str, value: str) -> int:
    return Contact.objects.filter(pk__in=_matching(name, value)).count()


def _matching(name: str, value: str) -> list[int]:
    rows = Contact.objects.annotate(found=attribute_text(name)).filter(found=value)
    return list(rows.values_list("pk", flat=True))


@pytest.mark.parametrize("way", WAYS)
@settings(
    deadline=None,
    max_examples=examples(40),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(name=any_name, value=st.sampled_from(["Bern", "é", "0", '"', "\\"]))
@example(name="城市", value="Bern")
def test_a_name_is_found_however_it_was_saved(
    way: Callable[[str, str], None], name: str, value: str
) -> None:
    Contact.objects.all().delete()
    way(name, value)
    assert found(name, value) == 1
    assert found(name + "x", value) == 0
    person = Contact.objects.get()
    person.save()  # Django now writes the JSON in its own way
    assert found(name, value) == 1


@settings(deadline=None, max_examples=examples(150))
@given(name=any_name)
@example(name="𠀀")
@example(name="a-b")
@example(name="a-")
@example(name="-")
def test_a_text_can_name_it(name: str) -> None:
    if "'" in name and '"' in name:
        return
    text = f"{{{{ {spelled_variable(name)} }}}}"
    assert compile_text(text).render({name: "Bern", "attributes": {name: "Bern"}}) == "Bern"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", NAMES)
def test_hard_names_are_found_everywhere(way: Callable[[str, str], None], name: str) -> None:
    way(name, "Bern")
    assert found(name, "Bern") == 1
    person = Contact.objects.get()
    record_attributes_of(contact=person)
    attribute = find_attribute(name)
    assert attribute is not None
    assert attribute.name == name
    context = context_for(contact=person, account=None)
    assert compile_text(f"{{{{ {spelled_variable(name)} }}}}").render(context) == "Bern"
    if name not in ("id", "uin", "name", "created_at"):
        assert ContactResource().fields[name].get_value(person) == "Bern"


@pytest.mark.parametrize("name", ["\0", "a\0b", "\ud800", "x" * 5000])
def test_a_name_that_cannot_be_stored_finds_nobody(name: str) -> None:
    _by_orm("a", "b")
    assert found(name, "b") == 0
    assert find_attribute(name) is None


@pytest.mark.parametrize("name", [name for name in NAMES if name.strip()])
def test_a_form_leaves_a_hard_name_as_it_is(name: str) -> None:
    before = {name: "Bern"}
    assert attributes_of(lines_of(before), before=before) == before


@settings(
    deadline=None,
    max_examples=examples(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(title=any_name)
@example(title="2025")
@example(title="a.b'c")
@pytest.mark.django_db(transaction=True)
def test_a_title_of_a_file_is_found_under_its_cleaned_name(title: str) -> None:
    empty_tables()
    cell = '"' + title.replace('"', '""') + '"'
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "people.csv"
        path.write_text(f"uin,{cell}\n10001,Bern\n", encoding="utf-8-sig", newline="")
        try:
            answer = run(path, "--list", "a", "--header-row", "1")
        except AssertionError:  # refused with a sentence, for example for a second column of UINs
            assert not Contact.objects.exists()
            return
    names = [
        field for field in ContactImport.objects.get().mapping if field.startswith("attribute:")
    ]
    assert answer["created"] == 1
    for name in (field.removeprefix("attribute:") for field in names):
        assert found(name, "Bern") == 1
        try:
            assert name == clean_name(title, longest=255) or name_key(name) != name_key(title)
        except Refusal:
            assert name


def test_a_title_that_looks_like_an_attribute_goes_into_it(tmp_path: Path) -> None:
    _by_orm("city", "Bern")
    record_attributes_of(contact=Contact.objects.get())
    path = tmp_path / "a.csv"
    path.write_text("uin,Ｃity\n10002,Basel\n", encoding="utf-8-sig")
    answer = run(path, "--list", "a")
    assert Contact.objects.get(uin=10_002).attributes == {"city": "Basel"}
    assert answer["notes"] == ["The column Ｃity goes into the attribute city."]


def test_a_number_is_a_reading_and_never_a_position() -> None:
    person = Contact.objects.create(uin=10_001, attributes={"0": "a"})
    Contact.objects.filter(pk=person.pk).update(readings={"0": 1.5, "x": True, "d": "2026-03-01"})
    row = Contact.objects.annotate(
        zero=attribute_number("0"), yes=attribute_number("x"), text=reading_text("d")
    ).get()
    assert (row.zero, row.yes, row.text) == (1.5, None, "2026-03-01")


def test_the_policy_merges_by_the_exact_name() -> None:
    changes = merge(
        policy="overwrite",
        name="",
        attributes={"é": "a"},
        new_name="",
        new_attributes={"e\u0301": "b"},
    )
    assert changes == {"attributes": {"e\u0301": [None, "b"]}}
