"""The verb that moves deliveries away from accounts that can no longer send them."""

from __future__ import annotations

from collections import Counter

from django.db import transaction
from django.db.models import Exists, OuterRef, Subquery

from accounts.models import Account, Friend
from accounts.states import STOPPED_STATES, WORKING_STATES
from campaigns.models import Delivery, Run, TallyKind
from campaigns.querysets.ledger import TallyKey, add_tallies
from campaigns.states import DeliveryState, Reason, RunState

#: Deliveries moved in one transaction.
CHUNK = 2_000


def reroute_stopped_accounts() -> int:
    """Move the pending deliveries of quarantined and disabled accounts; return how many moved.

    To another working account of the campaign that has the same friend. Where there is none they
    fail for want of an account: whoever mends the account can retry exactly these.
    """
    moved = 0
    live = list(Run.objects.filter(state__in=(RunState.RUNNING, RunState.PAUSED)))
    if not live:
        return 0
    waiting = Delivery.objects.pending().filter(
        account_id=OuterRef("pk"), run_id__in=[run.pk for run in live]
    )
    stopped = Account.objects.filter(Exists(waiting), state__in=STOPPED_STATES)
    for account_id in stopped.values_list("pk", flat=True):
        for run in live:
            while chunk := _move_chunk(run=run, account_id=account_id):
                moved += chunk
    return moved


def _move_chunk(*, run: Run, account_id: int) -> int:
    chosen = {"account__campaigns": run.campaign_id} if run.campaign.accounts.exists() else {}
    others = Friend.objects.current().filter(
        uin=OuterRef("uin"), account__state__in=WORKING_STATES, **chosen
    )
    rows = Delivery.objects.pending().filter(run=run, account_id=account_id)
    with transaction.atomic():
        ids = list(rows.order_by("pk").values_list("pk", flat=True)[:CHUNK])
        if not ids:
            return 0
        mine = rows.filter(pk__in=ids)
        moved = (
            mine.annotate(other=Subquery(others.order_by("account_id").values("account_id")[:1]))
            .exclude(other=None)
            .update(account_id=Subquery(others.order_by("account_id").values("account_id")[:1]))
        )
        failed = mine.transition(to=DeliveryState.FAILED, reason=Reason.NO_ACCOUNT)
        changes: Counter[TallyKey] = Counter()
        changes[run.pk, TallyKind.STATE, DeliveryState.PENDING] -= failed
        changes[run.pk, TallyKind.STATE, DeliveryState.FAILED] += failed
        changes[run.pk, TallyKind.REASON, f"{DeliveryState.FAILED}:{Reason.NO_ACCOUNT}"] += failed
        add_tallies(shard=0, changes=changes)
    return moved + failed
