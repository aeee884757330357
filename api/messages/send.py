"""The service that sends one message to one person."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.lookup import find_accounts
from accounts.models import Account, Friend
from accounts.states import WORKING_STATES, AccountState
from api.messages.runs import open_run
from api.models import Message
from clocks import shared
from conversations.answers.send_answer import refuse_unanswerable
from conversations.answers.text import answer_text
from conversations.models import Conversation
from foundation.refusals import Refusal
from sending.runs.open_runs import owe_message
from sending.wake_ups.wake import wake_lanes

#: A message that could not be sent for so long is cancelled, unless another time is asked for.
USUAL_LIFE = timedelta(hours=24)
#: The longest time that may be asked for, seconds.
LONGEST_LIFE = 7 * 24 * 3600


def send_message(
    *,
    uin: int,
    text: str,
    account_uin: int | None = None,
    overrides_quiet_hours: bool = False,
    seconds: float | None = None,
    by: Any = None,
) -> Message:
    """Send a text to a person at once, through an account's lane and the ledger; return it.

    It goes before the messages of campaigns, at the account's own pace. Suppressions of all
    messages, friendship and forbidden words hold. Quiet hours hold unless they are overridden: the
    message waits for their end. Limits per person, windows and holidays belong to campaigns and do
    not hold (decision 0041).

    Args:
        uin: the person.
        text: the text, sent as it is written.
        account_uin: the account that sends; None: a working one that has this friend.
        overrides_quiet_hours: whether it is sent in quiet hours too; the caller checks the right.
        seconds: it is cancelled if it was not sent for so long; None: a day.
        by: the user.

    Raises:
        Refusal: the text cannot be sent (`answer_empty`, `answer_too_long`, `forbidden_word`), no
            account can send it (`no_account`, `account_unknown`, `account_stopped`), the person is
            no friend of it (`not_a_friend`) or is suppressed (`suppressed`). Nothing is sent then.
    """
    said = answer_text(text)
    with transaction.atomic():
        account = _sender(uin, account_uin)
        refuse_unanswerable(Conversation(account=account, uin=uin))
        run = open_run(overrides_quiet_hours=overrides_quiet_hours)
        delivery = owe_message(run=run, uin=uin, account_id=account.pk, text=said)
        now = shared.wall()
        life = USUAL_LIFE if seconds is None else timedelta(seconds=seconds)
        message = Message.objects.create(
            delivery=delivery, by=by, uin=uin, created_at=now, expires_at=now + life
        )
        transaction.on_commit(partial(wake_lanes, account_ids=[account.pk]))
    return message


def find_message(*, key: int) -> Message:
    """Return a message.

    Raises:
        Refusal: there is none (`message_unknown`).
    """
    found = (
        Message.objects.select_related("delivery__account", "delivery__run", "by")
        .filter(pk=key)
        .first()
    )
    if found is None:
        raise Refusal(_("There is no message %(id)d.") % {"id": key}, code="message_unknown")
    return found


def _sender(uin: int, account_uin: int | None) -> Account:
    """Return the account that is named, or a working one that has the person as a friend.

    Raises:
        Refusal: there is none.
    """
    if account_uin is not None:
        return find_accounts(uins=[account_uin])[0]
    friends = Friend.objects.current().filter(uin=uin).select_related("account")
    accounts = [one.account for one in friends.filter(account__state__in=WORKING_STATES)]
    if not accounts:
        raise Refusal(
            _("No working account has the friend %(uin)s.") % {"uin": uin},
            code="no_account",
            uin=uin,
        )
    # One that is online sends soonest; the lowest key makes the choice the same each time.
    chosen: Account = min(accounts, key=lambda one: (one.state != AccountState.ONLINE, one.pk))
    return chosen
