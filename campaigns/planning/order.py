"""The order in which the people of a run are planned, and so in which each account sends.

An account's queue is read in the order of the deliveries' keys. So planning in an order is enough:
neither the queue nor its index knows of one.
"""

from __future__ import annotations

from array import array
from typing import Any

from django.db.models import (
    BigIntegerField,
    Case,
    Exists,
    ExpressionWrapper,
    F,
    FloatField,
    OuterRef,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Cast, Mod, Trim
from django.db.models.lookups import GreaterThan, Regex

from campaigns.audience_query import targeted_contacts
from campaigns.models import CampaignRun
from campaigns.states import SendingOrder
from contacts.people.attribute_sql import attribute_text
from sending.models import Delivery

#: A prime: hashes are taken modulo this number.
_PARTS = 2_147_483_647
_NUMBER = r"^[+-]?[0-9]{1,15}(\.[0-9]{1,15})?$"
#: Keys that the database hands over at a time.
_CHUNK = 50_000


def people_in_order(*, of: CampaignRun) -> array[int]:
    """Return the keys of the people of a run that are not planned yet, in the order of sending.

    The keys of a million people take 8 MB. Planning that was interrupted reads them again; those it
    planned before are left out, and the others keep their order.

    Raises:
        Refusal: a segment has a condition that cannot be evaluated.
    """
    planned = Delivery.objects.filter(run_id=of.pk, contact=OuterRef("pk"))
    people = targeted_contacts(of=of).filter(~Exists(planned)).order_by(*_order(of))
    return array("q", people.values_list("pk", flat=True).iterator(chunk_size=_CHUNK))


def _order(run: CampaignRun) -> list[Any]:
    if run.order == SendingOrder.RANDOM:
        return [_hash(run.pk), "pk"]
    if run.order == SendingOrder.ATTRIBUTE:
        return [*_by_attribute(run.order_attribute, is_descending=run.order_descending), "pk"]
    return ["pk"]


def _hash(run_id: int) -> Any:
    """Return a pseudo-random number of a person and a run, the same each time.

    It is squared because a linear function would keep the steps between the persons' numbers.
    """
    seed = run_id * 12_820_163 % _PARTS
    mixed = Mod(F("id") * 69_621 + seed, _PARTS, output_field=BigIntegerField())
    return Mod(
        ExpressionWrapper(mixed * mixed, output_field=BigIntegerField()),
        _PARTS,
        output_field=BigIntegerField(),
    )


def _by_attribute(name: str, *, is_descending: bool) -> list[Any]:
    """Return the order by an attribute: numbers, then other texts, then people without it.

    "Highest first" turns the numbers around, and the texts, but not these three groups.
    """
    text = Trim(attribute_text(name))
    is_number = Regex(text, _NUMBER)
    number = Case(When(is_number, then=Cast(text, FloatField())), output_field=FloatField())
    # NULL, and so last, for a number, an empty text and a missing one.
    other = Case(
        When(is_number, then=Value(None)),
        When(GreaterThan(text, Value("")), then=text),
        output_field=TextField(),
    )
    if is_descending:
        return [number.desc(nulls_last=True), other.desc(nulls_last=True)]
    return [number.asc(nulls_last=True), other.asc(nulls_last=True)]
