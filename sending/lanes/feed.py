"""The feed: the deliveries that a lane sends next, and the open attempts it settles first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import chain, zip_longest
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F

from accounts.models import Account, Friend
from clocks import shared
from sending.lanes.feed_sql import Next, next_of_run
from sending.ledger.entries import PersonLimit
from sending.limits import PersonLimits, limits_of
from sending.models import Attempt, Delivery, Run
from sending.runs.costly_texts import CostlyTexts
from sending.runs.deliveries import skip_deliveries
from sending.runs.windows import Openings, QuietSpan, sending_times
from sending.states import DeliveryState, Reason
from sending.text_context import context_for, sendable_text
from texts.faults import Unsendable
from texts.rendering import CompiledText, compile_text


@dataclass(frozen=True, slots=True)
class RunBrief:
    """The part of a run that lanes use. Only its `openings` change while it is running.

    Attributes:
        text: the compiled text.
        promise: what to do about attempts without a definite answer (`sending.states.Promise`).
        zone: the run's time zone, in which its texts tell the time.
        openings: when it may send.
        limits: the limits on messages to one person; None if there are none.
        costly: counts the texts that take too much to make, over all lanes of the process.
    """

    id: int
    text: CompiledText
    promise: str
    zone: ZoneInfo
    openings: Openings
    limits: PersonLimits | None = None
    costly: CostlyTexts = field(default_factory=CostlyTexts, compare=False)

    def is_open(self, at: datetime) -> bool:
        """Return whether the run may send: its window is open and its deadline has not passed."""
        return self.openings.is_open(at)


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is due.

    Attributes:
        text: the rendered text.
        own_text: the text as it is stored: the same, or None if it is the run's own text.
        attempts: the number of earlier attempts since the latest retry.
        limit: the limits on messages to the person, which the mark must keep; None without any.
    """

    delivery_id: int
    run_id: int
    uin: int
    text: str
    own_text: str | None
    attempts: int
    promise: str
    limit: PersonLimit | None = None


@dataclass(frozen=True, slots=True)
class Unsettled:
    """An attempt without a definite answer, left by a lane that died or had to stop.

    Attributes:
        marked_at: when it was marked; shared time.
        ask_at: when to repeat it; shared time, or None for at once.
    """

    due: Due
    seq: int
    marked_at: datetime
    replays: int
    last_res: str
    ask_at: datetime | None


def brief(run: Run, *, quiet: tuple[QuietSpan, ...]) -> RunBrief:
    """Return the part of a run that lanes use.

    Args:
        run: the run.
        quiet: the quiet hours in force.

    Raises:
        Refusal: the run's text does not compile.
    """
    return RunBrief(
        id=run.pk,
        text=compile_text(run.text),
        promise=run.promise,
        zone=ZoneInfo(run.timezone),
        openings=Openings(sending_times(run, quiet=quiet), deadline=run.deadline_at),
        limits=limits_of(run),
    )


def next_deliveries(*, account: Account, runs: Sequence[RunBrief], limit: int) -> list[Due]:
    """Return an account's next deliveries, taken from its runs in turn so that all advance.

    Deliveries whose text cannot be made or whose person opted out are skipped, each with its
    reason. The result is empty only if nothing is due: after a batch in which everything was
    skipped, the next batch is read.

    Args:
        account: the account.
        runs: the runs that may send now.
        limit: about how many to return.
    """
    if not runs:
        return []
    share = max(1, -(-limit // len(runs)))
    while True:
        now = shared.now()
        batches = [_of_run(account=account, run=run, now=now, limit=share) for run in runs]
        in_turn = chain.from_iterable(zip_longest(*(dues for dues, _skipped in batches)))
        found = [due for due in in_turn if due is not None]
        if found or not any(skipped for _dues, skipped in batches):
            return found


def _of_run(*, account: Account, run: RunBrief, now: datetime, limit: int) -> tuple[list[Due], int]:
    """Return a run's next deliveries, and how many were skipped."""
    read = next_of_run(
        account_id=account.pk, run_id=run.id, now=now, limit=limit, person_limits=run.limits
    )
    gone = {
        one.delivery_id: Reason.SUPPRESSED if one.is_suppressed else Reason(one.over_limit)
        for one in read
        if one.is_suppressed or one.over_limit
    }
    if gone:
        skip_deliveries(run_id=run.id, reasons=gone)
    found = [one for one in read if one.delivery_id not in gone]
    limits = _limits_by_delivery(run, found)
    if run.text.is_constant:
        text = run.text.source
        dues = [
            Due(
                one.delivery_id,
                run.id,
                one.uin,
                text,
                None,
                one.attempts,
                run.promise,
                limits.get(one.delivery_id),
            )
            for one in found
        ]
        return dues, len(gone)
    rows = Delivery.objects.filter(pk__in=[one.delivery_id for one in found])
    deliveries = list(rows.select_related("contact").order_by("rank", "pk")) if found else []
    dues, skipped = _rendered(account=account, run=run, deliveries=deliveries, limits=limits)
    return dues, len(gone) + skipped


def _limits_by_delivery(run: RunBrief, found: Sequence[Next]) -> dict[int, PersonLimit]:
    """Return what each mark must keep; nothing for a run without limits or a deleted contact."""
    if run.limits is None:
        return {}
    since = run.limits.since()
    return {
        one.delivery_id: PersonLimit(one.contact_id, run.limits.cap_most, *since)
        for one in found
        if one.contact_id is not None
    }


def _rendered(
    *,
    account: Account,
    run: RunBrief,
    deliveries: list[Delivery],
    limits: Mapping[int, PersonLimit],
) -> tuple[list[Due], int]:
    if run.costly.is_still_stopped(run_id=run.id):
        return [], 0
    nicknames: dict[int, str] = {}
    if "nickname" in run.text.variables:
        nicknames = dict(
            Friend.objects.filter(
                account_id=account.pk, uin__in=[delivery.uin for delivery in deliveries]
            ).values_list("uin", "nickname")
        )
    dues, skipped = [], {}
    for delivery in deliveries:
        try:
            # The text of an earlier mark is kept: a retry sends the same text as the first try.
            text = delivery.text or _text(run, account, delivery, nicknames)
        except Unsendable as problem:
            skipped[delivery.pk] = Reason(problem.reason)
            if run.costly.note_failed(run_id=run.id, reason=problem.reason):
                break
            continue
        run.costly.note_rendered()
        dues.append(
            Due(
                delivery.pk,
                run.id,
                delivery.uin,
                text,
                text,
                _attempts(delivery),
                run.promise,
                limits.get(delivery.pk),
            )
        )
    if skipped:
        skip_deliveries(run_id=run.id, reasons=skipped)
    return dues, len(skipped)


def _attempts(delivery: Delivery) -> int:
    """Return the number of attempts since the latest retry."""
    return delivery.attempt_count - (delivery.counted_from or 0)


def _text(run: RunBrief, account: Account, delivery: Delivery, nicknames: dict[int, str]) -> str:
    context: dict[str, Any] = context_for(
        contact=delivery.contact, account=account, nickname=nicknames.get(delivery.uin, "")
    )
    return sendable_text(run.text, context, now=shared.wall().astimezone(run.zone))


def unsettled_attempts(*, account_id: int) -> list[Unsettled]:
    """Return an account's attempts in flight, oldest first.

    A new lane settles these before it sends anything: each may or may not have reached the gateway.
    """
    # There is nearly always none, and the partial index of deliveries in flight answers that fast.
    if not Delivery.objects.in_flight().filter(account_id=account_id).exists():
        return []
    rows = (
        Attempt.objects.filter(
            account_id=account_id,
            finished_at=None,
            delivery__state=DeliveryState.SENDING,
            delivery__account_id=account_id,
            delivery__seq=F("seq"),
        )
        .select_related("delivery__run")
        .order_by("seq")
    )
    return [_unsettled(attempt) for attempt in rows]


def _unsettled(attempt: Attempt) -> Unsettled:
    delivery = attempt.delivery
    due = Due(
        delivery.pk,
        delivery.run_id,
        delivery.uin,
        delivery.text if delivery.text is not None else delivery.run.text,
        delivery.text,
        _attempts(delivery) - 1,
        delivery.run.promise,
    )
    return Unsettled(
        due, attempt.seq, attempt.marked_at, attempt.replays, attempt.res, delivery.not_before
    )
