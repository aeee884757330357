"""What a restricted user does not delete or archive, although they see it and may change it."""

from __future__ import annotations

from typing import Any

from campaigns.models import Campaign, MessageTemplate
from contacts.lists.delete import people_who_opted_out
from contacts.models import ContactList
from foundation.archiving import register_archiving_check, register_restoring_check
from foundation.deletion import Uses, register_uses_finder
from foundation.refusals import Refusal
from foundation.restricted import asking, whole_tables
from foundation.sentences import Sentence as _
from restrictions.of_user import restriction_of


def uses_of_shared(row: Any) -> Uses:
    """Return why a list or template that carries labels of others is kept."""
    return Uses(blocking=(_shared(),)) if _is_shared(row) else Uses()


def uses_of_list(row: ContactList) -> Uses:
    """Return why a list with opt-outs is kept: deleted, they would hold for everybody."""
    if restriction_of(asking()) is None or not people_who_opted_out(row):
        return Uses()
    return Uses(
        blocking=(
            _(
                "People opted out of it. Without it their opt-outs would hold for the campaigns of "
                "all. Archive it instead."
            ),
        )
    )


def uses_of_campaign(row: Campaign) -> Uses:
    """Return why a campaign that was started is kept: its messages count for everybody's limits."""
    if restriction_of(asking()) is None or not row.runs.exists():
        return Uses()
    return Uses(
        blocking=(
            _("It was started, and its messages count for the limits of all. Archive it instead."),
        )
    )


def refuse_shared(row: Any) -> None:
    """Refuse to archive a list or template that carries labels of others.

    Raises:
        Refusal: it does (`in_use`).
    """
    if _is_shared(row):
        raise Refusal(
            _("“%(name)s” is not archived. %(why)s") % {"name": str(row), "why": _shared()},
            code="in_use",
        )


def refuse_restoring_shared(row: Any) -> None:
    """Refuse to restore a list or template that carries labels of others: they archived it.

    Raises:
        Refusal: it does (`in_use`).
    """
    if _is_shared(row):
        raise Refusal(
            _("“%(name)s” is not restored. %(why)s") % {"name": str(row), "why": _shared()},
            code="in_use",
        )


def register_keeping() -> None:
    """Register them with `foundation.deletion` and `foundation.archiving`."""
    for model in (ContactList, MessageTemplate):
        register_uses_finder(model, uses_of_shared)
        register_archiving_check(model, refuse_shared)
        register_restoring_check(model, refuse_restoring_shared)
    register_uses_finder(ContactList, uses_of_list)
    register_uses_finder(Campaign, uses_of_campaign)


def _is_shared(row: Any) -> bool:
    restriction = restriction_of(asking())
    if restriction is None:
        return False
    with whole_tables():
        return bool(row.labels.exclude(pk__in=restriction.labels.values("pk")).exists())


def _shared() -> str:
    return _("It has labels that you do not see, so others use it too. Ask an administrator.")
