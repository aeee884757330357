"""The kinds of data that are removed by age. Apps register theirs at start-up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _

from foundation.refusals import Refusal


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of data.

    Attributes:
        name: as the command line names it; RETENTION_<NAME>_DAYS is its setting.
        words: what it is, for the operator; lazily translated.
        count: returns how many rows are older than a moment.
        remove_some: removes some of them in one short transaction; returns how many, 0 if none is
            left.
        least: returns the age that the engine still needs, and why; lazily translated.
    """

    name: str
    words: Any
    count: Callable[[datetime], int]
    remove_some: Callable[[datetime], int]
    least: Callable[[], tuple[timedelta, Any]]

    @property
    def setting(self) -> str:
        """The name of its setting."""
        return f"RETENTION_{self.name.upper()}_DAYS"

    def age(self) -> timedelta | None:
        """Return the age after which it is removed; None: it is kept."""
        days = float(getattr(settings, self.setting, 0.0))
        return max(timedelta(days=days), self.least()[0]) if days else None

    def refuse_too_young(self, age: timedelta) -> None:
        """Refuse an age below what the engine needs.

        Raises:
            Refusal: it is (`too_young`).
        """
        least, why = self.least()
        if age < least:
            raise Refusal(
                _("%(what)s must be kept for at least %(days)g days: %(why)s.")
                % {"what": self.words, "days": round(least / timedelta(days=1), 1), "why": why},
                code="too_young",
                kind=self.name,
                least_days=least / timedelta(days=1),
            )


_kinds: dict[str, Kind] = {}


def register_kind(kind: Kind) -> None:
    """Register a kind; registering the same name again replaces it."""
    _kinds[kind.name] = kind


def kinds() -> list[Kind]:
    """Return all kinds in the order of their registration."""
    return list(_kinds.values())
