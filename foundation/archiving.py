"""Archiving: a row that is no longer offered, and keeps working for what uses it already.

Archiving is offered in place of deletion. A model that has another way to be taken out of use (an
account is disabled, an operator deactivated) registers that way instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db import models, transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy

from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: Raises Refusal if a row must not be archived at the moment.
ArchivingCheck: TypeAlias = Callable[[Any], None]
_checks: dict[type[models.Model], list[ArchivingCheck]] = {}
_restoring_checks: dict[type[models.Model], list[ArchivingCheck]] = {}


class Archivable(models.Model):
    """A row that can be archived: it is not offered for anything new."""

    archived_at = models.DateTimeField(
        gettext_lazy("archived at"), null=True, blank=True, editable=False
    )

    class Meta:
        abstract = True


@dataclass(frozen=True)
class Retirement:
    """How a row is taken out of use without being deleted.

    Args:
        words: the label of the button.
        effect: the sentence that describes the effect.
        after: the sentence that is shown and logged when it is done.
        do: the service, called with row and by; it raises Refusal.
        is_done: whether a row is out of use already.
        permission: the action of the model's permission that it needs.
    """

    words: Any
    effect: Any
    after: Any
    do: Callable[..., None]
    is_done: Callable[[Any], bool]
    permission: str = "change"


_retirements: dict[type[models.Model], Retirement] = {}


def register_retirement(model: type[models.Model], retirement: Retirement) -> None:
    """Register how rows of a model are taken out of use; an Archivable needs no registration."""
    _retirements[model] = retirement


def retirement_of(model: type[models.Model]) -> Retirement | None:
    """Return how rows of a model are taken out of use; None: they can only be deleted."""
    if issubclass(model, Archivable):
        return _ARCHIVING
    return _retirements.get(model)


def register_archiving_check(model: type[models.Model], check: ArchivingCheck) -> None:
    """Register a function that refuses to archive a row that is at work."""
    checks = _checks.setdefault(model, [])
    if check not in checks:
        checks.append(check)


def register_restoring_check(model: type[models.Model], check: ArchivingCheck) -> None:
    """Register a function that refuses to restore a row that others archived."""
    checks = _restoring_checks.setdefault(model, [])
    if check not in checks:
        checks.append(check)


def archive_row(*, row: Any, by: Any = None) -> None:
    """Archive a row: it disappears from choices and lists, and nothing that uses it changes.

    Args:
        row: a row of an Archivable model.
        by: the operator; the history of the row records the operator of the request.

    Raises:
        Refusal: it is archived already (`archived`), at work, or was deleted (`gone`).
    """
    with transaction.atomic():
        found = locked_row(row)
        if found.archived_at is not None:
            raise Refusal(
                _("“%(name)s” is archived already.") % {"name": str(found)}, code="archived"
            )
        for check in _checks.get(type(found), ()):
            check(found)
        found.archived_at = timezone.now()
        found.save(update_fields=["archived_at"])
    row.archived_at = found.archived_at


def restore_row(*, row: Any, by: Any = None) -> None:
    """Restore an archived row: lists and choices show it again.

    Args:
        row: a row of an Archivable model.
        by: the operator; the history of the row records the operator of the request.

    Raises:
        Refusal: it is not archived (`not_archived`), is others' too, or was deleted (`gone`).
    """
    with transaction.atomic():
        found = locked_row(row)
        if found.archived_at is None:
            raise Refusal(
                _("“%(name)s” is not archived.") % {"name": str(found)}, code="not_archived"
            )
        for check in _restoring_checks.get(type(found), ()):
            check(found)
        found.archived_at = None
        found.save(update_fields=["archived_at"])
    row.archived_at = None


def refuse_archived(row: Any) -> None:
    """Refuse an archived row as a choice for something new.

    Raises:
        Refusal: the row is archived (`archived`).
    """
    if getattr(row, "archived_at", None) is not None:
        raise Refusal(
            _("“%(name)s” is archived and not offered any more. Restore it first.")
            % {"name": str(row)},
            code="archived",
        )


_ARCHIVING = Retirement(
    words=gettext_lazy("Archive"),
    effect=gettext_lazy(
        "Archive it instead: it disappears from lists and choices, what uses it already keeps "
        "working, and it can be restored at any time."
    ),
    after=gettext_lazy("“%(name)s” is archived. The filter “Archived” shows it."),
    do=archive_row,
    is_done=lambda row: row.archived_at is not None,
)
