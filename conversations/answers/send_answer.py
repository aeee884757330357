"""The service that answers a person."""

from __future__ import annotations

import uuid
from datetime import timedelta
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from accounts.models import Account, Friend
from accounts.states import WORKING_STATES
from clocks import shared
from contacts.models import Suppression
from conversations.answers.runs import open_run
from conversations.answers.text import answer_text
from conversations.models import LONGEST_PREVIEW, Answer, Conversation
from conversations.states import ConversationState
from foundation.refusals import Refusal
from sending.runs.open_runs import owe_message
from sending.wake_ups.wake import wake_lanes

#: An operator's answer to a message that is not older may be sent in quiet hours.
SENT_AT_ANY_HOUR = timedelta(hours=24)
#: The most characters of a key.
LONGEST_KEY = 64


def send_answer(
    *,
    conversation: Conversation,
    text: str,
    by: Any = None,
    key: str | None = None,
    is_automatic: bool = False,
    also_suppressed: bool = False,
    seen: int | None = None,
) -> Answer:
    """Send a text to the person of a conversation, from its account; return the answer.

    It goes through the account's lane and the ledger like any message, before those of campaigns.
    Nothing is sent twice: with a key that was used in this conversation, the answer of then is
    returned. See docs/decisions/0035-conversations.md. Within a larger transaction, the lane is
    woken after its commit.

    Args:
        conversation: the conversation.
        text: the text, sent as it is written.
        by: the operator; None for the command line or a rule.
        key: what makes a repetition known, up to 64 characters; None: it is none.
        is_automatic: whether no operator asked for this one answer. It then waits for the end of
            quiet hours, and the conversation stays unread, and open or closed as it is.
        also_suppressed: whether it goes to a person who opted out.
        seen: the key of the newest operator's answer that `by` has seen, 0 for none; None: do not
            ask.

    Raises:
        Refusal: the text cannot be sent, the key was used for another text (`key_used`), another
            operator answered after what was seen (`answered_meanwhile`), the account cannot send
            (`account_stopped`), the person is no friend of it (`not_a_friend`) or opted out
            (`suppressed`). Nothing is sent in these cases.
    """
    said = answer_text(text)
    token = (key or uuid.uuid4().hex)[:LONGEST_KEY]
    with transaction.atomic():
        # The lock makes the second of two equal requests see the answer of the first.
        row = (
            Conversation.objects.select_for_update(of=("self",))
            .select_related("account")
            .get(pk=conversation.pk)
        )
        known = Answer.objects.filter(conversation=row, key=token).select_related("delivery")
        earlier: Answer | None = known.first()
        if earlier is not None:
            return _same(earlier, said)
        _refuse_second_answer(row, seen=seen, by=by)
        refuse_unanswerable(row, also_suppressed=also_suppressed)
        answer = _make(row, said, by=by, key=token, is_automatic=is_automatic,
                       also_suppressed=also_suppressed)  # fmt: skip
        transaction.on_commit(partial(wake_lanes, account_ids=[row.account_id]))
    return answer


def refuse_unanswerable(conversation: Conversation, *, also_suppressed: bool = False) -> None:
    """Refuse an answer that must not or cannot be sent.

    Args:
        conversation: the conversation, with its account.
        also_suppressed: whether a person who opted out is answered.

    Raises:
        Refusal: see `send_answer`.
    """
    account: Account = conversation.account
    if account.state not in WORKING_STATES:
        raise Refusal(
            _("The account %(uin)s is %(state)s and cannot send.")
            % {"uin": account.uin, "state": account.get_state_display()},
            code="account_stopped",
        )
    if not Friend.objects.current().filter(account=account, uin=conversation.uin).exists():
        raise Refusal(
            _("%(uin)s is not a friend of the account %(account)s, which cannot write to them.")
            % {"uin": conversation.uin, "account": account.uin},
            code="not_a_friend",
        )
    if not also_suppressed and is_suppressed(conversation.uin):
        raise Refusal(
            _("%(uin)s opted out. Answer only if the person asked for it, and confirm it.")
            % {"uin": conversation.uin},
            code="suppressed",
        )


def is_suppressed(uin: int) -> bool:
    """Return whether a person opted out of all messages. An opt-out from a list is none."""
    return suppression_of(uin) is not None


def suppression_of(uin: int) -> Suppression | None:
    """Return the suppression of a person that holds for every campaign."""
    found: Suppression | None = (
        Suppression.objects.in_force().filter(uin=uin, contact_list=None).first()
    )
    return found


def newest_answer_by_operator(conversation: Conversation) -> Answer | None:
    """Return the newest answer that no rule or confirmation sent."""
    found: Answer | None = (
        Answer.objects.filter(conversation=conversation, is_automatic=False).order_by("pk").last()
    )
    return found


def _refuse_second_answer(row: Conversation, *, seen: int | None, by: Any) -> None:
    """Refuse an answer whose writer cannot have seen that somebody else has answered already."""
    newest = newest_answer_by_operator(row) if seen is not None else None
    if newest is None or newest.pk <= (seen or 0) or (by is not None and newest.by_id == by.pk):
        return
    raise Refusal(
        _("Somebody answered while you wrote. Read it, and send yours if it is still needed."),
        code="answered_meanwhile",
    )


def _same(earlier: Answer, said: str) -> Answer:
    if earlier.delivery.text != said:
        raise Refusal(
            _("This key was used for another answer in this conversation."), code="key_used"
        )
    return earlier


def _make(
    row: Conversation,
    said: str,
    *,
    by: Any,
    key: str,
    is_automatic: bool,
    also_suppressed: bool,
) -> Answer:
    now = shared.wall()
    is_recent = row.last_inbound_at is not None and row.last_inbound_at >= now - SENT_AT_ANY_HOUR
    run = open_run(
        overrides_quiet_hours=is_recent and not is_automatic,
        overrides_suppressions=also_suppressed,
    )
    delivery = owe_message(run=run, uin=row.uin, account_id=row.account_id, text=said)
    answer = Answer.objects.create(
        conversation=row,
        delivery=delivery,
        key=key,
        is_automatic=is_automatic,
        by=by,
        created_at=now,
    )
    values: dict[str, Any] = {}
    if not is_automatic:
        # Whoever answers has read what there is.
        values = {"state": ConversationState.OPEN, "unread": 0, "read_at": F("last_inbound_at")}
    Conversation.objects.filter(pk=row.pk).update(
        last_message_at=now, preview=said[:LONGEST_PREVIEW], is_ours_last=True, **values
    )
    return answer
