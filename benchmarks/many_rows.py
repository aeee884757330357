"""Fills a PostgreSQL as years of work would: runs that are over, two that are not, their people.

Everything is written by INSERT ... SELECT, without checking foreign keys, so that ten million
deliveries take minutes. The figures and the minutes of runs are counted from the deliveries.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import connection

from accounts.models import Account, Egress
from benchmarks.fixtures import make_accounts, make_campaign
from campaigns.models import Campaign, CampaignRun
from contacts.models import ContactList
from qqhttp.simulator.population import FIRST_FRIEND
from sending.models import Delivery, Run, Tally
from sending.states import DeliveryState, RunState

#: People of a run, and of a list.
PEOPLE_OF_RUN = 50_000
#: Hours between the ends of two runs.
RUN_EVERY = 6


@dataclass(frozen=True)
class Sizes:
    """How many rows there are, from the number of deliveries; one run more is to everybody."""

    deliveries: int

    @property
    def runs(self) -> int:
        """Runs, each to PEOPLE_OF_RUN people."""
        return max(self.deliveries // self.people_of_run, 2)

    @property
    def people_of_run(self) -> int:
        """People of a run; fewer where there are fewer people."""
        return min(PEOPLE_OF_RUN, self.people)

    @property
    def people(self) -> int:
        """Contacts."""
        return max(self.deliveries // 10, 20)

    @property
    def accounts(self) -> int:
        """Accounts, each with the same number of friends."""
        return max(self.deliveries // 5_000, 2)

    @property
    def inbound(self) -> int:
        """Inbound messages."""
        return max(self.deliveries * 3 // 100, 20)


# The account and the UIN of the person x, from 0.
_ACCOUNT = "{first_account_id} + x % {a}"
_UIN = "{first_friend} + x"
_STATEMENTS = (Path(__file__).parent / "many_rows.sql").read_text().split(";\n")[:-1]


def fill(sizes: Sizes) -> dict[str, int]:
    """Fill the empty database; return the number of rows of each large table."""
    numbers = _numbers(sizes)
    account, uin = _ACCOUNT.format(**numbers), _UIN.format(**numbers)
    with connection.cursor() as cursor:
        # Foreign keys are not checked for rows that are made to fit; a check below counts them.
        cursor.execute("SET session_replication_role = replica")
        for statement in _STATEMENTS:
            cursor.execute(statement.format(account=account, uin=uin, **numbers))
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    counted = count_rows()
    _check(sizes, counted)
    return counted


def count_rows() -> dict[str, int]:
    """Return the number of rows of each table that has many, as ANALYZE counted them."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNTS)
        return dict(cursor.fetchall())


_COUNTS = """
SELECT c.relname, c.reltuples::bigint FROM pg_class c JOIN pg_stat_user_tables t ON t.relid = c.oid
WHERE c.reltuples > 1000 ORDER BY c.reltuples DESC
"""


def _numbers(sizes: Sizes) -> dict[str, Any]:
    """Make the rows that the others refer to; return their keys, and the sizes."""
    accounts = make_accounts(count=sizes.accounts, friends=0, min_interval=1.0)
    egress = Egress.objects.first() or Egress.objects.create(name="bench")
    Account.objects.update(egress=egress, friend_count=sizes.people // sizes.accounts)
    lists = ContactList.objects.bulk_create(
        ContactList(name=f"list {number:04d}", name_key=f"list {number:04d}")
        for number in range(-(-sizes.people // sizes.people_of_run))
    )
    campaigns = [
        make_campaign(people=lists[number % len(lists)], name=f"campaign {number:04d}")
        for number in range(-(-sizes.runs // 2))
    ]
    runs = [_run(campaigns[number // 2], number, sizes) for number in range(sizes.runs)]
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval(pg_get_serial_sequence('contacts_contact', 'id'))")
        first_contact_id = cursor.fetchone()[0] + 1
    user = User.objects.create_superuser("bench", password=None)
    return {
        "p": sizes.people,
        "a": sizes.accounts,
        "n": sizes.people_of_run,
        "r": sizes.runs,
        "m": sizes.inbound,
        "h": RUN_EVERY,
        "first_friend": FIRST_FRIEND,
        "first_account_id": accounts[0].pk,
        "first_list_id": lists[0].pk,
        "first_contact_id": first_contact_id,
        "first_run_id": runs[0].pk,
        "last_runs_from": runs[-2].pk,
        "egress_id": egress.pk,
        "user_id": user.pk,
    }


def _run(campaign: Campaign, number: int, sizes: Sizes) -> CampaignRun:
    is_last = number >= sizes.runs - 2
    run = CampaignRun.objects.create(
        campaign=campaign,
        number=number % 2 + 1,
        text=campaign.text,
        promise=campaign.promise,
        timezone=campaign.timezone,
        state=RunState.PAUSED if is_last and number % 2 else RunState.FINISHED,
    )
    run.lists.set(campaign.lists.all())
    return run


def _check(sizes: Sizes, counted: dict[str, int]) -> None:
    """Check a run's figures against its rows, and that what rows refer to is there."""
    expected = (sizes.runs - 1) * sizes.people_of_run + sizes.people
    assert Delivery.objects.count() == expected, counted
    run = Run.objects.order_by("pk")[sizes.runs // 2]
    sent = Tally.objects.get(run=run, kind="state", key=DeliveryState.SENT).n
    assert sent == Delivery.objects.filter(run=run, state=DeliveryState.SENT).count() > 0
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM (SELECT * FROM sending_delivery ORDER BY id DESC LIMIT 1000) d "
            "LEFT JOIN contacts_contact c ON c.id = d.contact_id AND c.uin = d.uin "
            "LEFT JOIN accounts_account a ON a.id = d.account_id "
            "WHERE c.id IS NULL OR (a.id IS NULL AND d.state <> 'skipped')"
        )
        assert cursor.fetchone() == (0,)
