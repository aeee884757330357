"""The look-up of the latest sender, just after a large run was planned."""

from __future__ import annotations

import pytest
from django.db import connection

from campaigns.planning import plan_sql
from campaigns.planning.people_sql import Chunk
from campaigns.planning.plan_sql import pick_accounts
from campaigns.planning.rules import rules_of_run
from contacts.models import Contact
from sending.models import Delivery
from sending.states import RunState
from tests.campaigns.factories import make_account, make_campaign, make_list, make_run

pytestmark = pytest.mark.both_databases

PEOPLE = 3000


@pytest.mark.slow
@pytest.mark.django_db
def test_the_latest_sender_is_looked_up_by_the_person() -> None:
    """Old statistics show no delivery. An index of the run would be read to its end each time."""
    account = make_account()
    everybody = make_list("all")
    people = Contact.objects.bulk_create(Contact(uin=20_000_000 + n) for n in range(PEOPLE))
    run = make_run(make_campaign(lists=[everybody]), state=RunState.PREPARING, cap_most=1,
                   cap_seconds=60)  # fmt: skip
    is_postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        Delivery.objects.bulk_create(
            Delivery(run=run, contact=person, uin=person.uin, account=account) for person in people
        )
        picks = pick_accounts(
            rules=rules_of_run(run), people=Chunk(Contact.objects.order_by("pk")[:100])
        )
        if is_postgresql:
            cursor.execute(plan_sql._FOR_A_CHUNK)
        explain = "EXPLAIN" if is_postgresql else "EXPLAIN QUERY PLAN"
        cursor.execute(f"{explain} {picks.sql}", picks.params)
        plan = "\n".join(str(row[-1]) for row in cursor.fetchall())
    if is_postgresql:
        assert plan.count("using delivery_unique_contact_in_run on sending_delivery e") == 3, plan
        assert plan.count("Index Cond: ((contact_id >= p_2.id) AND (contact_id <= p_2.id))") == 1
        assert plan.count("Index Cond: ((ROW(contact_id, run_id) >= ROW(p_2.id") == 1, plan
    else:
        index = "sqlite_autoindex_sending_delivery_1"
        assert f"SEARCH e USING INDEX {index} (contact_id>? AND contact_id<?)" in plan, plan
        assert f"SEARCH e USING INDEX {index} (contact_id=? AND run_id>?)" in plan, plan
