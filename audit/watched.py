"""The tables whose changes an operator answers for."""

from __future__ import annotations

from functools import cache
from typing import Any

from django.apps import apps
from django.db.models import Model

#: Tables of Django and of libraries that record no decision of an operator. `admin` is Django's
#: own log, which the trail replaces.
UNWATCHED_APPS = {"admin", "audit", "axes", "clocks", "contenttypes", "metrics", "sessions"}
#: Tables that services keep for themselves: figures, leases, events and earlier states.
UNWATCHED_MODELS = {
    "api.apirequest",
    "api.storedanswer",
    "accounts.accountevent",
    "accounts.lease",
    "accounts.worker",
    "campaigns.accountsofrun",
    "campaigns.planningcolumns",
    "console.tourseen",  # of the user alone, and no decision
    "campaigns.typedstep",  # typed, and no decision yet
    "contacts.attributeuse",
    "contacts.importchange",
    "sending.attempt",
    "sending.caporigin",
    "sending.runevent",
    "sending.tally",
    "signin.failedsignins",
    "signin.signedinsession",
}


@cache
def watched_models() -> dict[str, type[Model]]:
    """Return the models whose changes are recorded, by their table."""
    return {
        model._meta.db_table: model
        for model in apps.get_models(include_auto_created=True)
        if is_watched(model)
    }


def is_watched(model: Any) -> bool:
    """Return whether changes of a model are recorded."""
    options = model._meta
    return (
        options.managed
        and not options.proxy
        and options.app_label not in UNWATCHED_APPS
        and options.label_lower not in UNWATCHED_MODELS
        and not hasattr(model, "history_id")  # an earlier state, kept by simple_history
    )
