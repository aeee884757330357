"""Sentences that name the runs, campaigns and sequences which need a row."""

from __future__ import annotations

from typing import Any

from foundation.deletion import quoted_names
from foundation.sentences import Sentence as _
from sending.states import ACTIVE_RUN_STATES, RunState

#: The states in which a run sends or may still send.
MAY_SEND = (*ACTIVE_RUN_STATES, RunState.DRAFT, RunState.STOPPED)


def of_runs(runs: Any) -> list[str]:
    going = runs.filter(state__in=MAY_SEND).distinct()
    if not going.exists():
        return []
    return [
        _(
            "Runs that send or may still send need it: %(names)s. Wait until they end, or cancel "
            "them."
        )
        % {"names": quoted_names(going.select_related("campaign"))}
    ]


def of_campaigns(campaigns: Any) -> list[str]:
    if not campaigns.exists():
        return []
    return [
        _(
            "Campaigns that can still be started use it: %(names)s. Take it out of them, or "
            "archive them."
        )
        % {"names": quoted_names(campaigns)}
    ]


def of_sequences(sequences: Any) -> list[str]:
    if not sequences.exists():
        return []
    return [_("These sequences need it: %(names)s.") % {"names": quoted_names(sequences)}]


def of_reports(reports: Any) -> list[str]:
    """Return the sentence about saved reports: without the row they would be about everything."""
    if not reports.exists():
        return []
    return [
        _("These saved reports are about it: %(names)s. Change or delete them first.")
        % {"names": quoted_names(reports.order_by("name"))}
    ]


def of_archived(campaigns: Any) -> list[str]:
    if not campaigns.exists():
        return []
    return [
        _("These archived campaigns would no longer send to it when restored: %(names)s.")
        % {"names": quoted_names(campaigns)}
    ]
