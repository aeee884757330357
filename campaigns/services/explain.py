"""Why is nothing moving? For every run and every delivery there is an answer, in words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, Egress, Errand, ErrandKind, ErrandState, Lease, Outage, Worker
from accounts.states import AccountState
from campaigns.models import Delivery, Run
from campaigns.services.preparing import accounts_of
from campaigns.services.windows import is_open, next_opening
from campaigns.states import DeliveryState, RunState
from foundation.marks import EMPTY


@dataclass(frozen=True, slots=True)
class Explanation:
    """One reason why something waits.

    Attributes:
        sentence: for the operator.
        count: how many accounts or deliveries it holds up, if it is about a number of them.
        until: when it is over by itself, if that is known.
    """

    sentence: str
    count: int | None = None
    until: datetime | None = None


def why_is_nothing_moving(*, run: Run) -> list[Explanation]:
    """Return why a run is not sending as fast as it could; empty when it simply is."""
    if run.state == RunState.SCHEDULED:
        return [_until(_("It starts at %(time)s."), run.starts_at)]
    if run.state == RunState.PAUSED:
        return [Explanation(_paused(run))]
    if run.state == RunState.PREPARING:
        return _why_not_prepared(run) or [Explanation(_("It is being planned."))]
    if run.state != RunState.RUNNING:
        return [Explanation(run.state_detail)] if run.state_detail else []
    return _why_not_sent(run)


def why_is_delivery_waiting(*, delivery: Delivery) -> Explanation:
    """Return where one delivery stands and what it waits for."""
    run = delivery.run
    if delivery.state == DeliveryState.SENDING:
        return Explanation(_("Its request is with the gateway, or is about to be repeated."))
    if delivery.state != DeliveryState.PENDING:
        reason = delivery.reason or delivery.last_res
        return Explanation(f"{delivery.get_state_display()} {reason}".strip())
    if run.state != RunState.RUNNING:
        reasons = why_is_nothing_moving(run=run)
        return reasons[0] if reasons else Explanation(run.get_state_display())
    if delivery.not_before is not None and delivery.not_before > timezone.now():
        return _until(_("It is tried again at %(time)s."), delivery.not_before)
    general = _why_not_at_all(run)
    if general:
        return general[0]
    return _why_account_waits(delivery)


def _why_not_sent(run: Run) -> list[Explanation]:
    general = _why_not_at_all(run)
    if general:
        return general
    waiting = (
        Delivery.objects.pending().filter(run=run).values_list("account_id").annotate(n=Count("pk"))
    )
    loads = dict(waiting.order_by())
    accounts = Account.objects.filter(pk__in=loads).select_related("lease")
    return [*_resting(accounts), *_by_state(accounts), *_without_worker(accounts)]


def _why_not_at_all(run: Run) -> list[Explanation]:
    now = timezone.now()
    start, end, zone = run.window_start, run.window_end, run.timezone
    if not is_open(start=start, end=end, zone=zone, at=now):
        opening = next_opening(start=start, end=end, zone=zone, at=now)
        return [_until(_("Outside its sending hours until %(time)s."), opening, zone=zone)]
    if not Worker.objects.living().exists():
        return [
            Explanation(
                _("No worker is running. Start the stack with `make run`, or a worker of its own.")
            )
        ]
    outage = Outage.objects.filter(ended_at=None).first()
    if outage is not None and not _other_egress(outage):
        return [
            Explanation(
                _("The gateway is away since %(time)s: %(why)s It goes on by itself.")
                % {"time": _clock(outage.began_at), "why": outage.sentence}
            )
        ]
    return []


def _other_egress(outage: Outage) -> bool:
    """Whether some egress with a living worker reaches the gateway."""
    living = Egress.objects.filter(workers__in=Worker.objects.living())
    return living.exclude(outages__in=Outage.objects.filter(ended_at=None)).exists()


def _resting(accounts: QuerySet[Account]) -> list[Explanation]:
    until = sorted(
        account.lease.resting_until
        for account in accounts
        if account.lease.resting_until and account.lease.resting_until > timezone.now()
    )
    if not until:
        return []
    sentence = ngettext(
        "%(n)d account is resting, until %(time)s.",
        "%(n)d accounts are resting, the first until %(time)s.",
        len(until),
    )
    return [
        Explanation(sentence % {"n": len(until), "time": _clock(until[0])}, len(until), until[0])
    ]


def _by_state(accounts: QuerySet[Account]) -> list[Explanation]:
    found = []
    for state in (AccountState.QUARANTINED, AccountState.DISABLED):
        stopped = [account for account in accounts if account.state == state]
        if stopped:
            first = stopped[0]
            why = first.state_detail or first.get_state_reason_display()
            found.append(
                Explanation(
                    _("%(n)d accounts are %(state)s. %(uin)s: %(why)s")
                    % {
                        "n": len(stopped),
                        "state": state.label,
                        "uin": first.uin,
                        "why": why,
                    },
                    len(stopped),
                )
            )
    return found


def _without_worker(accounts: QuerySet[Account]) -> list[Explanation]:
    living = set(Worker.objects.living().values_list("egress_id", flat=True))
    lost = [
        account for account in accounts if account.egress_id and account.egress_id not in living
    ]
    if not lost:
        return []
    return [
        Explanation(
            _("%(n)d accounts are pinned to egress “%(egress)s”, where no worker is running.")
            % {"n": len(lost), "egress": lost[0].egress},
            len(lost),
        )
    ]


def _why_not_prepared(run: Run) -> list[Explanation]:
    learning = Errand.objects.filter(
        account__in=accounts_of(campaign=run.campaign),
        kind=ErrandKind.SYNC,
        state=ErrandState.OPEN,
    ).count()
    if not learning:
        return []
    sentence = ngettext(
        "The friend list of %(n)d account is being learnt.",
        "The friend lists of %(n)d accounts are being learnt.",
        learning,
    )
    return [*_why_not_at_all(run), Explanation(sentence % {"n": learning}, learning)]


def _why_account_waits(delivery: Delivery) -> Explanation:
    account = delivery.account
    if account is None:
        return Explanation(_("No account is chosen for it."))
    accounts = Account.objects.filter(pk=account.pk).select_related("lease")
    for found in (_resting(accounts), _by_state(accounts), _without_worker(accounts)):
        if found:
            return found[0]
    lease = Lease.objects.get(account=account)
    before = (
        Delivery.objects.pending()
        .filter(account=account, run=delivery.run, pk__lt=delivery.pk)
        .count()
    )
    gap = max(account.min_interval, lease.learnt_interval or 0.0)
    slot = max(lease.last_reply_at or timezone.now(), timezone.now()) + timedelta(
        seconds=gap * (before + 1)
    )
    return Explanation(
        _("Waiting for its slot at about %(time)s: account %(uin)s has %(n)d messages before it.")
        % {"time": _clock(slot), "n": before, "uin": account.uin},
        before,
        slot,
    )


def _paused(run: Run) -> str:
    return _("%(what)s At %(time)s.") % {
        "what": run.state_detail or _("Paused."),
        "time": _clock(run.state_changed_at),
    }


def _until(sentence: str, until: datetime | None, *, zone: str | None = None) -> Explanation:
    return Explanation(sentence % {"time": _clock(until, zone=zone)}, until=until)


def _clock(at: datetime | None, *, zone: str | None = None) -> str:
    """Return a time of the console's, or of a zone, which is named when it is another one."""
    if at is None:
        return EMPTY
    is_ours = zone is None or zone == timezone.get_current_timezone_name()
    local = timezone.localtime(at, None if is_ours else ZoneInfo(str(zone)))
    is_today = local.date() == timezone.localdate(timezone=local.tzinfo)
    words = local.strftime("%H:%M:%S" if is_today else "%Y-%m-%d %H:%M")
    return words if is_ours else f"{words} ({zone})"
