"""The service that validates and creates a sequence."""

from __future__ import annotations

from collections.abc import Sequence as Many
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, AccountPool
from campaigns.creation.create_campaign import DEFAULT_TIMEZONE
from campaigns.creation.pool_shares import refuse_too_many
from campaigns.creation.schedule import refuse_schedule
from campaigns.creation.sequence_steps import Step, refuse_steps
from campaigns.models import Sequence, SequenceStep
from contacts.models import ContactList, Segment
from foundation.names import clean_name
from foundation.refusals import Refusal
from foundation.weekly import Weekly, format_windows


def create_sequence(
    *,
    name: str,
    steps: Many[Step],
    lists: Many[ContactList] = (),
    segments: Many[Segment] = (),
    friends_of: Many[Account] = (),
    excluded_lists: Many[ContactList] = (),
    accounts: Many[Account] = (),
    pools: Many[AccountPool] = (),
    windows: Weekly | None = None,
    timezone: str = DEFAULT_TIMEZONE,
    includes_existing: bool = False,
    stops_on_reply: bool = True,
    by: Any = None,
) -> Sequence:
    """Create a sequence. No one enters it until it is started.

    Args:
        name: a name by `foundation.names` that no other sequence has.
        steps: the messages in order.
        lists, segments, friends_of: who enters: members, people who meet the conditions, friends.
        excluded_lists: people in these do not enter.
        accounts, pools: the sender accounts, one by one and by pools; without both, those of
            `friends_of`, or every working account.
        windows: the sending windows, in `timezone`; None for at any hour.
        timezone: an IANA name.
        includes_existing: whether people who are in the audience at the start enter too.
        stops_on_reply: whether a reply ends the sequence for a person.
        by: the operator.

    Raises:
        Refusal: an argument is invalid; nothing was created.
        TextProblem: a text cannot be compiled or uses an unknown variable.
    """
    sequence = Sequence(name=clean_name(name))
    sequence.refuse_twin()
    if not (lists or segments or friends_of):
        raise Refusal(
            _("Choose who enters: a list, a segment, or new friends of an account."),
            code="no_list",
        )
    refuse_steps(
        steps, lists=None if segments or friends_of else lists, stops_on_reply=stops_on_reply
    )
    refuse_schedule(timezone=timezone)
    refuse_too_many(pools)
    sequence.windows = format_windows(windows)
    sequence.timezone = timezone
    sequence.includes_existing = includes_existing
    sequence.stops_on_reply = stops_on_reply
    sequence.created_by = by
    with transaction.atomic():
        sequence.save()
        sequence.lists.set(lists)
        sequence.segments.set(segments)
        sequence.friends_of.set(friends_of)
        sequence.excluded_lists.set(excluded_lists)
        sequence.accounts.set(accounts)
        sequence.pools.set(pools)
        SequenceStep.objects.bulk_create(
            SequenceStep(
                sequence=sequence,
                number=number,
                wait_seconds=step.wait_seconds,
                only_if=step.only_if,
                text=step.text,
                template=step.template,
                segment=step.segment,
                then_to=step.then_to,
                else_to=step.else_to,
            )
            for number, step in enumerate(steps, start=1)
        )
    return sequence
