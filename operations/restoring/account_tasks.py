"""What becomes of tasks of accounts that may have been done since the backup."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from accounts.account_tasks import finish_account_task
from accounts.friend_links.settle import settle_link
from accounts.friend_requests.settle import let_request_wait
from accounts.models import AccountTask, AccountTaskKind, FriendLink
from accounts.states import FriendLinkState
from foundation.sentences import Sentence as _

#: Tasks that a person notices. Others, such as reading a friend list, do no harm a second time.
ANSWERS = frozenset({AccountTaskKind.ACCEPT, AccountTaskKind.REFUSE})
NOTICED = ANSWERS | {AccountTaskKind.ADD, AccountTaskKind.ASK, AccountTaskKind.REMOVE}
_MAY_BE_DONE = _(
    "Not repeated after a restore: it may have been done since the backup. The next friend list "
    "shows it; ask again if it was not."
)


def withhold_account_tasks(*, until: datetime) -> int:
    """Close the open tasks that people notice, if they were requested up to a moment.

    Friend requests that were being answered wait for an operator again; friend links have failed.
    Returns how many tasks were closed.
    """
    noticed = AccountTask.objects.open().filter(kind__in=NOTICED, requested_at__lte=until)
    rows = list(noticed.order_by("pk"))
    for task in rows:
        with transaction.atomic():
            finish_account_task(account_task_id=task.pk, is_done=False, outcome=_MAY_BE_DONE)
            if task.kind in ANSWERS:
                let_request_wait(account_id=task.account_id, uin=task.uin, sentence=_MAY_BE_DONE)
                continue
            links = FriendLink.objects.filter(
                account=task.account_id, uin=task.uin, state=FriendLinkState.REQUESTED
            )
            for key in list(links.values_list("pk", flat=True)):
                settle_link(link_id=key, to=FriendLinkState.FAILED, sentence=_MAY_BE_DONE)
    return len(rows)
