"""The figures of a run by account and by hour, counted over its rows.

Both read the run's deliveries once, by the index of the run, and group them in the database: one
pass over a million rows, and as many rows back as there are accounts or quarters of an hour, times
states. They are not kept as tallies: the ledger would write a row for each account and hour in
every group that it commits, and the figures are read far less often than messages are sent.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.models import Count

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.reports.reply_figures import replied_by_account, replied_by_quarter, reply_rate
from sending.models import Delivery
from sending.states import DeliveryState

#: Hours of all time zones begin at a quarter of an hour of UTC.
_QUARTER = 900
_BY_QUARTER = """
SELECT {quarter} AS quarter, state, COUNT(*) FROM sending_delivery
 WHERE run_id = %s GROUP BY 1, 2 ORDER BY 1
"""
_QUARTER_OF = {
    "postgresql": f"CAST(FLOOR(EXTRACT(EPOCH FROM sent_at) / {_QUARTER}) AS bigint)",
    "sqlite": f"CAST(strftime('%%s', sent_at) AS integer) / {_QUARTER}",
}


@dataclass(frozen=True, slots=True)
class AccountFigures:
    """The deliveries of a run that one account sends; `account` is None for those without one."""

    account_id: int | None
    uin: int | None
    name: str
    states: Counter[str]
    replied: int = 0

    def as_data(self) -> dict[str, Any]:
        """Return the figures for JSON. The keys are a public interface."""
        return {
            "account": self.uin,
            "name": self.name,
            **state_figures(self.states),
            **reply_data(self.states, self.replied),
        }


@dataclass(frozen=True, slots=True)
class HourFigures:
    """The deliveries of a run that were sent in one hour; `hour` is None for all others.

    Attributes:
        hour: its beginning, in the run's time zone.
        until: its end.
        states: the number of deliveries by state.
        replied: how many of those sent were replied to, whenever that was.
    """

    hour: datetime | None
    until: datetime | None
    states: Counter[str]
    replied: int = 0

    def as_data(self) -> dict[str, Any]:
        """Return the figures for JSON. The keys are a public interface."""
        return {
            "hour": self.hour.isoformat() if self.hour else None,
            **state_figures(self.states),
            **reply_data(self.states, self.replied),
        }


def account_figures(run: CampaignRun) -> list[AccountFigures]:
    """Return the figures of a run by account, the one with the most deliveries first."""
    rows = (
        Delivery.objects.filter(run=run)
        .order_by()
        .values_list("account_id", "state")
        .annotate(n=Count("pk"))
    )
    counted: dict[int | None, Counter[str]] = defaultdict(Counter)
    for account_id, state, n in rows:
        counted[account_id][state] += n
    accounts = {
        pk: (uin, name)
        for pk, uin, name in Account.objects.filter(
            pk__in=[pk for pk in counted if pk is not None]
        ).values_list("pk", "uin", "name")
    }
    replied = replied_by_account(run)
    figures = [
        AccountFigures(pk, uin, name, states, replied[pk])
        for pk, states in counted.items()
        for uin, name in [accounts[pk] if pk is not None else (None, "")]
    ]
    return sorted(figures, key=lambda one: (-one.states.total(), one.uin or 0))


def hour_figures(run: CampaignRun) -> list[HourFigures]:
    """Return the figures of a run by the hour of sending in its time zone, earliest first.

    The last one holds the deliveries without a time of sending: those that were not sent, and those
    that an operator decided were.
    """
    quarter_of = _QUARTER_OF[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(_BY_QUARTER.format(quarter=quarter_of), [run.pk])
        rows: list[tuple[int | None, str, int]] = cursor.fetchall()
    zone = ZoneInfo(run.timezone)
    counted: dict[datetime | None, Counter[str]] = defaultdict(Counter)
    for quarter, state, n in rows:
        counted[None if quarter is None else _hour_of(quarter, zone)][state] += n
    replied: Counter[datetime | None] = Counter()
    for quarter, n in replied_by_quarter(run, quarter=quarter_of).items():
        replied[None if quarter is None else _hour_of(quarter, zone)] += n
    rest = counted.pop(None, Counter())
    hours = [
        HourFigures(
            hour.astimezone(zone),
            (hour + timedelta(hours=1)).astimezone(zone),
            states,
            replied[hour],
        )
        for hour, states in sorted((at, states) for at, states in counted.items() if at is not None)
    ]
    return [*hours, HourFigures(None, None, rest, replied[None])] if rest else hours


def reply_data(states: Counter[str], replied: int) -> dict[str, Any]:
    """Return the replies for JSON, given the number of deliveries by state."""
    return {
        "replied": replied,
        "reply_rate": reply_rate(replied=replied, sent=states[DeliveryState.SENT]),
    }


def state_figures(states: Counter[str]) -> dict[str, int]:
    """Return the number of all deliveries and by state, zeros included."""
    return {"targeted": states.total(), **{state.value: states[state] for state in DeliveryState}}


def summed(parts: Iterable[Counter[str]]) -> Counter[str]:
    """Return the sum of figures by state."""
    whole: Counter[str] = Counter()
    for states in parts:
        whole.update(states)
    return whole


def _hour_of(quarter: int, zone: ZoneInfo) -> datetime:
    """Return the beginning, in UTC, of the hour on the wall of a zone that holds a quarter."""
    at = datetime.fromtimestamp(quarter * _QUARTER, tz=UTC)
    return at - timedelta(minutes=at.astimezone(zone).minute)
