"""What a restricted user wrote must belong to their part: checked at the end of each request."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.utils.translation import gettext as _

from accounts.models import Account
from campaigns.models import Campaign, CampaignRun, MessageTemplate, Rehearsal
from contacts.models import ContactList
from foundation.refusals import Refusal
from restrictions.models import Restriction
from restrictions.scopes import SCOPES, complete_campaigns

#: Rows of these keep one of the labels of the restriction; new ones get all of them.
_LABELLED = (ContactList, MessageTemplate)


def refuse_rows(written: Iterable[tuple[type[Model], Any]], restriction: Restriction) -> None:
    """Refuse rows that a restricted user wrote and that do not belong to their part.

    Raises:
        Refusal: there is such a row; nothing of the request must stay.
    """
    campaigns: set[Any] = set()
    for model, key in written:
        if model is Campaign:
            campaigns.add(key)
        elif model is CampaignRun:  # a run starts its campaign
            campaigns |= set(
                CampaignRun._base_manager.filter(pk=key).values_list("campaign", flat=True)
            )
        elif model is Rehearsal:
            # It reads what a run would: of a draft without accounts, all accounts.
            rehearsals = Rehearsal._base_manager.filter(pk=key)
            if rehearsals.exclude(campaign__in=complete_campaigns(restriction)).exists():
                raise Refusal(_reaches(), code="beyond_restriction")
        elif model in _LABELLED:
            _label(model, key, restriction)
        elif model is Account and not _is_own(model, key, restriction):
            raise Refusal(_lost(), code="beyond_restriction")
    for key in campaigns:
        if not _is_own(Campaign, key, restriction):
            raise Refusal(_reaches(), code="beyond_restriction")


def _is_own(model: type[Model], key: Any, restriction: Restriction) -> bool:
    rows = model._base_manager.filter(pk=key)
    return not rows.exists() or rows.filter(SCOPES[model](restriction)).exists()


def label_new(row: Model, restriction: Restriction) -> None:
    """Give a new list or template the labels of the restriction; others have none.

    Raises:
        Refusal: the user is restricted to pools alone.
    """
    if isinstance(row, _LABELLED):
        _label(type(row), row.pk, restriction)


def _label(model: type[Any], key: Any, restriction: Restriction) -> None:
    """Give a row the labels of the restriction if it has none of them.

    Raises:
        Refusal: the user is restricted to pools alone.
    """
    if _is_own(model, key, restriction):
        return
    labels = list(restriction.labels.all())
    if not labels:
        raise Refusal(
            _(
                "You are restricted to pools alone. Only users with a label can have lists and "
                "templates."
            ),
            code="beyond_restriction",
        )
    model._base_manager.get(pk=key).labels.add(*labels)


def _reaches() -> str:
    return _(
        "This campaign would reach beyond the labels and pools that you are restricted to. Choose "
        "lists, and accounts or pools. Use no segments, no earlier people and no other campaigns."
    )


def _lost() -> str:
    return _("An account must keep one of the labels that you are restricted to.")
