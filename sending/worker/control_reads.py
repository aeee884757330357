"""What the control loop reads twice a second of accounts, their tasks and the egress.

The SQL is made once (`foundation/kept_queries.py`). Accounts are found by their leases: naming
thousands of them would be thousands of parameters.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q, QuerySet

from accounts.gateway.background_tasks import IDLE_KINDS
from accounts.models import Account, AccountTask, Egress
from foundation.kept_queries import KeptQuery
from sending.lanes.context import AccountRow

_EGRESS_COLUMNS = [field.attname for field in Egress._meta.concrete_fields]
_SAMPLES = (-1, datetime(1999, 1, 1, tzinfo=UTC))


def account_rows(worker_id: int) -> list[tuple[Any, ...]]:
    """Return the rows of the accounts whose lease a worker holds, each as an `AccountRow`."""
    return _ACCOUNTS.rows(worker_id)


def urgent_tasks(worker_id: int, now: datetime) -> list[tuple[Any, ...]]:
    """Return (account, task) of the due tasks that a lane performs at once, oldest first."""
    return _URGENT.rows(worker_id, now)


def background_tasks(worker_id: int, now: datetime) -> list[tuple[Any, ...]]:
    """Return (account, whether it waits until nothing is sent) of the due background tasks."""
    return _BACKGROUND.rows(worker_id, now)


def read_egress_again(egress: Egress) -> None:
    """Read again what may have changed of an egress.

    Raises:
        Egress.DoesNotExist: it is gone.
    """
    rows = _EGRESS.rows(egress.pk)
    if not rows:
        raise Egress.DoesNotExist
    for column, value in zip(_EGRESS_COLUMNS, rows[0], strict=True):
        setattr(egress, column, value)


def _accounts(worker_id: int) -> QuerySet[Account, Any]:
    rows = Account.objects.filter(lease__worker_id=worker_id).order_by()
    return rows.values_list("pk", *AccountRow._fields[1:])


def _tasks(worker_id: int, now: datetime, *, is_background: bool) -> QuerySet[AccountTask, Any]:
    asked = AccountTask.objects.due(at=now).filter(account__lease__worker_id=worker_id)
    return asked.filter(is_background=is_background)


def _urgent(worker_id: int, now: datetime) -> QuerySet[AccountTask, Any]:
    tasks = _tasks(worker_id, now, is_background=False)
    return tasks.order_by("pk").values_list("account_id", "pk")


def _background(worker_id: int, now: datetime) -> QuerySet[AccountTask, Any]:
    waits = ExpressionWrapper(Q(kind__in=IDLE_KINDS), output_field=BooleanField())
    tasks = _tasks(worker_id, now, is_background=True).order_by().annotate(is_for_idle=waits)
    return tasks.values_list("account_id", "is_for_idle").distinct()


def _egress(egress_id: int) -> QuerySet[Egress, Any]:
    return Egress.objects.filter(pk=egress_id).order_by().values_list(*_EGRESS_COLUMNS)


_ACCOUNTS = KeptQuery(_accounts, samples=_SAMPLES[:1])
_URGENT = KeptQuery(_urgent, samples=_SAMPLES)
_BACKGROUND = KeptQuery(_background, samples=_SAMPLES)
_EGRESS = KeptQuery(_egress, samples=_SAMPLES[:1])
