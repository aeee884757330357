"""After an erasure a person's UIN is nowhere but in the suppression of that person."""

from __future__ import annotations

import re

import pytest
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth.models import User
from django.db import connection

from contacts.imports.files import rejects_of, replace_private
from contacts.models import Contact, ContactImport, Segment
from contacts.people.erase import erase_person
from tabular.upload_files import import_folder
from tests.campaigns.factories import (
    make_account,
    make_campaign,
    make_delivery,
    make_inbound,
    make_list,
    make_run,
)

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
WHO, OTHER = 123_456_789, 1_234_567_890


def places_of(uin: int) -> set[str]:
    """Return the tables in which a UIN stands, in any column."""
    name, found = re.compile(rf"(?<![0-9]){uin}(?![0-9])"), set()
    with connection.cursor() as cursor:
        for model in apps.get_models(include_auto_created=True):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(model._meta.db_table)}")
            if any(name.search(str(row)) for row in cursor.fetchall()):
                found.add(model._meta.db_table)
    return found


def test_nothing_but_the_suppression_names_an_erased_person(admin_user: User) -> None:
    account = make_account(20_001, friends=[WHO, OTHER])
    make_list("all", [WHO, OTHER])
    who = Contact.objects.get(uin=WHO)
    campaign = make_campaign("spring")
    campaign.text = f"ask {WHO}, not {OTHER}"
    campaign.save()  # writes the history
    campaign.text = "hi"
    campaign.save()
    make_delivery(make_run(campaign), who, text=f"hi {WHO}")
    make_inbound(account, WHO)
    values = [str(WHO), str(OTHER), WHO]
    condition = {"kind": "attribute", "name": "qq", "values": values}
    segment = Segment.objects.create(name="s", conditions={"all": [condition]})
    done = ContactImport.objects.create(
        file_name="people.csv",
        errors=[{"line": 2, "column": "qq", "reason": f"{WHO} is there twice"}],
    )
    LogEntry.objects.create(
        user=admin_user, object_repr=f"{WHO} Somebody", action_flag=CHANGE,
        change_message=f"suppressed {WHO}",
    )  # fmt: skip
    rejects = import_folder() / f"rejected-{done.pk}.csv"
    replace_private(rejects, f'qq,name\r\n{WHO},"a\r\nb"\r\n{OTHER},c\r\n'.encode("utf-8-sig"))
    assert len(places_of(WHO)) >= 8, "the test has something to find"

    erase_person(contact=who)
    assert places_of(WHO) == {"contacts_suppression"}
    assert rejects in rejects_of()
    assert rejects.read_text(encoding="utf-8-sig").splitlines() == ["qq,name", f"{OTHER},c"]
    assert rejects.stat().st_mode & 0o777 == 0o600
    segment.refresh_from_db()
    assert segment.conditions["all"][0]["values"] == ["0", str(OTHER), 0]
    assert Contact.objects.filter(uin=OTHER).exists()
    rejects.unlink()
