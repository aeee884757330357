"""The whole story of a delivery: how it was planned, tried, decided and answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from typing import Any
from zlib import crc32

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from audit.models import AuditChange
from campaigns.models import OWNERS_OF_DELIVERIES, CampaignRun, owner_of
from campaigns.reports.reason_explanations import explanation_of
from campaigns.reports.removed import removed_sentences
from campaigns.reports.waiting_reasons import delivery_waiting_reason
from clocks import shared
from contacts.models import Suppression
from foundation.times import clock, span
from sending.models import Attempt, Delivery, OptDirection, Reply, Run
from sending.runs.texts import TEXTS, text_of, variant_of
from sending.states import DeliveryState, Reason

#: The most attempts, replies and acts of operators that a story tells; the newest of each.
MOST_ATTEMPTS, MOST_REPLIES, MOST_ACTS = 50, 20, 10


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened to a delivery.

    Attributes:
        at: when, by the wall clock; None if that is not known.
        kind: "planned", "attempt", "act", "reply" or "opt_out".
        words: what happened.
        details: sentences about it: repeats, the decision.
        res: the result code of an attempt; None for any other step.
        account, seq: of an attempt.
    """

    at: datetime | None
    kind: str
    words: str
    details: Sequence[str] = ()
    res: str | None = None
    account: Any = None
    seq: int | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A message of the person after the delivery.

    Attributes:
        at: when it arrived.
        text: what it says; None once the person or the message was erased.
        opted: "in" or "out" if it was taken for an opt-in or an opt-out, else "".
        is_undone: whether that was undone.
    """

    at: datetime
    text: str | None
    opted: str = ""
    is_undone: bool = False


@dataclass(frozen=True, slots=True)
class Story:
    """Everything that is known of a delivery.

    Attributes:
        delivery: the delivery.
        run: the run of a campaign, a test or an app above.
        stands: where it stands, in a sentence.
        why: what its reason means and what to do; "" without one.
        suppressions: those of its person that are in force, if it was skipped for one.
        variant: the name of its variant; "" without one.
        text: what is or will be sent.
        is_rendered: whether this is the text as it was sent; else it is the run's, before it is
            made for the person.
        steps: what happened, the oldest first.
        earlier_attempts: how many attempts are not among them.
        said: what the person wrote afterwards, the oldest first.
        conversation: the key of their conversation with the account, None without one.
        removed: sentences about what was removed of its run.
    """

    delivery: Delivery
    run: Run
    stands: str
    why: str
    suppressions: list[Suppression]
    variant: str
    text: str
    is_rendered: bool
    steps: list[Step]
    earlier_attempts: int
    said: list[Said]
    conversation: int | None
    removed: list[str] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether the engine may still change it."""
        return self.delivery.state in (DeliveryState.PENDING, DeliveryState.SENDING)

    @property
    def stamp(self) -> str:
        """A stamp that changes with everything that the story tells of an open delivery."""
        told = [self.stands, *(part for step in self.steps for part in (step.words, *step.details))]
        return f"{crc32(' '.join([self.delivery.state, *told]).encode()):08x}"


def find_delivery(key: int) -> Delivery | None:
    """Return a delivery with what its story reads; None if there is none."""
    rows = Delivery.objects.select_related("account__lease", "contact", *OWNERS_OF_DELIVERIES)
    found: Delivery | None = rows.prefetch_related(TEXTS).filter(pk=key).first()
    return found


def story_of(delivery: Delivery) -> Story:
    """Return the story of a delivery, by a few queries over the indexes of its own rows."""
    run = owner_of(delivery.run)
    newest = delivery.attempts.select_related("account").order_by("-pk")[: MOST_ATTEMPTS + 1]
    attempts = list(newest)[:MOST_ATTEMPTS][::-1]
    said = _said(delivery)
    steps = [_planned(delivery), *_tried(delivery, attempts), *_acts(delivery), *_answers(said)]
    never = shared.wall()
    # Stable: what has the same time stays in the order of the kinds.
    steps.sort(key=lambda step: step.at or never)
    return Story(
        delivery=delivery,
        run=run,
        stands=delivery_waiting_reason(delivery=delivery).sentence,
        why=explanation_of(delivery.state, delivery.reason),
        suppressions=_suppressions(delivery),
        variant=variant_of(delivery),
        text=text_of(delivery),
        is_rendered=delivery.text is not None or bool(delivery.attempt_count),
        steps=steps,
        earlier_attempts=max(0, delivery.attempt_count - len(attempts)) if attempts else 0,
        said=said,
        conversation=_conversation(delivery),
        removed=removed_sentences(run) if isinstance(run, CampaignRun) else [],
    )


def _planned(delivery: Delivery) -> Step:
    at = delivery.run.planned_at or delivery.run.created_at
    if delivery.state == DeliveryState.SKIPPED and not delivery.attempt_count:
        return Step(at, "planned", _("Planned"), [_("It was left out before anything was sent.")])
    starts = delivery.run.starts_at
    details = [_("The run starts at %(time)s.") % {"time": clock(starts)}] if starts else []
    if delivery.account is not None:
        details.append(_("To be sent by account %(account)s.") % {"account": delivery.account})
    return Step(at, "planned", _("Planned"), details)


def _tried(delivery: Delivery, attempts: list[Attempt]) -> list[Step]:
    first = delivery.attempt_count - len(attempts) + 1
    return [
        Step(
            shared.as_wall(attempt.marked_at),
            "attempt",
            _("Attempt %(n)d") % {"n": max(first, 1) + place},
            [*_answered(attempt), _decision(delivery, attempt, after, max(first, 1) + place)],
            attempt.res,
            attempt.account,
            attempt.seq,
        )
        for place, (attempt, after) in enumerate(zip_longest(attempts, attempts[1:]))
    ]


def _answered(attempt: Attempt) -> list[str]:
    """Return how long the answer took, and how often the request was repeated."""
    said = []
    if attempt.finished_at is not None:
        seconds = (attempt.finished_at - attempt.marked_at).total_seconds()
        took = _("%(gap)s s") % {"gap": f"{seconds:.1f}"} if seconds < 10 else span(seconds)
        said.append(_("Answered after %(span)s.") % {"span": took})
    if attempt.replays:
        n = attempt.replays
        said.append(
            ngettext(
                "The same request was repeated %(n)d time under its SEQ: no answer was clear.",
                "The same request was repeated %(n)d times under its SEQ: no answer was clear.",
                n,
            )
            % {"n": n}
        )
    return said


def _decision(delivery: Delivery, attempt: Attempt, after: Attempt | None, n: int) -> str:
    """Return what was decided after an attempt, by what followed."""
    if after is not None:
        if delivery.counted_from == n:
            return _("An operator had it sent again.")
        if after.account_id != attempt.account_id:
            return _("Tried again by account %(account)s.") % {"account": after.account}
        wait = span((after.marked_at - (attempt.finished_at or attempt.marked_at)).total_seconds())
        return _("Tried again %(span)s later, under a new SEQ.") % {"span": wait}
    if delivery.state == DeliveryState.SENDING:
        return _("The answer is awaited.")
    if delivery.state == DeliveryState.PENDING:
        at = delivery.not_before
        if at is not None and at > shared.now():
            return _("It will be tried again at %(time)s.") % {"time": clock(shared.as_wall(at))}
        return _("It will be tried again in its turn.")
    return {
        DeliveryState.SENT: _("It counts as sent."),
        DeliveryState.FAILED: _("It is not tried again: it counts as failed."),
        DeliveryState.UNKNOWN: _("It is not tried again: whether it arrived is unknown."),
    }.get(DeliveryState(delivery.state), _("It is not tried again."))


def _acts(delivery: Delivery) -> list[Step]:
    """Return what operators did to it, by the index of the audit trail's changes."""
    changes = AuditChange.objects.filter(
        object_type=Delivery._meta.label_lower, object_id=str(delivery.pk)
    )
    found = changes.select_related("entry").order_by("-id")[:MOST_ACTS]
    return [
        Step(change.entry.at, "act", _act_words(change), [])
        for change in reversed(found)
        if "state" in change.after
    ]


def _act_words(change: AuditChange) -> str:
    names = {str(state): str(state.label) for state in DeliveryState}
    before, after = (
        names.get(str(values.get("state")), "–") for values in (change.before, change.after)
    )
    return _("%(who)s: %(before)s → %(after)s") % {
        "who": change.entry.who,
        "before": before,
        "after": after,
    }


def _said(delivery: Delivery) -> list[Said]:
    rows = Reply.objects.filter(delivery=delivery).select_related("message__opt_out")
    return [_one_said(row) for row in reversed(rows.order_by("-at", "-pk")[:MOST_REPLIES])]


def _one_said(row: Reply) -> Said:
    if row.message is None:
        return Said(row.at, None)
    found = getattr(row.message, "opt_out", None)
    if found is None:
        return Said(row.at, row.message.text)
    opted = "out" if found.direction == OptDirection.OUT else "in"
    return Said(row.at, row.message.text, opted, found.undone_at is not None)


def _answers(said: Sequence[Said]) -> list[Step]:
    words = {"": _("The person replied"), "out": _("The person opted out")}
    words["in"] = _("The person opted in again")
    return [
        Step(
            one.at,
            "opt_out" if one.opted == "out" else "reply",
            words[one.opted],
            [_("This was undone.")] if one.is_undone else [],
        )
        for one in said
    ]


def _suppressions(delivery: Delivery) -> list[Suppression]:
    if delivery.reason != Reason.SUPPRESSED or not delivery.uin:
        return []
    rows = Suppression.objects.filter(uin=delivery.uin).select_related("contact_list")
    return [row for row in rows[:MOST_ACTS] if not row.has_ended]


def _conversation(delivery: Delivery) -> int | None:
    """Return the conversation's key: the relation is read without an import from above."""
    if delivery.account is None or not delivery.uin:
        return None
    related: Any = delivery.account
    found: int | None = (
        related.conversations.filter(uin=delivery.uin).values_list("pk", flat=True).first()
    )
    return found
