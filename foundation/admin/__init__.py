"""The base classes and functions of the console's pages, by purpose."""

from foundation.admin.actions import confirmation, show_refusals
from foundation.admin.export import ExportMixin
from foundation.admin.pages import (
    ChangeHistoryMixin,
    ConsoleAdmin,
    GuardedAdmin,
    TimelineInline,
    UncountedAdmin,
    changed_columns,
)
from foundation.admin.permissions import ReadOnlyMixin, require
from foundation.admin.search import search_by_uin, uin_starts_with

__all__ = [
    "ChangeHistoryMixin",
    "ConsoleAdmin",
    "ExportMixin",
    "GuardedAdmin",
    "ReadOnlyMixin",
    "TimelineInline",
    "UncountedAdmin",
    "changed_columns",
    "confirmation",
    "require",
    "search_by_uin",
    "show_refusals",
    "uin_starts_with",
]
