"""Verbs that take a run from its start to its first message."""

from __future__ import annotations

from collections.abc import Iterable

from accounts.account_tasks import request_account_task
from accounts.models import Account, AccountTask, AccountTaskKind, AccountTaskState
from accounts.querysets import AccountQuerySet
from accounts.states import StateReason
from accounts.wake_ups import JOBS, publish
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.plan import plan_run
from clocks import shared
from foundation.sentences import Sentence as _
from sending.runs.each_run import for_each_run
from sending.runs.transitions import change_run_state
from sending.states import RunState
from sending.wake_ups.wake import accounts_to_wake, wake_lanes


def start_scheduled_runs() -> int:
    """Begin to prepare the runs whose time has come; return how many."""
    due = CampaignRun.objects.filter(state=RunState.SCHEDULED, starts_at__lte=shared.wall())
    return sum(for_each_run(due, do=_begin, step=_("Its start")))


def advance_runs(*, runs: Iterable[CampaignRun]) -> None:
    """Take each run that is being prepared as far as it goes now; one that fails stops alone."""
    for_each_run(runs, do=lambda run: advance_run(run=run), step=_("Its preparation"))


def _begin(run: CampaignRun) -> bool:
    return change_run_state(run_id=run.pk, to=RunState.PREPARING)


def advance_run(*, run: CampaignRun) -> None:
    """Take a run that is being prepared as far as it goes now.

    Friend lists that were never learnt are learnt first: a person is written to by an account
    whose friend they are. Then the run is planned, and the lanes are woken.
    """
    if run.state != RunState.PREPARING:
        return
    if _learn_friend_lists(run.campaign):
        return
    if not accounts_of(campaign=run.campaign).working().exists():
        change_run_state(run_id=run.pk, to=RunState.STOPPED, detail=_why_nobody_sends(run))
        return
    if plan_run(run=run):
        wake_lanes(account_ids=accounts_to_wake(run_ids=[run.pk]))


def accounts_of(*, campaign: Campaign) -> AccountQuerySet:
    """Return the accounts of a campaign: those it names, or all."""
    if campaign.accounts.exists():
        return Account.objects.filter(campaigns=campaign)
    return Account.objects.all()


def _learn_friend_lists(campaign: Campaign) -> bool:
    """Ask for the friend lists nobody has asked for yet; return whether some are being learnt."""
    unknown = list(accounts_of(campaign=campaign).working().filter(friends_synced_at=None))
    if not unknown:
        return False
    open_account_tasks = set(
        AccountTask.objects.filter(
            account__in=unknown, kind=AccountTaskKind.SYNC, state=AccountTaskState.OPEN
        ).values_list("account_id", flat=True)
    )
    to_ask = [account for account in unknown if account.pk not in open_account_tasks]
    for account in to_ask:
        request_account_task(account=account, kind=AccountTaskKind.SYNC)
    if to_ask:
        wake_lanes(account_ids=[account.pk for account in to_ask])
    return True


def _why_nobody_sends(run: CampaignRun) -> str:
    account = accounts_of(campaign=run.campaign).stopped().first()
    if account is None:
        return _("The campaign has no account.")
    return _("No account can send. %(uin)s: %(why)s") % {
        "uin": account.uin,
        "why": account.state_detail or StateReason(account.state_reason).label,
    }


def wake_planner(*, run_id: int) -> None:
    """Ask the jobs worker to take a run further now, instead of at the next tick."""
    publish("campaigns.tasks.advance_run", JOBS, [(run_id,)])
