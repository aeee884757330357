"""Makes the notifications of what happened: one for each target that is not told of it yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from campaigns.models import CampaignNotifications, Notification, UserNotifications
from campaigns.notification_states import TargetKind
from campaigns.notifications.happenings import Happening, happenings
from clocks import shared

#: The permission without which an operator is told nothing.
VIEW = "campaigns.view_campaign"


@dataclass(frozen=True, slots=True)
class Target:
    """Who is told of what: one address of an operator or of a campaign, or a webhook."""

    kind: TargetKind
    target: str
    events: frozenset[str]
    since: datetime
    user: Any = None

    def wants(self, happening: Happening) -> bool:
        """Return whether it is told of this."""
        return happening.event in self.events and happening.at >= self.since


def make_notifications() -> int:
    """Make what is missing, and return how many; done twice, it makes nothing more.

    Two processes may do it at once: the unique constraint keeps one row of each.
    """
    if not (_user_rows().exists() or CampaignNotifications.objects.exists()):
        return 0  # no target, so what happened need not be looked up
    found = happenings()
    if not found:
        return 0
    everywhere = list(_of_users())
    by_campaign = _of_campaigns({one.campaign.pk for one in found if one.campaign is not None})
    known = set(
        Notification.objects.filter(subject__in={one.subject for one in found})
        .order_by()
        .values_list("subject", "event", "target_kind", "target")
    )
    made: list[Notification] = []
    for one in found:
        own = by_campaign.get(one.campaign.pk, ()) if one.campaign is not None else ()
        targets = [*own, *everywhere]
        missing = {
            (target.kind, target.target): target
            for target in reversed(targets)  # the campaign's own choice is not an operator's
            if target.wants(one)
            and (one.subject, str(one.event), str(target.kind), target.target) not in known
        }
        known |= {(one.subject, str(one.event), str(kind), to) for kind, to in missing}
        made += _rows(one, missing.values())
    Notification.objects.bulk_create(made, ignore_conflicts=True, batch_size=100)
    return len(made)


def _rows(happening: Happening, targets: Iterable[Target]) -> Iterator[Notification]:
    targets = list(targets)
    if not targets:
        return
    sentence, data = happening.describe()
    now = shared.wall()
    for target in targets:
        yield Notification(
            event=happening.event,
            subject=happening.subject,
            campaign=happening.campaign,
            sequence=happening.sequence,
            run=happening.run,
            user=target.user,
            target_kind=target.kind,
            target=target.target,
            at=happening.at,
            sentence=sentence,
            data=data,
            next_at=now,
        )


def _user_rows() -> QuerySet[UserNotifications]:
    return UserNotifications.objects.filter(user__is_active=True).exclude(address="")


def _of_users() -> Iterator[Target]:
    for row in _user_rows().select_related("user"):
        if row.events and row.user.has_perm(VIEW):
            yield Target(
                TargetKind.EMAIL, row.address, frozenset(row.events), row.since, user=row.user
            )


def _of_campaigns(campaign_ids: set[int]) -> dict[int, list[Target]]:
    found: dict[int, list[Target]] = {}
    for row in CampaignNotifications.objects.filter(campaign__in=campaign_ids):
        events = frozenset(row.events)
        targets = [Target(TargetKind.EMAIL, to, events, row.since) for to in row.addresses]
        if row.webhook_url:
            targets.append(Target(TargetKind.WEBHOOK, row.webhook_url, events, row.since))
        found[row.campaign_id] = targets
    return found
