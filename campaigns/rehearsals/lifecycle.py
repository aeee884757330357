"""The services of rehearsals: start one, cancel it, find the newest."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from accounts.wake_ups import JOBS, publish
from campaigns.approvals.definition import definition_of
from campaigns.audience_query import targeted_contacts
from campaigns.models import Approval, Campaign, Rehearsal
from campaigns.rehearsals.run import run_rehearsal
from campaigns.states import OPEN_REHEARSAL_STATES, ApprovalState, RehearsalState
from clocks import shared
from foundation.refusals import Refusal
from foundation.restricted import asking, is_restricted

#: An audience of at most so many people is rehearsed at once, a larger one by the jobs worker.
AT_ONCE = 3_000
#: One that takes longer than so many seconds, because its texts are costly or the machine is busy,
#: goes on in the jobs worker.
AT_ONCE_SECONDS = 10.0
#: The newest rehearsals of a campaign that are kept, besides those an approval was asked for.
MOST_KEPT = 20


def start_rehearsal(*, campaign: Campaign, by: Any = None, is_awaited: bool = False) -> Rehearsal:
    """Rehearse a campaign: at once if its audience is small and its texts quick, else by a worker.

    A rehearsal that is under way is not started a second time.

    Args:
        campaign: the campaign.
        by: the operator; None for the command line.
        is_awaited: whether to rehearse a large audience here too, and return when it is done.

    Returns:
        the rehearsal: done, failed or cancelled, or open in the jobs worker.
    """
    try:
        with transaction.atomic():
            rehearsal = Rehearsal.objects.create(campaign=campaign, people=_people(campaign), by=by)
    except IntegrityError:  # one is open already
        found = open_rehearsal(campaign)
        if found is None:
            return start_rehearsal(campaign=campaign, by=by, is_awaited=is_awaited)
        rehearsal = found
    else:
        _remove_old(campaign)
    if is_awaited or rehearsal.people <= AT_ONCE:
        patience = None if is_awaited else AT_ONCE_SECONDS
        run_rehearsal(rehearsal_id=rehearsal.pk, patience=patience)
        rehearsal.refresh_from_db()
    if rehearsal.state in OPEN_REHEARSAL_STATES and rehearsal.heartbeat_at is None:
        wake_rehearsal(rehearsal.pk)
    return rehearsal


def rehearse_request(approval: Approval) -> None:
    """Rehearse what an approval is asked for, unless that was done already."""
    campaign = approval.campaign
    if rehearsal_with(campaign, of_hash=approval.hash) is None:
        start_rehearsal(campaign=campaign, by=approval.requested_by)


def rehearse_open_request(campaign: Campaign) -> None:
    """Rehearse what the campaign asks an approval for, if it asks for one."""
    for approval in campaign.approvals.filter(state=ApprovalState.REQUESTED):
        rehearse_request(approval)


def rehearse_requests() -> None:
    """Tick: rehearse the campaigns with an open request that were not rehearsed yet."""
    later = Rehearsal.objects.filter(campaign=OuterRef("campaign"), created_at__gte=OuterRef("at"))
    requests = Approval.objects.filter(~Exists(later), state=ApprovalState.REQUESTED)
    for approval in requests.select_related("campaign", "requested_by"):
        rehearse_request(approval)


def cancel_rehearsal(*, rehearsal: Rehearsal) -> None:
    """Cancel a rehearsal. Its worker stops after the present chunk.

    Raises:
        Refusal: it is over already (`wrong_state`).
    """
    moved = Rehearsal.objects.filter(pk=rehearsal.pk).transition(
        to=RehearsalState.CANCELLED, finished_at=shared.wall()
    )
    rehearsal.refresh_from_db()
    if not moved:
        raise Refusal(
            _("The rehearsal of “%(name)s” is over (%(state)s): there is nothing to cancel.")
            % {"name": rehearsal.campaign.name, "state": rehearsal.get_state_display()},
            code="wrong_state",
        )


def cancel_open_rehearsal(*, campaign: Campaign) -> Rehearsal:
    """Cancel the rehearsal of a campaign that is under way; return it.

    Raises:
        Refusal: none is (`nothing_to_cancel`).
    """
    rehearsal = open_rehearsal(campaign)
    if rehearsal is None:
        raise Refusal(
            _("No rehearsal of “%(name)s” is under way.") % {"name": campaign.name},
            code="nothing_to_cancel",
        )
    cancel_rehearsal(rehearsal=rehearsal)
    return rehearsal


def open_rehearsal(campaign: Campaign) -> Rehearsal | None:
    """Return the rehearsal that is queued or running, or None."""
    found: Rehearsal | None = campaign.rehearsals.unfinished().first()
    return found


def newest_rehearsal(campaign: Campaign) -> Rehearsal | None:
    """Return the newest rehearsal, whatever its state, or None.

    A restricted user gets none of other rules than today's: the campaign may have been narrowed to
    their lists since, and the figures would be about the people of others.
    """
    found: Rehearsal | None = campaign.rehearsals.first()
    if found is not None and is_restricted(asking()):
        has_begun = bool(found.rules_hash) or found.state not in OPEN_REHEARSAL_STATES
        if has_begun and found.rules_hash != definition_of(campaign).rules_hash:
            return None
    return found


def rehearsal_with(campaign: Campaign, *, of_hash: str) -> Rehearsal | None:
    """Return the newest finished rehearsal of exactly this hash, or None."""
    found: Rehearsal | None = campaign.rehearsals.filter(
        state=RehearsalState.DONE, hash=of_hash
    ).first()
    return found


def wake_rehearsal(rehearsal_id: int) -> None:
    """Wake a jobs worker for a rehearsal. If Redis is unreachable, the tick does it later."""
    publish("campaigns.tasks.run_rehearsal", JOBS, [(rehearsal_id,)])


def _people(campaign: Campaign) -> int:
    """Return the size of the audience; 0 if it cannot be evaluated, which the rehearsal tells."""
    try:
        return targeted_contacts(of=campaign).order_by().count()
    except Refusal:
        return 0


def _remove_old(campaign: Campaign) -> None:
    old = campaign.rehearsals.exclude(hash__in=campaign.approvals.values("hash"))
    kept = list(old.values_list("pk", flat=True)[:MOST_KEPT])
    old.exclude(pk__in=kept).delete()
