"""Friend lists that planning needs and nobody has read yet."""

from __future__ import annotations

from accounts.account_tasks import request_account_task
from accounts.models import AccountTask, AccountTaskKind, AccountTaskState
from campaigns.models import Campaign
from campaigns.planning.senders import accounts_of
from sending.wake_ups.wake import wake_lanes


def sync_missing_friend_lists(campaign: Campaign) -> bool:
    """Request the friend lists that were never synced; return whether any is still missing.

    Planning assigns a person to an account that has them as a friend. Planned before, a person
    would be skipped for good as nobody's friend.
    """
    unknown = list(accounts_of(campaign=campaign).working().filter(friends_synced_at=None))
    if not unknown:
        return False
    open_account_tasks = set(
        AccountTask.objects.filter(
            account__in=unknown, kind=AccountTaskKind.SYNC, state=AccountTaskState.OPEN
        ).values_list("account_id", flat=True)
    )
    to_ask = [account for account in unknown if account.pk not in open_account_tasks]
    for account in to_ask:
        request_account_task(account=account, kind=AccountTaskKind.SYNC)
    if to_ask:
        wake_lanes(account_ids=[account.pk for account in to_ask])
    return True
