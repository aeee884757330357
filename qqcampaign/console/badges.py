"""The numbers beside the entries of the sidebar: what waits there for somebody."""

from __future__ import annotations

from itertools import islice
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import Account, Outage
from accounts.states import AccountState
from campaigns.approvals.rights import may_approve
from campaigns.approvals.waiting import requests_for
from foundation.restricted import visible

#: A badge counts no further.
MOST = 99
#: Seconds for which the number of approvals is cached for an operator.
APPROVALS_SECONDS = 5


def approvals(request: HttpRequest) -> str:
    """Return the number of requests for an approval that this operator may decide; "" for none."""
    user = request.user
    if not may_approve(user):
        return ""
    # Whose a request is takes a few queries each, so it is cached, and counted up to ten.
    n: Any = cache.get_or_set(
        f"console-approvals-{user.pk}",
        lambda: sum(1 for _request in islice(requests_for(user), 10)),
        APPROVALS_SECONDS,
    )
    return "9+" if n > 9 else str(n or "")


def quarantined_accounts(request: HttpRequest) -> str:
    """Return the number of accounts in quarantine; "" for none."""
    if not request.user.has_perm("accounts.view_account"):
        return ""
    return _number(visible(Account.objects.filter(state=AccountState.QUARANTINED), request.user))


def outages(request: HttpRequest) -> str:
    """Return the number of open outages; "" for none."""
    if not request.user.has_perm("accounts.view_outage"):
        return ""
    return _number(Outage.objects.filter(ended_at=None))


def _number(rows: QuerySet[Any]) -> str:
    # Indexed or small tables, and never more rows than the badge has room for.
    n = rows.order_by()[: MOST + 1].count()
    return f"{MOST}+" if n > MOST else str(n or "")
