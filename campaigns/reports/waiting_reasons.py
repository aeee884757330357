"""Why is nothing moving? For every run and every delivery there is an answer, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import (
    Account,
    AccountTask,
    AccountTaskKind,
    AccountTaskState,
    Egress,
    Outage,
    Worker,
)
from campaigns.models import CampaignRun
from campaigns.planning.preflight import seconds_per_message
from campaigns.planning.prepare import accounts_of
from clocks import shared
from foundation.times import clock
from sending.account_waits import Wait, find_account_waits, summarise_waits
from sending.models import Delivery
from sending.runs.windows import is_open, next_opening
from sending.states import DeliveryState, RunState


@dataclass(frozen=True, slots=True)
class WaitingReason:
    """One reason why something waits.

    Attributes:
        sentence: for the operator.
        count: how many accounts or deliveries it holds up, if it is about a number of them.
        until: when it is over by itself, if that is known.
    """

    sentence: str
    count: int | None = None
    until: datetime | None = None


def run_waiting_reasons(*, run: CampaignRun) -> list[WaitingReason]:
    """Return why a run is not sending as fast as it could; empty when it simply is."""
    if run.state == RunState.SCHEDULED:
        return [_until(_("It starts at %(time)s."), run.starts_at)]
    if run.state == RunState.PAUSED:
        return [WaitingReason(_paused(run))]
    if run.state == RunState.PREPARING:
        return _why_not_prepared(run) or [WaitingReason(_("It is being planned."))]
    if run.state != RunState.RUNNING:
        return [WaitingReason(run.state_detail)] if run.state_detail else []
    return _why_not_sent(run)


def delivery_waiting_reason(*, delivery: Delivery) -> WaitingReason:
    """Return where one delivery stands and what it waits for."""
    run = delivery.run.campaign_run
    if delivery.state == DeliveryState.SENDING:
        return _why_in_flight(delivery)
    if delivery.state != DeliveryState.PENDING:
        reason = delivery.reason or delivery.last_res
        return WaitingReason(f"{delivery.get_state_display()} {reason}".strip())
    if run.state != RunState.RUNNING:
        reasons = run_waiting_reasons(run=run)
        return reasons[0] if reasons else WaitingReason(run.get_state_display())
    if delivery.not_before is not None and delivery.not_before > shared.now():
        return _until(_("It is tried again at %(time)s."), shared.as_wall(delivery.not_before))
    general = _why_not_at_all(run)
    if general:
        return general[0]
    return _why_account_waits(delivery)


def _why_not_sent(run: CampaignRun) -> list[WaitingReason]:
    general = _why_not_at_all(run)
    if general:
        return general
    waiting = Delivery.objects.pending().filter(run=run, account=OuterRef("pk"))
    held_up = find_account_waits(accounts=Account.objects.filter(Exists(waiting)))
    return [_together(waits) for waits in held_up.values()]


def _together(waits: list[Wait]) -> WaitingReason:
    ends = [wait.until for wait in waits if wait.until is not None]
    return WaitingReason(summarise_waits(waits), len(waits), min(ends, default=None))


def _why_not_at_all(run: CampaignRun) -> list[WaitingReason]:
    now = shared.wall()
    start, end, zone = run.window_start, run.window_end, run.timezone
    if not is_open(start=start, end=end, zone=zone, at=now):
        opening = next_opening(start=start, end=end, zone=zone, at=now)
        return [_until(_("Outside its sending hours until %(time)s."), opening, zone=zone)]
    if not Worker.objects.living().exists():
        return [
            WaitingReason(
                _("No worker is running. Start the stack with `make run`, or a worker of its own.")
            )
        ]
    outage = Outage.objects.filter(ended_at=None).first()
    if outage is not None and not _other_egress(outage):
        return [
            WaitingReason(
                _("The gateway is away since %(time)s: %(why)s It goes on by itself.")
                % {"time": clock(outage.began_at), "why": outage.sentence}
            )
        ]
    return []


def _other_egress(outage: Outage) -> bool:
    """Whether some egress with a living worker reaches the gateway."""
    living = Egress.objects.filter(workers__in=Worker.objects.living())
    return living.exclude(outages__in=Outage.objects.filter(ended_at=None)).exists()


def _why_not_prepared(run: CampaignRun) -> list[WaitingReason]:
    learning = AccountTask.objects.filter(
        account__in=accounts_of(campaign=run.campaign),
        kind=AccountTaskKind.SYNC,
        state=AccountTaskState.OPEN,
    ).count()
    if not learning:
        return []
    sentence = ngettext(
        "The friend list of %(n)d account is being learnt.",
        "The friend lists of %(n)d accounts are being learnt.",
        learning,
    )
    return [*_why_not_at_all(run), WaitingReason(sentence % {"n": learning}, learning)]


def _why_in_flight(delivery: Delivery) -> WaitingReason:
    awaited = WaitingReason(_("Its request is with the gateway; the answer is awaited."))
    return (_held_up(delivery.account_id) if delivery.account_id else None) or awaited


def _held_up(account_id: int) -> WaitingReason | None:
    """Return what holds one account up, or None when it simply sends."""
    for waits in find_account_waits(accounts=Account.objects.filter(pk=account_id)).values():
        return _together(waits)
    return None


def _why_account_waits(delivery: Delivery) -> WaitingReason:
    account = delivery.account
    if account is None:
        return WaitingReason(_("No account is chosen for it."))
    held_up = _held_up(account.pk)
    if held_up is not None:
        return held_up
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
        sentence = _("It is next: account %(uin)s sends it at about %(time)s.")
    else:
        sentence = ngettext(
            "Waiting for its slot at about %(time)s: account %(uin)s has %(n)d message before it.",
            "Waiting for its slot at about %(time)s: account %(uin)s has %(n)d messages before it.",
            before,
        )
    return WaitingReason(sentence % words, before, slot)


def _paused(run: CampaignRun) -> str:
    paused = run.events.filter(state=RunState.PAUSED).select_related("by").order_by("-pk").first()
    at = clock(run.state_changed_at)
    if paused is not None and paused.by is not None:
        return _("Paused by %(who)s at %(time)s.") % {"who": paused.by, "time": at}
    return _("%(what)s At %(time)s.") % {"what": run.state_detail or _("Paused."), "time": at}


def _until(sentence: str, until: datetime | None, *, zone: str | None = None) -> WaitingReason:
    return WaitingReason(sentence % {"time": clock(until, zone=zone)}, until=until)
