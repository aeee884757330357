"""The service that moves pending deliveries away from accounts that can no longer send."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.db.models.functions import Mod

from accounts.models import Account, Friend
from accounts.states import STOPPED_STATES
from campaigns.models import CampaignRun
from campaigns.planning.people_sql import Chunk
from campaigns.planning.plan_sql import pick_accounts, picked, reading_chunks
from campaigns.planning.rules import rules_of_run
from campaigns.planning.senders import accounts_of
from campaigns.states import OnLostAccount, SenderChoice
from contacts.models import Contact
from foundation.look_ups import finds
from foundation.sentences import Sentence as _
from sending.models import Delivery
from sending.querysets import DeliveryQuerySet
from sending.runs.deliveries import move_deliveries
from sending.runs.each_run import for_each_run
from sending.states import DeliveryState, Reason, RunState

#: Deliveries moved per transaction.
CHUNK = 2_000
#: Strangers are distributed over at most this many accounts.
MOST_FOR_STRANGERS = 20


def reroute_stopped_accounts() -> int:
    """Move the pending deliveries of quarantined and disabled accounts; return how many moved.

    Each goes to another working account of the campaign that has the same friend: to the one that
    wrote to the person last, if the campaign keeps senders and that one can. If there is none,
    it waits or fails with `no_account`, as the campaign's `on_lost_account` says. Once the account
    works again, the operator can retry exactly these deliveries.
    """
    live = list(
        CampaignRun.objects.filter(state__in=(RunState.RUNNING, RunState.PAUSED)).select_related(
            "campaign"
        )
    )
    if not live:
        return 0
    waiting = Delivery.objects.pending().filter(
        account_id=OuterRef("pk"), run_id__in=[run.pk for run in live]
    )
    stopped = Account.objects.filter(finds(waiting), state__in=STOPPED_STATES)
    account_ids = list(stopped.values_list("pk", flat=True))
    if not account_ids:
        return 0
    moved = for_each_run(
        live,
        do=lambda run: sum(_reroute(run=run, account_id=pk) for pk in account_ids),
        step=_("Moving its messages to other accounts"),
    )
    return sum(moved)


def _reroute(*, run: CampaignRun, account_id: int) -> int:
    others = _other_friendships(run)
    mine = Delivery.objects.pending().filter(run=run, account_id=account_id)
    moved, last = 0, 0
    while ids := list(mine.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        last = ids[-1]
        with transaction.atomic():
            rows = mine.filter(pk__in=ids)
            moved += _move_by_shares(run, rows)
            if run.sender == SenderChoice.KEEP:
                moved += _move_to_latest_sender(run, rows)
            moved += rows.filter(Exists(others)).update(
                account_id=Subquery(others.order_by("account_id").values("account_id")[:1])
            )
            if run.allows_strangers:
                moved += _distribute(run, rows)
            if run.on_lost_account == OnLostAccount.FAIL:
                move_deliveries(deliveries=rows, to=DeliveryState.FAILED, reason=Reason.NO_ACCOUNT)
    return moved


def _move_by_shares(run: CampaignRun, rows: DeliveryQuerySet) -> int:
    """Move deliveries as planning would choose now, if the campaign's pools have shares."""
    if not run.campaign.pool_shares:
        return 0
    rules = rules_of_run(run)
    if not rules.senders.shares:
        return 0
    # Limits and opt-outs are checked again before each message.
    rules = replace(rules, cap=None, once_across=(), list_ids=())
    people = Contact.objects.filter(pk__in=rows.values("contact_id")).order_by("pk")
    by_account: dict[int, list[int]] = defaultdict(list)
    with reading_chunks():
        found = picked(picks=pick_accounts(rules=rules, people=Chunk(people)))
    for contact_id, account_id in found:
        by_account[account_id].append(contact_id)
    return sum(
        rows.filter(contact_id__in=contact_ids).update(account_id=account_id)
        for account_id, contact_ids in sorted(by_account.items())
    )


def _move_to_latest_sender(run: CampaignRun, rows: DeliveryQuerySet) -> int:
    """Move deliveries to the account that wrote to the person last, where it can send."""
    # A range, as in `plan_sql`: only the index of the person's own deliveries has this order.
    sent = Delivery.objects.filter(
        contact__gte=OuterRef("contact"),
        contact__lte=OuterRef("contact"),
        state=DeliveryState.SENT,
    )
    latest = sent.order_by("-contact_id", "-run_id").values("account_id")[:1]
    found = rows.annotate(latest=Subquery(latest)).values_list("pk", "uin", "latest")
    senders = {pk: (uin, account_id) for pk, uin, account_id in found}
    working = accounts_of(campaign=run.campaign).working()
    able = set(
        working.filter(pk__in={account for _uin, account in senders.values()}).values_list(
            "pk", flat=True
        )
    )
    friends = Friend.objects.current().filter(
        account__in=able, uin__in=[uin for uin, account in senders.values() if account in able]
    )
    known = set(friends.values_list("uin", "account_id"))
    by_account: dict[int, list[int]] = defaultdict(list)
    for pk, (uin, account_id) in senders.items():
        if account_id in able and (run.allows_strangers or (uin, account_id) in known):
            by_account[account_id].append(pk)
    return sum(
        rows.filter(pk__in=pks).update(account_id=account_id)
        for account_id, pks in sorted(by_account.items())
    )


def _distribute(run: CampaignRun, rows: DeliveryQuerySet) -> int:
    """Distribute deliveries to strangers over the fastest working accounts: any may send."""
    working = accounts_of(campaign=run.campaign).working().order_by("min_interval", "pk")
    ids = list(working.values_list("pk", flat=True)[:MOST_FOR_STRANGERS])
    return sum(
        rows.annotate(turn=Mod("pk", len(ids))).filter(turn=turn).update(account_id=account_id)
        for turn, account_id in enumerate(ids)
    )


def _other_friendships(run: CampaignRun) -> QuerySet[Friend]:
    """Return the friendships of a delivery's person with other working accounts."""
    able = accounts_of(campaign=run.campaign).working()
    return Friend.objects.current().filter(uin=OuterRef("uin"), account__in=able.values("pk"))
