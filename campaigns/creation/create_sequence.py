"""The service that validates and creates a sequence."""

from __future__ import annotations

from collections.abc import Sequence as Many
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.models import Account, AccountPool
from campaigns.creation.create_campaign import DEFAULT_TIMEZONE
from campaigns.creation.pool_shares import refuse_too_many
from campaigns.creation.schedule import refuse_schedule
from campaigns.models import MessageTemplate, Sequence, SequenceStep
from campaigns.models.sequence import LONGEST_WAIT
from campaigns.sequence_states import OnlyIf
from campaigns.writing.check import refuse_texts
from contacts.models import ContactList, Segment
from contacts.people.attributes import attribute_names_in_use
from foundation.names import clean_name, without_controls
from foundation.refusals import Refusal
from foundation.spans import read_span
from foundation.weekly import Weekly, format_windows

#: The most steps of a sequence.
MOST_STEPS = 50


@dataclass(frozen=True, slots=True)
class Step:
    """One step: when, to whom, and the text or the template.

    Attributes:
        wait_seconds: after the message of the step before, or after the person entered.
        only_if: an OnlyIf.
        text: the message in Liquid; either this or `template`.
        template: the template of the message.
    """

    wait_seconds: int
    only_if: str = OnlyIf.ANY
    text: str = ""
    template: MessageTemplate | None = None


def read_wait(text: str) -> tuple[int, str]:
    """Return (seconds, OnlyIf) of a text like 0m, 90m, 4h, 1d or 1d?not-replied.

    Raises:
        Refusal: it cannot be read or is too long (`step_malformed`).
    """
    wait, mark, condition = text.strip().partition("?")
    seconds, only_if = read_span(wait), condition if mark else OnlyIf.ANY.value
    if seconds is None or only_if not in OnlyIf.values or seconds > LONGEST_WAIT:
        raise Refusal(
            _(
                "The time of a step, “%(text)s”, cannot be read: write it like 0m, 4h, 1d or "
                "1d?not-replied (at most 366 days)."
            )
            % {"text": without_controls(text)[:40]},
            code="step_malformed",
        )
    return seconds, only_if


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
    refuse_steps(steps, lists=None if segments or friends_of else lists)
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
            )
            for number, step in enumerate(steps, start=1)
        )
    return sequence


def refuse_steps(steps: Many[Step], *, lists: Many[ContactList] | None) -> None:
    """Refuse steps that cannot be sent.

    Args:
        steps: the steps.
        lists: the lists of the audience; None if it has other people too.

    Raises:
        Refusal: there is none (`no_step`), there are too many (`too_many_steps`), or one has no
            text (`text_missing`) or two (`text_twice`).
        TextProblem: a text cannot be compiled or uses an unknown variable.
    """
    if not steps:
        raise Refusal(_("A sequence needs at least one step."), code="no_step")
    if len(steps) > MOST_STEPS:
        raise Refusal(
            _("A sequence has at most %(most)d steps.") % {"most": MOST_STEPS},
            code="too_many_steps",
        )
    known = attribute_names_in_use(lists=lists)
    for number, step in enumerate(steps, start=1):
        if step.template is not None and step.text:
            raise Refusal(
                _("Step %(n)d: choose a template or write a text, not both.") % {"n": number},
                code="text_twice",
            )
        if step.template is None and not step.text.strip():
            raise Refusal(
                _("Step %(n)d needs a text or a template.") % {"n": number}, code="text_missing"
            )
        texts = step.template.texts_by_language() if step.template is not None else {"": step.text}
        refuse_texts(texts, attributes=known)
