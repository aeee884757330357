"""The settings for planning a run: those of a run, or those that a campaign's run would have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q

from campaigns.audience_query import earlier_groups, inherited_lists
from campaigns.earlier_people import groups_in, lists_of, stored_groups
from campaigns.models import Campaign, CampaignRun, DefaultCap
from campaigns.models.campaign_run import origin_of
from campaigns.planning.senders import Senders, senders_of
from campaigns.planning.text_choice import TextChoice, choice_of_campaign, choice_of_run
from campaigns.states import SenderChoice
from foundation.caps import Cap, cap_of
from foundation.restricted import whole_tables
from sending.models import CapOrigin, OnceAcross


@dataclass(frozen=True, slots=True)
class PlanRules:
    """The settings that decide who writes to whom, and who is skipped.

    Attributes:
        run_id: the run; it seeds the choice of accounts. 0 for a campaign that has no run yet.
        list_ids: the lists whose opt-outs apply.
        senders: the accounts that may send, with the shares of pools.
        allows_strangers: whether an account also writes to people who are not its friends.
        keeps_senders: whether the account that wrote to a person last writes again, if it can.
        cap: the frequency cap; None for none.
        cap_origins: the origins whose messages count for the cap; None: all count.
        once_across: origins that count together: a person gets one message of all of them. Empty
            for no limit.
        texts: who gets which text, and who is held out.
        waits_online: whether messages wait for their person to be online.
    """

    run_id: int
    list_ids: Sequence[int]
    senders: Senders
    allows_strangers: bool
    keeps_senders: bool
    cap: Cap | None
    cap_origins: Sequence[str] | None
    once_across: Sequence[str]
    texts: TextChoice
    waits_online: bool = False


def rules_of_run(run: CampaignRun) -> PlanRules:
    """Return the rules of a run: its own copy, except for the accounts."""
    cap = None
    if run.cap_most is not None and run.cap_seconds is not None:
        cap = Cap(run.cap_most, run.cap_seconds)
    return PlanRules(
        run_id=run.pk,
        list_ids=list(run.lists.values_list("pk", flat=True)),
        senders=senders_of(run.campaign),
        allows_strangers=run.allows_strangers,
        keeps_senders=run.sender == SenderChoice.KEEP,
        cap=cap,
        cap_origins=_cap_origins(run),
        once_across=list(run.once_across.values_list("origin", flat=True)),
        texts=choice_of_run(run),
        waits_online=run.online_within is not None,
    )


def rules_of_campaign(campaign: Campaign) -> PlanRules:
    """Return the rules that a run of the campaign would have if it were started now.

    Raises:
        Refusal: the campaign names an earlier run that does not exist.
    """
    own = list(campaign.lists.values_list("pk", flat=True))
    return PlanRules(
        run_id=0,
        list_ids=[*own, *(row.pk for row in inherited_lists(campaign=campaign))],
        senders=senders_of(campaign),
        allows_strangers=campaign.allows_strangers,
        keeps_senders=campaign.sender == SenderChoice.KEEP,
        cap=effective_cap(campaign),
        cap_origins=counted_origins(campaign),
        once_across=origins_together(campaign),
        texts=choice_of_campaign(campaign),
    )


def _cap_origins(run: CampaignRun) -> list[str] | None:
    if run.cap_counts_all:
        return None
    return list(run.cap_origins.order_by("origin").values_list("origin", flat=True))


@whole_tables()
def counted_origins(campaign: Campaign) -> list[str] | None:
    """Return the origins whose messages count for the campaign's own cap; None: all count."""
    if campaign.cap_most is None or campaign.cap_label_id is None:
        return None
    labelled = Campaign.objects.filter(labels=campaign.cap_label_id).order_by("pk")
    return [origin_of(key) for key in labelled.values_list("pk", flat=True)]


def effective_cap(campaign: Campaign) -> Cap | None:
    """Return the campaign's own frequency cap, or the one for all campaigns, or None."""
    if campaign.cap_most is not None and campaign.cap_days is not None:
        return Cap(campaign.cap_most, max(1, round(campaign.cap_days * 86_400)))
    return default_cap()


def default_cap() -> Cap | None:
    """Return the cap for all campaigns: the console's row, or else FREQUENCY_CAP, or None."""
    row = DefaultCap.objects.first()
    if row is not None:
        return Cap(row.most, max(1, round(row.days * 86_400)))
    return cap_of(settings.FREQUENCY_CAP)


@whole_tables()
def origins_together(campaign: Campaign) -> list[str]:
    """Return the origins whose messages count together with the campaign's, its own included.

    The relation holds in both directions: it also applies to a campaign that another one names. The
    result is empty for a campaign without such a relation.
    """
    related = Q(counted_with=campaign) | Q(once_across=campaign)
    others = set(Campaign.objects.filter(related).values_list("pk", flat=True))
    return [origin_of(key) for key in sorted({campaign.pk, *others})] if others else []


def copied_columns(campaign: Campaign) -> dict[str, Any]:
    """Return the columns of planning that a new run copies from its campaign."""
    cap = effective_cap(campaign)
    return {
        "sender": campaign.sender,
        "order": campaign.order,
        "order_attribute": campaign.order_attribute,
        "order_descending": campaign.order_descending,
        "cap_counts_all": counted_origins(campaign) is None,
        "cap_most": cap.most if cap is not None else None,
        "cap_seconds": cap.seconds if cap is not None else None,
        "online_within": campaign.online_within,
        "per_minute": campaign.per_minute,
        "priority": campaign.priority,
    }


def copied_groups(campaign: Campaign) -> dict[str, Any]:
    """Return the groups of earlier runs that a new run copies, each with its run found now.

    Raises:
        Refusal: the campaign names an earlier run that does not exist.
    """
    return {
        "earlier_people": stored_groups(earlier_groups(of=campaign)),
        "excluded_earlier_people": stored_groups(earlier_groups(of=campaign, is_excluded=True)),
    }


def copy_relations(*, campaign: Campaign, run: CampaignRun) -> None:
    """Copy to a new run the lists of earlier runs and the origins that count for its limits.

    Opt-outs from these lists apply to the run. Call this after the campaign's own lists are copied,
    in the same transaction.
    """
    groups = groups_in(run.earlier_people)
    if groups:
        inherited = list(lists_of(groups).exclude(pk__in=run.lists.values("pk")))
        run.inherited_lists.set(inherited)
        run.lists.add(*inherited)
    OnceAcross.objects.bulk_create(
        OnceAcross(run_id=run.pk, origin=origin) for origin in origins_together(campaign)
    )
    CapOrigin.objects.bulk_create(
        CapOrigin(run_id=run.pk, origin=origin) for origin in counted_origins(campaign) or ()
    )
