"""The warnings of a preflight about people: strangers, other campaigns, old friend lists."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account
from campaigns.models import Campaign, CampaignRun
from clocks import shared
from contacts.models import Contact
from foundation.restricted import asking, is_restricted, visible
from foundation.spans import span_words
from sending.models import Delivery
from sending.states import DeliveryState

#: Runs that ended longer ago do not count as recent.
RECENT = timedelta(days=7)
#: Friend lists that were synced longer ago may no longer be right.
OLD_FRIEND_LIST = timedelta(days=1)
#: The most recent runs that are compared with the audience; each is a query over it.
MOST_RUNS = 5
#: The most recent runs of a restricted user that are compared with what a rehearsal found.
MOST_SEEN = 1_000
#: States of deliveries whose message was sent, may have been sent, or may still be sent.
_WRITTEN_TO = (
    DeliveryState.PENDING,
    DeliveryState.SENDING,
    DeliveryState.SENT,
    DeliveryState.UNKNOWN,
)


def strangers_warning(*, strangers: int, sendable: int) -> list[str]:
    """Return the warning about recipients who are not a friend of the account that would write."""
    if not strangers:
        return []
    sentence = ngettext(
        "%(n)s recipient (%(share)s %%) is a stranger to the account that would write: the message "
        "may never be seen, and many such messages can cost an account its good standing.",
        "%(n)s recipients (%(share)s %%) are strangers to the account that would write: the "
        "messages may never be seen, and many of them can cost an account its good standing.",
        strangers,
    )
    return [sentence % {"n": f"{strangers:,}", "share": max(1, round(100 * strangers / sendable))}]


def old_friend_lists_warning(*, accounts: Sequence[Account]) -> list[str]:
    """Return the warning about accounts whose friend list is older than a day."""
    limit = shared.wall() - OLD_FRIEND_LIST
    old = [one for one in accounts if one.friends_synced_at and one.friends_synced_at < limit]
    if not old:
        return []
    sentence = ngettext(
        "The friend list of %(n)s account is older than a day: sync it, or some people may be "
        "skipped or not reached.",
        "The friend lists of %(n)s accounts are older than a day: sync them, or some people may be "
        "skipped or not reached.",
        len(old),
    )
    return [sentence % {"n": len(old)}]


def online_wait_warnings(campaign: Campaign) -> list[str]:
    """Return what a campaign that waits for people to be online must expect."""
    if campaign.online_within is None:
        return []
    told = [
        _(
            "Each message waits until its person is online, at most %(span)s after planning. What "
            "still waits then is sent anyway."
        )
        % {"span": span_words(campaign.online_within)}
    ]
    if campaign.deadline_after is not None and campaign.deadline_after <= campaign.online_within:
        told.append(
            _(
                "The deadline comes before the end of that wait: people who are not online until "
                "then get nothing."
            )
        )
    return told


def runs_to_the_same_people(
    *, campaign: Campaign, people: QuerySet[Contact]
) -> list[tuple[str, int]]:
    """Return the other runs that write or wrote to these people within a week, with how many.

    Args:
        campaign: the campaign that is checked.
        people: its audience.
    """
    recent = CampaignRun.objects.filter(
        Q(ended_at=None) | Q(ended_at__gte=shared.wall() - RECENT), planned_at__isnull=False
    )
    # Those that whoever asks may see: the warning names them.
    seen = visible(recent.exclude(campaign=campaign), asking())
    runs = seen.select_related("campaign").order_by("-pk")
    found = []
    for run in runs[:MOST_RUNS]:
        deliveries = Delivery.objects.filter(
            run_id=run.pk, contact=OuterRef("pk"), state__in=_WRITTEN_TO
        )
        shared_people = people.order_by().filter(Exists(deliveries)).count()
        if shared_people:
            found.append((str(run), shared_people))
    return found


def other_campaigns_warnings(runs: Iterable[tuple[str, int]]) -> list[str]:
    """Return a warning for each of `runs_to_the_same_people` that whoever asks may see.

    A rehearsal in the background, or by somebody else, has found those of the whole installation.
    """
    if is_restricted(asking()):
        own = visible(CampaignRun.objects.filter(planned_at__isnull=False), asking())
        known = {str(run) for run in own.select_related("campaign").order_by("-pk")[:MOST_SEEN]}
        runs = [(run, people) for run, people in runs if run in known]
    return [
        _("%(run)s writes or wrote to %(n)s of these people within a week.")
        % {"run": run, "n": f"{people:,}"}
        for run, people in runs
    ]


def kept_senders_sentence(kept: int) -> str:
    """Return the sentence that says how many people keep their sender; "" if there is none."""
    if not kept:
        return ""
    return ngettext(
        "%(n)s person is written to by the same account as last time.",
        "%(n)s people are written to by the same account as last time.",
        kept,
    ) % {"n": f"{kept:,}"}
