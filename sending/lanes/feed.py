"""The feed: the deliveries that a lane sends next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from accounts.models import Account, Friend
from accounts.pacing.limits import SharedRate
from clocks import shared
from sending.lanes.feed_sql import Next, first_of_run, next_of_run
from sending.lanes.run_turns import RunTurns
from sending.ledger.entries import PersonLimit
from sending.limits import PersonLimits, limits_of
from sending.models import Delivery, Run
from sending.runs.costly_texts import CostlyTexts
from sending.runs.deliveries import skip_deliveries
from sending.runs.rate import rate_of
from sending.runs.texts import texts_by_number
from sending.runs.windows import Openings, QuietSpan, sending_times
from sending.states import Reason
from sending.text_context import context_for, refuse_forbidden, sendable_text
from texts.faults import Unsendable
from texts.forbidden import ForbiddenWords
from texts.rendering import CompiledText, compile_text


@dataclass(frozen=True)
class RunBrief:
    """The part of a run that lanes use. Openings, pace and `holds_rest` may change while it runs.

    Attributes:
        texts: the compiled texts by number; most runs have the number 0 only.
        promise: what to do about attempts without a definite answer (`sending.states.Promise`).
        zone: the run's time zone, in which its texts tell the time.
        openings: when it may send.
        priority: its weight among the runs that share an account, or URGENT.
        rate: its own rate over all accounts; None if it has none.
        limits: the limits on messages to one person; None if there are none.
        forbidden: the words that no rendered text may hold; None if there are none.
        holds_rest: whether what has a negative rank waits: the rest of a test, or for presence.
        costly: counts the texts that take too much to make, over all lanes of the process.
    """

    id: int
    texts: Mapping[int, CompiledText]
    promise: str
    zone: ZoneInfo
    openings: Openings
    priority: int
    rate: SharedRate | None
    limits: PersonLimits | None = None
    forbidden: ForbiddenWords | None = None
    holds_rest: bool = False
    costly: CostlyTexts = field(default_factory=CostlyTexts, compare=False)

    @cached_property
    def sends_texts_as_written(self) -> bool:
        """Whether no text has to be rendered: none has variables, or a word forbidden meanwhile."""
        return all(
            text.is_constant
            and (self.forbidden is None or self.forbidden.first_in(text.source) is None)
            for text in self.texts.values()
        )

    @cached_property
    def needs_nicknames(self) -> bool:
        """Whether one of its texts uses the nickname of the friend."""
        return any("nickname" in text.variables for text in self.texts.values())

    def is_open(self, at: datetime) -> bool:
        """Return whether the run may send: its window is open and its deadline has not passed."""
        return self.openings.is_open(at)

    @property
    def per_minute(self) -> int | None:
        """The most requests in a minute by its own rate; None if it has none."""
        return self.rate.per_minute if self.rate is not None else None


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is due.

    Attributes:
        text: the rendered text.
        own_text: the text as it is stored: the same, or None if it is one of the run's own texts.
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


def brief(
    run: Run, *, quiet: tuple[QuietSpan, ...], forbidden: ForbiddenWords | None = None
) -> RunBrief:
    """Return the part of a run that lanes use.

    Args:
        run: the run.
        quiet: the quiet hours in force.
        forbidden: the words that no rendered text may hold; None if there are none.

    Raises:
        Refusal: a text of the run does not compile.
    """
    return RunBrief(
        id=run.pk,
        texts={number: compile_text(text) for number, text in texts_by_number(run).items()},
        promise=run.promise,
        zone=ZoneInfo(run.timezone),
        openings=Openings(sending_times(run, quiet=quiet), deadline=run.deadline_at),
        priority=run.priority,
        rate=rate_of(run),
        limits=limits_of(run),
        forbidden=forbidden,
        holds_rest=run.holds_back,
    )


def next_deliveries(
    *,
    account: Account,
    runs: Sequence[RunBrief],
    limit: int,
    turns: RunTurns,
    first: Mapping[int, list[Next]] | None = None,
) -> list[Due]:
    """Return an account's next deliveries, in the order in which its runs take turns.

    Deliveries whose text cannot be made or whose person opted out are skipped, each with its
    reason. The result is empty only if nothing is due: after a batch in which everything was
    skipped, the next batch is read.

    Args:
        account: the account.
        runs: the runs that may send now; those that wait for their own rate are left out.
        limit: about how many to return.
        turns: the account's turns among the runs.
        first: what was read of each run a moment ago for the same limit, by run; None: nothing.
    """
    runs = [run for run in runs if not turns.is_held(run)]
    if not runs:
        return []
    shares = turns.shares(runs, limit=limit)
    while True:
        now = shared.now()
        batches = {
            run.id: _of_run(
                account=account,
                run=run,
                now=now,
                limit=shares[run.id],
                read=first.get(run.id) if first and any(first.values()) else None,
            )
            for run in runs
        }
        first = None
        found = turns.in_turn(
            {run_id: batch.dues for run_id, batch in batches.items()},
            runs=runs,
            may_have_more={run_id for run_id, batch in batches.items() if batch.may_have_more},
        )
        if found or not any(batch.skipped for batch in batches.values()):
            return found


class _Batch(NamedTuple):
    """A batch of a run: deliveries, the number of skipped ones, and whether more may follow."""

    dues: list[Due]
    skipped: int
    may_have_more: bool


def first_of_each(
    *, limits: Mapping[int, int], runs: Sequence[RunBrief]
) -> dict[int, dict[int, list[Next]]]:
    """Return what `next_deliveries` reads first for lanes that open: by account, then by run.

    Args:
        limits: about how many to return, by account.
        runs: the runs that may send now.
    """
    now = shared.now()
    found: dict[int, dict[int, list[Next]]] = {account_id: {} for account_id in limits}
    shares = {limit: RunTurns().shares(runs, limit=limit) for limit in set(limits.values())}
    for run in runs:
        of_run = first_of_run(
            limits={account_id: shares[limit][run.id] for account_id, limit in limits.items()},
            run_id=run.id,
            now=now,
            person_limits=run.limits,
            holds_rest=run.holds_rest,
        )
        for account_id, read in of_run.items():
            found[account_id][run.id] = read
    return found


def _of_run(
    *, account: Account, run: RunBrief, now: datetime, limit: int, read: list[Next] | None
) -> _Batch:
    if read is None:
        read = next_of_run(
            account_id=account.pk,
            run_id=run.id,
            now=now,
            limit=limit,
            person_limits=run.limits,
            holds_rest=run.holds_rest,
        )
    is_full = len(read) == limit
    gone = {
        one.delivery_id: Reason.SUPPRESSED if one.is_suppressed else Reason(one.over_limit)
        for one in read
        if one.is_suppressed or one.over_limit
    }
    if gone:
        skip_deliveries(run_id=run.id, reasons=gone)
    found = [one for one in read if one.delivery_id not in gone]
    limits = _limits_by_delivery(run, found)
    if run.sends_texts_as_written:
        dues = [
            Due(
                one.delivery_id,
                run.id,
                one.uin,
                run.texts[one.text_number].source,
                None,
                one.attempts,
                run.promise,
                limits.get(one.delivery_id),
            )
            for one in found
        ]
        return _Batch(dues, len(gone), is_full)
    rows = Delivery.objects.filter(pk__in=[one.delivery_id for one in found])
    deliveries = list(rows.select_related("contact").order_by("rank", "pk")) if found else []
    dues, skipped = _rendered(account=account, run=run, deliveries=deliveries, limits=limits)
    return _Batch(dues, len(gone) + skipped, is_full)


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
    if run.needs_nicknames:
        nicknames = dict(
            Friend.objects.filter(
                account_id=account.pk, uin__in=[delivery.uin for delivery in deliveries]
            ).values_list("uin", "nickname")
        )
    dues, skipped = [], {}
    for delivery in deliveries:
        try:
            if delivery.text:
                # The text of an earlier mark is kept: a retry sends the same text as the first try.
                # An answer has its text before its first mark: a word may have been added since.
                if not delivery.attempt_count:
                    refuse_forbidden(delivery.text, forbidden=run.forbidden)
                text = delivery.text
            else:
                text = _text(run, account, delivery, nicknames)
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
                attempts_of(delivery),
                run.promise,
                limits.get(delivery.pk),
            )
        )
    if skipped:
        skip_deliveries(run_id=run.id, reasons=skipped)
    return dues, len(skipped)


def attempts_of(delivery: Delivery) -> int:
    """Return the number of attempts since the latest retry."""
    return delivery.attempt_count - (delivery.counted_from or 0)


def _text(run: RunBrief, account: Account, delivery: Delivery, nicknames: dict[int, str]) -> str:
    context: dict[str, Any] = context_for(
        contact=delivery.contact, account=account, nickname=nicknames.get(delivery.uin, "")
    )
    now, compiled = shared.wall().astimezone(run.zone), run.texts[delivery.text_number]
    return sendable_text(compiled, context, now=now, forbidden=run.forbidden)
