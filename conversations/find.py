"""Find conversations: one by account and person, many by what an operator asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.models import Account
from campaigns.models import Campaign
from conversations.models import Conversation
from conversations.querysets import ConversationQuerySet
from conversations.search import found_by
from conversations.states import ConversationState
from foundation.refusals import Refusal
from labels.models import Label
from sending.models import Delivery, Reply
from sending.states import DeliveryState


@dataclass(frozen=True, slots=True)
class Filters:
    """What conversations are asked for; what is None or empty restricts nothing.

    Attributes:
        state: a ConversationState.
        is_unread: only those with unread messages.
        assignee: only those of this operator; `is_unassigned`: only those of nobody.
        labels: only those with all of these labels.
        words: only those that a search for these words finds; see `found_by`.
        campaign: only those with people who got a message of this campaign by the account.
        has_replied: with a campaign: only those of people who replied to that message.
    """

    state: str = ""
    is_unread: bool = False
    assignee: Any = None
    is_unassigned: bool = False
    account: Account | None = None
    uin: int | None = None
    campaign: Campaign | None = None
    has_replied: bool = False
    labels: Sequence[Label] = ()
    words: str = ""


def find_conversation(*, uin: int, account: Account | None = None) -> Conversation:
    """Return the conversation with a person.

    Args:
        uin: the person.
        account: the account; None: the only one that the person wrote to.

    Raises:
        Refusal: there is none (`conversation_unknown`) or several (`conversation_ambiguous`).
    """
    rows = Conversation.objects.filter(uin=uin).select_related("account", "assignee")
    if account is not None:
        rows = rows.filter(account=account)
    found = list(rows.order_by("account__uin")[:50])
    if not found:
        raise Refusal(
            _("There is no conversation with %(uin)s.") % {"uin": uin}, code="conversation_unknown"
        )
    if len(found) > 1:
        uins = [row.account.uin for row in found]
        raise Refusal(
            _("%(uin)s wrote to several accounts (%(accounts)s): name one with --account.")
            % {"uin": uin, "accounts": ", ".join(map(str, uins))},
            code="conversation_ambiguous",
            accounts=uins,
        )
    conversation: Conversation = found[0]
    return conversation


def filtered(filters: Filters) -> ConversationQuerySet:
    """Return the conversations that are asked for, newest first."""
    rows: Any = Conversation.objects.newest_first().select_related("account", "assignee")
    if filters.state:
        rows = rows.filter(state=ConversationState(filters.state))
    if filters.is_unread:
        rows = rows.unread()
    if filters.assignee is not None:
        rows = rows.filter(assignee=filters.assignee)
    if filters.is_unassigned:
        rows = rows.filter(assignee=None)
    if filters.account is not None:
        rows = rows.filter(account=filters.account)
    if filters.uin is not None:
        rows = rows.filter(uin=filters.uin)
    if filters.campaign is not None:
        rows = rows.filter(_got_one_of(filters.campaign, has_replied=filters.has_replied))
    for label in filters.labels:
        rows = rows.filter(labels=label)
    if filters.words.strip():
        rows = rows.filter(found_by(filters.words))
    found: ConversationQuerySet = rows
    return found


def _got_one_of(campaign: Campaign, *, has_replied: bool) -> Exists:
    """Return the condition that the person got a message of a campaign by the account.

    The person's deliveries are found by the unique index on (contact, run), replies by theirs.
    """
    runs = list(campaign.runs.values_list("pk", flat=True))
    got = Delivery.objects.filter(
        contact__uin=OuterRef("uin"),
        run__in=runs,
        account=OuterRef("account"),
        state=DeliveryState.SENT,
    )
    if has_replied:
        got = got.filter(Exists(Reply.objects.filter(delivery=OuterRef("pk"))))
    return Exists(got)
