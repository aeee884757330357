"""The base classes and functions of the console's pages, by purpose."""

from foundation.admin.actions import confirmation, show_refusals
from foundation.admin.answers import STOP_POLLING, after_saving
from foundation.admin.export import ExportMixin
from foundation.admin.history import ChangeHistoryMixin
from foundation.admin.large_lists import ExactTextFilter
from foundation.admin.named import NamedMixin, NameSearchMixin
from foundation.admin.pages import (
    ConsoleAdmin,
    GuardedAdmin,
    TimelineInline,
    UncountedAdmin,
    changed_columns,
)
from foundation.admin.permissions import ReadOnlyMixin, require
from foundation.admin.sentences import details
from foundation.admin.times import wall_time

__all__ = [
    "STOP_POLLING",
    "ChangeHistoryMixin",
    "ConsoleAdmin",
    "ExactTextFilter",
    "ExportMixin",
    "GuardedAdmin",
    "NameSearchMixin",
    "NamedMixin",
    "ReadOnlyMixin",
    "TimelineInline",
    "UncountedAdmin",
    "after_saving",
    "changed_columns",
    "confirmation",
    "details",
    "require",
    "show_refusals",
    "wall_time",
]
