"""A rehearsal of a large audience: people a second, with a text of six variables.

The processor's seconds are those of this process and of the database.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from typing import Any

from django.db import connection

from benchmarks.planning import make_audience
from benchmarks.processes import whole_cpu_seconds
from campaigns.models import Campaign
from campaigns.rehearsals.lifecycle import start_rehearsal
from contacts.models import Contact
from contacts.people.attributes import record_attribute_names

#: One person in ten has no city.
_ATTRIBUTES = {
    "postgresql": "UPDATE contacts_contact SET attributes = jsonb_build_object('city', "
    "CASE WHEN id %% 10 = 0 THEN '' ELSE '昆明' END, 'points', (id %% 1009)::text)",
    "sqlite": "UPDATE contacts_contact SET attributes = json_object('city', "
    "CASE WHEN id %% 10 = 0 THEN '' ELSE '昆明' END, 'points', CAST(id %% 1009 AS text))",
}
_TEXTS = {
    "constant": "您好，活动明天开始。",
    "personal": "您好 {{ name | default: '朋友' }}（{{ nickname }}），{{ city }} 的活动明天开始，"
    "您有 {{ points }} 分。{{ account.name }} {{ uin }}",
}


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Rehearse the audience with each text; return the rates."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=100_000)
    parser.add_argument("--accounts", type=int, default=100)
    given = parser.parse_args(arguments)
    campaign = make_audience(given.people, given.accounts)
    with connection.cursor() as cursor:
        cursor.execute(_ATTRIBUTES[connection.vendor].replace("%%", "%"))
    record_attribute_names(contact_list=campaign.lists.get(), names=["city", "points"])
    assert Contact.objects.filter(attributes__city="").count() == given.people // 10
    return {
        "people": given.people,
        **{name: _rehearse(campaign, text) for name, text in _TEXTS.items()},
    }


def _rehearse(campaign: Campaign, text: str) -> dict[str, float]:
    Campaign.objects.filter(pk=campaign.pk).update(text=text)
    campaign.refresh_from_db()
    cpu, begin = whole_cpu_seconds(), time.perf_counter()
    rehearsal = start_rehearsal(campaign=campaign, is_awaited=True)
    seconds, processor = time.perf_counter() - begin, whole_cpu_seconds() - cpu
    people = rehearsal.result["rendered"]
    assert people == rehearsal.people > 0, rehearsal.problem
    return {
        "seconds": round(seconds, 2),
        "per_second": round(people / seconds),
        "cpu_seconds": round(processor, 2),
        "per_cpu_second": round(people / processor),
    }
