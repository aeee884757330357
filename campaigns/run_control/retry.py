"""The services that send deliveries of a run again: all that failed, or exactly the chosen ones."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext, gettext_lazy

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.run_control.reopening import refuse_reopening, reopen
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import Delivery
from sending.runs.deliveries import move_deliveries
from sending.states import DeliveryState

#: The states whose deliveries can be sent again.
RETRYABLE_STATES = (DeliveryState.FAILED, DeliveryState.UNKNOWN)
#: The number of UINs that a refusal names.
_NAMED = 10
_ALREADY_SENT = gettext_lazy("These people got the message already: %(uins)s. Nothing was retried.")
_STILL_OPEN = gettext_lazy(
    "The deliveries to these people are still open: %(uins)s. Nothing was retried."
)
_NOT_RETRYABLE = gettext_lazy(
    "The deliveries to these people were skipped or cancelled and cannot be retried: %(uins)s."
)
#: State, sentence and code of a refusal, the most important one first.
_REFUSED = (
    (DeliveryState.SENT, _ALREADY_SENT, "already_sent"),
    (
        DeliveryState.UNKNOWN,
        gettext_lazy(
            "It is unknown whether these people got the message: %(uins)s. Nothing was retried. To "
            "send it again although it may arrive twice, name the state unknown."
        ),
        "unknown_not_named",
    ),
    (DeliveryState.PENDING, _STILL_OPEN, "still_open"),
    (DeliveryState.SENDING, _STILL_OPEN, "still_open"),
    (DeliveryState.SKIPPED, _NOT_RETRYABLE, "not_retryable"),
    (DeliveryState.CANCELLED, _NOT_RETRYABLE, "not_retryable"),
)


@dataclass(frozen=True, slots=True)
class RetryChoice:
    """Which deliveries of a run are to be sent again. An empty field does not restrict the choice.

    Attributes:
        states: failed, unknown or both. Unknown messages may have arrived, and the person may get
            the message twice. That is why unknown must be named explicitly.
        res: only those with one of these last result codes.
        reasons: only those with one of these reasons.
        accounts: only those of these accounts.
        uins: only those to these people.
    """

    states: Collection[str] = (DeliveryState.FAILED,)
    res: Collection[str] = ()
    reasons: Collection[str] = ()
    accounts: Collection[Account] = ()
    uins: Collection[int] = ()


#: All that failed.
ALL_FAILED = RetryChoice()


def chosen_deliveries(*, run: CampaignRun, choice: RetryChoice) -> QuerySet[Delivery]:
    """Return the deliveries of a run that a choice names, by the index of failed and unknown ones.

    UIN 0 is an erased person: only the figures are kept, and there is no recipient.
    """
    rows = Delivery.objects.filter(run=run, state__in=list(choice.states)).exclude(uin=0)
    if choice.res:
        rows = rows.filter(last_res__in=list(choice.res))
    if choice.reasons:
        rows = rows.filter(reason__in=list(choice.reasons))
    if choice.accounts:
        rows = rows.filter(account__in=[account.pk for account in choice.accounts])
    if choice.uins:
        rows = rows.filter(uin__in=list(choice.uins))
    return rows


def retry_run(*, run: CampaignRun, choice: RetryChoice = ALL_FAILED, by: Any = None) -> int:
    """Send deliveries of a run again.

    Args:
        run: the run. A run that has ended is reopened.
        choice: which of its deliveries.
        by: the operator.

    Returns:
        the number of deliveries to retry.

    Raises:
        Refusal: no delivery matches (`nothing_to_retry`); a state cannot be retried or a named
            person's delivery is in such a state (`already_sent`, `still_open`, `not_retryable`,
            `unknown_not_named`) or not in the run (`not_in_run`); the run was cancelled
            (`wrong_state`), or another run of the campaign is active (`already_active`). Nothing
            is retried in these cases.
    """
    for state in choice.states:
        if state not in RETRYABLE_STATES:
            raise _not_retryable(state)
    refuse_reopening(run)
    rows = chosen_deliveries(run=run, choice=choice)
    if choice.uins:
        _refuse_others(run, choice)
    again = move_deliveries(deliveries=rows, to=DeliveryState.PENDING)
    if not again:
        raise Refusal(
            _("Run %(run)s has no such deliveries: there is nothing to retry.") % {"run": str(run)},
            code="nothing_to_retry",
        )
    reopen(run, by=by, detail=_("%(n)d deliveries will be retried.") % {"n": again})
    return again


def retry_selected(
    *, deliveries: QuerySet[Delivery], has_unknown: bool = False, by: Any = None
) -> int:
    """Send deliveries again that were selected one by one, of whichever runs; return how many.

    Args:
        deliveries: the deliveries; those that neither failed nor are unknown are not changed.
        has_unknown: whether unknown ones are sent again too; these people may get it twice.
        by: the operator.

    Raises:
        Refusal: none of them can be retried (`nothing_to_retry`), or one of their runs cannot be
            reopened (`wrong_state`, `already_active`); no delivery is changed in that case.
    """
    states = RETRYABLE_STATES if has_unknown else (DeliveryState.FAILED,)
    rows = deliveries.filter(state__in=states).exclude(uin=0)
    runs = list(CampaignRun.objects.filter(pk__in=rows.order_by().values("run_id").distinct()))
    if not runs:
        raise Refusal(
            _("None of the selected deliveries failed: there is nothing to retry."),
            code="nothing_to_retry",
        )
    for run in runs:
        refuse_reopening(run)
    moved = 0
    for run in runs:
        again = move_deliveries(deliveries=rows.filter(run=run), to=DeliveryState.PENDING)
        if again:
            reopen(run, by=by, detail=_("%(n)d deliveries will be retried.") % {"n": again})
        moved += again
    return moved


def _refuse_others(run: CampaignRun, choice: RetryChoice) -> None:
    """Refuse the retry of named people whose delivery the choice does not hold."""
    wanted = set(choice.uins)
    found = set(chosen_deliveries(run=run, choice=choice).values_list("uin", flat=True))
    left = wanted - found
    if not left:
        return
    # By the unique index of (contact, run): the deliveries have no index of UINs.
    states = dict(
        Delivery.objects.filter(run=run, contact__uin__in=sorted(left)).values_list("uin", "state")
    )
    for state, sentence, code in _REFUSED:
        those = sorted(uin for uin, its in states.items() if uin in left and its == state)
        if those:
            raise Refusal(sentence % {"uins": _named(those)}, code=code, uins=those)
    missing = sorted(left - set(states))
    if missing:
        raise Refusal(
            _("Not in run %(run)s: %(uins)s. Nothing was retried.")
            % {"run": str(run), "uins": _named(missing)},
            code="not_in_run",
            uins=missing,
        )
    raise Refusal(
        _("The deliveries of these people do not fit the other options: %(uins)s.")
        % {"uins": _named(sorted(left))},
        code="nothing_to_retry",
        uins=sorted(left),
    )


def _named(uins: Collection[int]) -> str:
    named = list(uins)[:_NAMED]
    return ", ".join(map(str, named)) + (" …" if len(uins) > _NAMED else "")


def _not_retryable(state: str) -> Refusal:
    if state == DeliveryState.SENT:
        return Refusal(
            gettext("Sent messages are not sent again. Only failed and unknown ones are retried."),
            code="already_sent",
        )
    return Refusal(
        gettext("Only failed and unknown deliveries can be retried, not those that are %(state)s.")
        % {"state": state},
        code="not_retryable",
    )
