"""People of earlier runs as an audience: got the message, replied, did not reply, or failed.

A campaign names the earlier run by its campaign and number, or as its campaign's newest run. A new
run stores the key of the earlier run, so that its audience does not change after planning.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from campaigns.models import Campaign, CampaignRun
from campaigns.states import EarlierGroup
from contacts.models import ContactList
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import Delivery, Reply
from sending.states import DeliveryState


@dataclass(frozen=True, slots=True)
class EarlierPeople:
    """A group of the people of an earlier run, as a campaign names it.

    Attributes:
        campaign: the key of the earlier campaign.
        number: the number of its run; None for its newest run when this campaign starts.
        group: an EarlierGroup.
    """

    campaign: int
    number: int | None
    group: str


@dataclass(frozen=True, slots=True)
class RunGroup:
    """A group of the people of an earlier run, as a new run stores it: with that run's key."""

    run: int
    group: str


def stored_rules(rules: Iterable[EarlierPeople]) -> list[dict[str, Any]]:
    """Return rules as a campaign's JSON holds them, each once."""
    return [asdict(rule) for rule in dict.fromkeys(rules)]


def rules_in(stored: Any) -> list[EarlierPeople]:
    """Return the rules in a campaign's JSON."""
    return [EarlierPeople(**rule) for rule in stored or ()]


def groups_in(stored: Any) -> list[RunGroup]:
    """Return the groups in a run's JSON."""
    return [RunGroup(**group) for group in stored or ()]


def stored_groups(groups: Iterable[RunGroup]) -> list[dict[str, Any]]:
    """Return groups as a run's JSON holds them, each once."""
    return [asdict(group) for group in dict.fromkeys(groups)]


def resolved(rules: Iterable[EarlierPeople]) -> list[RunGroup]:
    """Return the groups that a campaign's rules name now.

    Raises:
        Refusal: a campaign was deleted (`earlier_campaign_gone`) or has no such run, or none that
            is planned (`no_earlier_run`).
    """
    return [RunGroup(earlier_run(rule).pk, rule.group) for rule in rules]


def earlier_run(rule: EarlierPeople) -> CampaignRun:
    """Return the run that a rule names now.

    Raises:
        Refusal: as for `resolved`.
    """
    campaign = Campaign.objects.filter(pk=rule.campaign).first()
    if campaign is None:
        raise Refusal(
            _("The audience refers to a run of a campaign that has been deleted."),
            code="earlier_campaign_gone",
        )
    runs = campaign.runs.filter(planned_at__isnull=False)
    if rule.number is not None:
        runs = runs.filter(number=rule.number)
    found: CampaignRun | None = runs.order_by("-number").first()
    if found is None:
        sentence = (
            _("“%(name)s” has no run yet, so its people are not known. Start it first.")
            if rule.number is None
            else _("“%(name)s” has no run %(number)d that was planned.")
        )
        raise Refusal(
            sentence % {"name": campaign.name, "number": rule.number or 0}, code="no_earlier_run"
        )
    return found


def people_of(group: RunGroup) -> Q:
    """Return the condition, on Contact, that a person belongs to a group of an earlier run.

    Each person is looked up by the unique index of deliveries (run, contact).
    """
    deliveries = Delivery.objects.filter(run_id=group.run, contact=OuterRef("pk"))
    if group.group == EarlierGroup.FAILED:
        return Q(Exists(deliveries.filter(state=DeliveryState.FAILED)))
    sent = deliveries.filter(state=DeliveryState.SENT)
    if group.group == EarlierGroup.REPLIED:
        sent = sent.filter(Exists(replies()))
    elif group.group == EarlierGroup.NOT_REPLIED:
        sent = sent.filter(~Exists(replies()))
    return Q(Exists(sent))


def replies() -> QuerySet[Reply]:
    """Return the replies to the delivery of an outer query.

    A reply came from the person, to the account that sent the message, after it and within
    REPLY_WITHIN_DAYS, and no later message of the account came between (`sending/replies`).
    """
    return Reply.objects.filter(delivery=OuterRef("pk"))


def first_reply_at() -> Subquery:
    """Return the time of the first reply to a delivery, for an annotation; NULL without one."""
    return Subquery(replies().order_by("at").values("at")[:1])


def lists_of(groups: Iterable[RunGroup]) -> QuerySet[ContactList]:
    """Return the lists of the earlier runs; an opt-out from one of them holds for a follow-up."""
    return ContactList.objects.filter(runs__in=[group.run for group in groups]).distinct()
