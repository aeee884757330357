"""Why nothing is being sent: the waiting reasons of a run and of a single delivery."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import (
    Account,
    AccountTask,
    AccountTaskKind,
    AccountTaskState,
)
from accounts.pacing.redis_client import answers
from campaigns.models import CampaignRun, owner_of
from campaigns.planning.preflight import seconds_per_message
from campaigns.planning.senders import accounts_of
from campaigns.reason_text import reason_text
from campaigns.reports.waiting_reason import WaitingReason as WaitingReason
from campaigns.reports.waiting_rest import rest_reason
from clocks import shared
from foundation.database_room import full_disk
from foundation.look_ups import finds
from foundation.times import clock
from sending.account_waits import EgressStatus, Wait, find_account_waits, summarise_waits
from sending.models import Delivery, Run
from sending.online_waits import waiting
from sending.runs.rate import is_at_rate
from sending.runs.windows import sending_times
from sending.states import DeliveryState, RunState


def run_waiting_reasons(*, run: Run) -> list[WaitingReason]:
    """Return why a run is not sending as fast as it could; empty when it is."""
    if run.state == RunState.SCHEDULED:
        return [_until(_("It starts at %(time)s."), run.starts_at)]
    if run.state == RunState.PAUSED:
        return [WaitingReason(_paused(run), kind="paused")]
    if run.state == RunState.PREPARING and isinstance(run, CampaignRun):
        said = _preparing_reasons(run) or [WaitingReason(_("It is being planned."))]
        return [*said, *_redis_reasons()]
    if run.state != RunState.RUNNING:
        if run.state == RunState.AWAITING_APPROVAL:
            return [WaitingReason(_approval_sentence(run))]
        return [WaitingReason(run.state_detail)] if run.state_detail else []
    learning = _syncing(run, only_first=True) if run.stays_open else None
    return [*([learning] if learning else []), *_sending_reasons(run), *_redis_reasons()]


def delivery_waiting_reason(*, delivery: Delivery) -> WaitingReason:
    """Return why an open delivery waits; for any other delivery, its state and the reason."""
    if delivery.state == DeliveryState.SENDING:
        return _in_flight_reason(delivery)
    if delivery.state != DeliveryState.PENDING:
        reason = reason_text(delivery.reason)
        return WaitingReason(": ".join(filter(None, (delivery.get_state_display(), str(reason)))))
    run = owner_of(delivery.run)
    if run.state != RunState.RUNNING:
        reasons = run_waiting_reasons(run=run)
        return reasons[0] if reasons else WaitingReason(run.get_state_display())
    if delivery.run.holds_rest and delivery.rank < 0 and isinstance(run, CampaignRun):
        return rest_reason(run)
    if delivery.run.online_until is not None and delivery.rank < 0:
        return _online_reason(delivery.run, people=1)
    if delivery.not_before is not None and delivery.not_before > shared.now():
        return _until(_("It will be retried at %(time)s."), shared.as_wall(delivery.not_before))
    egresses = EgressStatus()
    general = _whole_run_reason(run, egresses)
    return general or _account_reason(delivery, egresses)


def _redis_reasons() -> list[WaitingReason]:
    """Return that Redis does not answer: who has nothing under way is not woken meanwhile."""
    if answers():
        return []
    sentence = _(
        "Redis does not answer: accounts that have nothing under way are not woken, and what is to "
        "be planned waits. Everything continues by itself when it answers."
    )
    return [WaitingReason(sentence, kind="redis")]


def _approval_sentence(run: Run) -> str:
    """Return who asked for an approval, and who may give it."""
    rule = _("Somebody else who may approve decides: not its author, and not who asked.")
    return f"{run.state_detail} {rule}".strip()


def _sending_reasons(run: Run) -> list[WaitingReason]:
    egresses = EgressStatus()
    held = [rest_reason(run)] if run.holds_rest and isinstance(run, CampaignRun) else []
    if run.online_until is not None:
        people = waiting(run).count()
        held += [_online_reason(run, people=people)] if people else []
    general = _whole_run_reason(run, egresses)
    if general is not None:
        return [general, *held]
    mine = Delivery.objects.pending().filter(run=run, account=OuterRef("pk"))
    if held:
        mine = mine.of_test()
    accounts = Account.objects.filter(finds(mine))
    found = find_account_waits(accounts=accounts, egresses=egresses)
    reasons = [_summary(waits) for waits in found.values()]
    return [*held, *([_rate_reason(run)] if is_at_rate(run) else []), *reasons]


def _online_reason(run: Run, *, people: int) -> WaitingReason:
    sentence = ngettext(
        "%(n)s message waits for its person to be online, until %(time)s at most.",
        "%(n)s messages wait for their person to be online, until %(time)s at most.",
        people,
    )
    time = clock(run.online_until, zone=run.timezone)
    return WaitingReason(sentence % {"n": f"{people:,}", "time": time}, until=run.online_until)


def _rate_reason(run: Run) -> WaitingReason:
    return WaitingReason(
        _("It sends at the campaign's own rate of %(n)s a minute.") % {"n": f"{run.per_minute:,}"},
        kind="rate",
    )


def _summary(waits: list[Wait]) -> WaitingReason:
    ends = [wait.until for wait in waits if wait.until is not None]
    return WaitingReason(
        summarise_waits(waits), len(waits), min(ends, default=None), kind=waits[0].kind
    )


def _whole_run_reason(run: Run, egresses: EgressStatus) -> WaitingReason | None:
    """Return what stops all accounts of a run: a full disk, its window, a missing worker."""
    folder = full_disk()
    if folder is not None:
        sentence = _(
            "The disk of %(folder)s is full: no message can be recorded, so none is sent. Free "
            "some space; sending resumes by itself."
        )
        return WaitingReason(sentence % {"folder": folder}, kind="disk")
    now = shared.wall()
    opening = sending_times(run).next_opening(now)
    if opening is None:
        return WaitingReason(
            _(
                "No sending window opens within a year: the run's windows, holidays and the quiet "
                "hours leave no time to send. Cancel the run, or change the quiet hours."
            ),
            kind="quiet_hours",
        )
    if opening > now:
        sentence = _("Outside the sending window until %(time)s.")
        return _until(sentence, opening, zone=run.timezone, kind="window")
    if not egresses.worked:
        return WaitingReason(
            _("No worker is running. Start the stack with `make run`, or start a worker."),
            kind="egress",
        )
    outage = egresses.outage_everywhere()
    if outage is None:
        return None
    return WaitingReason(
        _("The gateway has been unreachable since %(time)s: %(why)s Sending resumes automatically.")
        % {"time": clock(outage.began_at), "why": outage.sentence},
        kind="outage",
    )


def _syncing(run: Run, *, only_first: bool = False) -> WaitingReason | None:
    """Return that friend lists are being synced, if they are; or only those never synced before."""
    if not isinstance(run, CampaignRun):
        return None
    tasks = AccountTask.objects.filter(
        account__in=accounts_of(campaign=run.campaign),
        kind=AccountTaskKind.SYNC,
        state=AccountTaskState.OPEN,
    )
    if only_first:
        tasks = tasks.filter(account__friends_synced_at=None)
    learning = tasks.count()
    if not learning:
        return None
    sentence = ngettext(
        "The friend list of %(n)d account is being synced.",
        "The friend lists of %(n)d accounts are being synced.",
        learning,
    )
    return WaitingReason(sentence % {"n": learning}, learning)


def _preparing_reasons(run: CampaignRun) -> list[WaitingReason]:
    syncing = _syncing(run)
    if syncing is None:
        return []
    general = _whole_run_reason(run, EgressStatus())
    return [syncing] if general is None else [general, syncing]


def _in_flight_reason(delivery: Delivery) -> WaitingReason:
    awaited = WaitingReason(_("Its request has been sent to the gateway; waiting for the answer."))
    return (_account_wait(delivery.account_id) if delivery.account_id else None) or awaited


def _account_wait(account_id: int, egresses: EgressStatus | None = None) -> WaitingReason | None:
    """Return why one account is not sending, or None when it can send."""
    accounts = Account.objects.filter(pk=account_id)
    for waits in find_account_waits(accounts=accounts, egresses=egresses).values():
        return _summary(waits)
    return None


def _account_reason(delivery: Delivery, egresses: EgressStatus) -> WaitingReason:
    account = delivery.account
    if account is None:
        return WaitingReason(_("No account is assigned to it."))
    account_wait = _account_wait(account.pk, egresses)
    if account_wait is not None:
        return account_wait
    if is_at_rate(delivery.run):
        return _rate_reason(delivery.run)
    before = (
        Delivery.objects.pending()
        .filter(account=account, run=delivery.run, pk__lt=delivery.pk)
        .count()
    )
    now = shared.now()
    slot = shared.as_wall(max(account.lease.last_reply_at or now, now)) + timedelta(
        seconds=seconds_per_message(account) * (before + 1)
    )
    words = {"time": clock(slot), "n": before, "uin": account.uin}
    if not before:
        sentence = _("It is next in the queue: account %(uin)s sends it at about %(time)s.")
    else:
        sentence = ngettext(
            "Waiting for its slot at about %(time)s: account %(uin)s sends %(n)d message "
            "before it.",
            "Waiting for its slot at about %(time)s: account %(uin)s sends %(n)d messages "
            "before it.",
            before,
        )
    return WaitingReason(sentence % words, before, slot)


def _paused(run: Run) -> str:
    paused = run.events.filter(state=RunState.PAUSED).select_related("by").order_by("-pk").first()
    at = clock(run.state_changed_at)
    if paused is not None and paused.by is not None:
        return _("Paused by %(who)s at %(time)s.") % {"who": paused.by, "time": at}
    return _("%(what)s At %(time)s.") % {"what": run.state_detail or _("Paused."), "time": at}


def _until(
    sentence: str, until: datetime | None, *, zone: str | None = None, kind: str = ""
) -> WaitingReason:
    return WaitingReason(sentence % {"time": clock(until, zone=zone)}, until=until, kind=kind)
