"""What typed attributes are read as, written by every way of saving a person."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from contacts.imports.undo import request_undo, undo_import
from contacts.models import Attribute, Contact, ContactImport, ContactList, Segment
from contacts.people import attribute_work
from contacts.people.attribute_sql import attribute_date, attribute_number, attribute_yes
from contacts.people.attribute_types import set_attribute_types
from contacts.people.attribute_work import attributes_with_work, work_on_attribute
from contacts.people.attributes import record_attribute_names
from contacts.people.merge_attributes import look_alikes, merge_attributes
from contacts.typed_values.types import type_named
from foundation.refusals import Refusal
from tests.contacts.test_import_contacts import run

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.both_databases]

FILE = "uin,rate,birthday,vip,city\n10001,80%,2026-03-01,是,Bern\n10002,0.5,1999年1月2日,否,\n"


def write(folder: Path, text: str) -> Path:
    path = folder / "people.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def work() -> None:
    for _round in range(2):  # a merge ends with reading the target again
        for attribute_id in attributes_with_work():
            work_on_attribute(attribute_id=attribute_id)
    assert not attributes_with_work()


def readings(uin: int = 10_001) -> Any:
    return Contact.objects.get(uin=uin).readings


def set_types(**types: str) -> None:
    record_attribute_names(contact_list=None, names=types)
    set_attribute_types({name: type_named(words) for name, words in types.items()})
    work()


def test_an_import_takes_the_types_that_all_cells_suggest(tmp_path: Path) -> None:
    answer = run(write(tmp_path, FILE), "--list", "a")
    assert answer["types"] == {
        "rate": "number",
        "birthday": "date",
        "vip": "yes_no",
        "city": "text",
    }
    assert answer["unread"] == []
    assert readings() == {"rate": 0.8, "birthday": "2026-03-01", "vip": True}
    assert readings(10_002) == {"rate": 0.5, "birthday": "1999-01-02", "vip": False}
    assert Contact.objects.get(uin=10_001).attributes["rate"] == "80%"
    row = Contact.objects.annotate(
        number=attribute_number("rate"), day=attribute_date("birthday"), yes=attribute_yes("vip")
    ).get(uin=10_001)
    assert (row.number, row.day, row.yes) == (0.8, date(2026, 3, 1), True)
    assert not attributes_with_work()


def test_types_are_told_on_the_command_line(tmp_path: Path) -> None:
    path = write(tmp_path, "uin,day,code\n10001,3/1/26,12\n10002,31/1/26,x\n")
    answer = run(path, "--list", "a", "--types", "day=date:dmy,code=number")
    assert readings() == {"day": "2026-01-03", "code": 12}
    assert readings(10_002) == {"day": "2026-01-31"}
    assert answer["unread"] == [
        {"attribute": "code", "type": "number", "count": 1, "examples": ["x"]}
    ]
    assert "cannot be read as a number, such as x" in answer["notes"][0]
    assert Contact.objects.get(uin=10_002).attributes == {"day": "31/1/26", "code": "x"}
    work()
    assert Attribute.objects.get(name="code").unread == 1


def test_dates_of_an_open_order_stay_text_on_the_command_line(tmp_path: Path) -> None:
    answer = run(write(tmp_path, "uin,day\n10001,3/1/26\n"), "--list", "a")
    assert answer["types"] == {}
    assert readings() is None
    refused = run(
        write(tmp_path, "uin,day\n10001,3/1/26\n"), "--list", "a", "--types", "day=date", status=1
    )
    assert refused["error"] == "date_order"


@pytest.mark.parametrize("types", ["x=number", "rate=numbers"])
def test_wrong_types_are_refused_and_leave_nothing(tmp_path: Path, types: str) -> None:
    refused = run(write(tmp_path, FILE), "--list", "a", "--types", types, status=1)
    assert refused["error"] in ("no_such_attribute", "no_such_type")
    assert not ContactImport.objects.exists()
    assert not ContactList.objects.exists()


@pytest.mark.parametrize("policy", ["skip", "fill", "overwrite"])
def test_people_who_exist_get_the_readings_of_what_changes(tmp_path: Path, policy: str) -> None:
    set_types(rate="number", size="number", city="text")
    Contact.objects.create(uin=10_001, attributes={"rate": "7", "size": "3"})
    run(write(tmp_path, "uin,rate,city\n10001,x,Bern\n"), "--list", "a", "--policy", policy)
    expected = {"skip": {"rate": 7, "size": 3}, "fill": {"rate": 7, "size": 3}}
    assert readings() == expected.get(policy, {"size": 3})
    run(write(tmp_path, "uin,rate\n10001,９\n"), "--list", "a", "--policy", policy)
    assert readings() == expected.get(policy, {"rate": 9, "size": 3})


def test_taking_an_import_back_restores_the_readings(tmp_path: Path) -> None:
    set_types(rate="number")
    Contact.objects.create(uin=10_001, attributes={"rate": "1,200"})
    run(write(tmp_path, "uin,rate\n10001,5\n"), "--list", "a")
    assert readings() == {"rate": 5}
    done = ContactImport.objects.get()
    request_undo(contact_import=done)
    assert undo_import(import_id=done.pk)
    assert readings() == {"rate": 1200}


def test_saving_through_the_orm_reads() -> None:
    set_types(rate="number", vip="yes_no")
    person = Contact.objects.create(uin=10_001, attributes={"rate": "1,5", "vip": "x"})
    assert readings() == {"rate": 1.5}
    person.attributes["rate"] = "?"
    person.save(update_fields=["attributes"])
    assert readings() is None
    person.name = "x"
    person.save(update_fields=["name"])
    assert Contact.objects.get().attributes == {"rate": "?", "vip": "x"}


def test_a_change_of_type_reads_again_in_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attribute_work, "CHUNK_ROWS", 7)
    values = ["1", "0", "x", "", "3/1/26"]
    Contact.objects.bulk_create(
        [Contact(uin=10_000 + n, attributes={"a": values[n % 5], "b": "1"}) for n in range(50)]
    )
    set_types(a="number", b="number")
    assert readings(10_000) == {"a": 1, "b": 1}
    assert Attribute.objects.get(name="a").unread == 20
    set_types(a="yes_no")
    assert readings(10_000) == {"a": True, "b": 1}
    assert readings(10_000)["a"] is True
    set_types(a="date:mdy")
    assert readings(10_004) == {"a": "2026-03-01", "b": 1}
    assert readings(10_000) == {"b": 1}
    set_types(a="text", b="text")
    assert Contact.objects.filter(readings__isnull=True).count() == 50
    assert Attribute.objects.get(name="a").unread == 0


def test_an_import_that_was_started_with_another_type_is_read_again(tmp_path: Path) -> None:
    from contacts.imports.lifecycle import queue_import
    from contacts.imports.run import run_import
    from tests.contacts.people import uploaded

    row = uploaded("uin,rate\n10001,5\n")
    queue_import(contact_import=row)
    set_types(rate="yes_no")
    run_import(import_id=row.pk)
    assert attributes_with_work()
    work()
    assert readings() is None
    assert Attribute.objects.get(name="rate").unread == 1


@pytest.mark.parametrize("is_target_kept", [True, False])
def test_attributes_that_look_alike_are_merged(
    monkeypatch: pytest.MonkeyPatch, is_target_kept: bool
) -> None:
    monkeypatch.setattr(attribute_work, "CHUNK_ROWS", 2)
    people = [{"City": "1"}, {"City": "2", "city": "3"}, {"city": "4"}, {"x": "5"}, {"City": ""}]
    for number, attributes in enumerate(people):
        Contact.objects.create(uin=10_000 + number, attributes=attributes)
    first = ContactList.objects.create(name="a")
    record_attribute_names(contact_list=None, names=["x", "city"])
    record_attribute_names(contact_list=first, names=["City"])
    set_types(city="number")
    segment = Segment.objects.create(
        name="s", conditions={"all": [{"kind": "attribute", "name": "City", "value": "1"}]}
    )
    ((one, two),) = look_alikes()
    merge_attributes(
        source=max(one, two, key=lambda row: row.name == "City"),
        into=max(one, two, key=lambda row: row.name == "city"),
        is_target_kept=is_target_kept,
    )
    with pytest.raises(Refusal, match="being merged"):
        merge_attributes(source=one, into=two)
    work()
    both = {"city": "3" if is_target_kept else "2"}
    found = [row.attributes for row in Contact.objects.order_by("uin")]
    assert found == [{"city": "1"}, both, {"city": "4"}, {"x": "5"}, {}]
    assert readings(10_000) == {"city": 1}
    assert readings(10_001) == {"city": int(both["city"])}
    assert not Attribute.objects.filter(name="City").exists()
    segment.refresh_from_db()
    assert segment.conditions["all"][0]["name"] == "city"
    assert first.attribute_uses.get().attribute.name == "city"
    with pytest.raises(Refusal, match="itself"):
        merge_attributes(source=two, into=two)
