"""Campaigns with variants for tests, and the arithmetic of their checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from campaigns.creation.variants import NewVariant, add_variants
from campaigns.models import Campaign, CampaignRun
from campaigns.planning.plan import plan_run
from campaigns.run_control.new_run import make_run
from contacts.models import Contact, ContactList, Membership
from sending.models import Delivery
from sending.runs.texts import TEXTS, variant_of
from sending.states import RunState
from tests.campaigns.factories import make_campaign

#: The values below which chi-square stays in 9,999 of 10,000 samples, by degrees of freedom.
CHI_SQUARE_LIMITS = {1: 15.14, 2: 18.42, 3: 21.11, 4: 23.51}


def people_in(name: str, uins: Iterable[int]) -> ContactList:
    """Return a new list of new people."""
    made = ContactList.objects.create(name=name)
    contacts = Contact.objects.bulk_create(Contact(uin=uin, name=f"人{uin}") for uin in uins)
    Membership.objects.bulk_create(Membership(contact_list=made, contact=one) for one in contacts)
    return made


def campaign_with(
    weights: dict[str, int], *, lists: Sequence[ContactList], name: str = "spring", **columns: Any
) -> Campaign:
    """Return a campaign with these variants; the text of each is its name."""
    campaign = make_campaign(name, lists=lists, text="", **columns)
    add_variants(
        campaign=campaign,
        variants=[NewVariant(name, weight, f"text {name}") for name, weight in weights.items()],
    )
    return campaign


def planned_run(campaign: Campaign) -> CampaignRun:
    """Return a new run of a campaign, planned."""
    run = make_run(campaign, starts_at=None)
    CampaignRun.objects.filter(pk=run.pk).update(state=RunState.PREPARING)
    run.refresh_from_db()
    plan_run(run=run)
    run.refresh_from_db()
    return run


def variants_by_uin(run: CampaignRun) -> dict[int, str]:
    """Return the variant of each person of a run, or the reason for which they are skipped."""
    deliveries = Delivery.objects.filter(run=run).select_related("run").prefetch_related(TEXTS)
    return {one.uin: one.reason or variant_of(one) for one in deliveries}


def chi_square(counted: Counter[str], *, expected: dict[str, float]) -> float:
    """Return how far counts are from their expectation."""
    return sum((counted[key] - n) ** 2 / n for key, n in expected.items())


def dependence(pairs: Sequence[tuple[Any, Any]]) -> float:
    """Return the chi-square of two properties of each person, as if they were independent."""
    rows, columns, both = (Counter(part) for part in (*zip(*pairs, strict=True), pairs))
    whole = len(pairs)
    return sum(
        (both[row, column] - rows[row] * columns[column] / whole) ** 2
        / (rows[row] * columns[column] / whole)
        for row in rows
        for column in columns
    )
