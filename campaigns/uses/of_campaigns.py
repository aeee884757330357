"""What keeps a campaign from being deleted or archived, and the deletion of its deliveries."""

from __future__ import annotations

from typing import Any

from django.db.models import Sum
from django.utils.formats import number_format
from django.utils.translation import ngettext

from campaigns.models import Campaign, SavedReport, Sequence
from campaigns.sequence_states import SequenceState
from campaigns.states import STARTED_SCHEDULE_STATES
from campaigns.uses.needing import MAY_SEND, of_reports, of_sequences
from contacts.segments.references import refusals_of_segments
from foundation.deletion import Uses, quoted_names
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import Attempt, Delivery, Tally, TallyKind
from sending.states import ACTIVE_RUN_STATES

#: The most deliveries that one deletion removes: more would hold up the workers' writes.
MOST_DELIVERIES = 20_000


def uses_of_campaign(campaign: Campaign) -> Uses:
    """Return the runs and segments that keep a campaign, and the figures its deletion removes."""
    sequences = of_sequences(Sequence.objects.filter(steps__campaign=campaign))
    if sequences:
        return Uses(blocking=tuple(sequences))
    going = campaign.runs.filter(state__in=MAY_SEND)
    if going.exists():
        return Uses(
            blocking=(
                _("These runs have not ended: %(names)s. Wait until they end, or cancel them.")
                % {"names": quoted_names(going.select_related("campaign"))},
            )
        )
    if campaign.schedule_state in STARTED_SCHEDULE_STATES:
        return Uses(blocking=(_("Its schedule starts more runs: end the schedule first."),))
    referring = refusals_of_segments("campaigns", campaign.pk)
    referring += of_reports(SavedReport.objects.filter(campaigns=campaign))
    if referring:
        return Uses(blocking=tuple(referring))
    counting = _counting_with(campaign)
    runs = campaign.runs.count()
    if not runs:
        return Uses(losing=(_("It was never started, so no figures are lost."), *counting))
    figures = Tally.objects.filter(run__campaign_run__campaign=campaign)
    targeted = figures.filter(kind=TallyKind.TARGETED).aggregate(n=Sum("n"))["n"] or 0
    sent = figures.filter(kind=TallyKind.STATE, key="sent").aggregate(n=Sum("n"))["n"] or 0
    if _deliveries_of(campaign)[MOST_DELIVERIES : MOST_DELIVERIES + 1].exists():
        return Uses(
            blocking=(
                _("Its reports hold more than %(most)s deliveries. Archive it instead.")
                % {"most": number_format(MOST_DELIVERIES, force_grouping=True)},
            )
        )
    return Uses(
        losing=(
            ngettext(
                "%(n)d run is deleted, with its report: %(targeted)s deliveries, %(sent)s of "
                "them sent.",
                "%(n)d runs are deleted, with their reports: %(targeted)s deliveries, %(sent)s "
                "of them sent.",
                runs,
            )
            % {
                "n": runs,
                "targeted": number_format(targeted, force_grouping=True),
                "sent": number_format(sent, force_grouping=True),
            },
            _("Archive it instead if its report may still be needed."),
            *counting,
        )
    )


def _counting_with(campaign: Campaign) -> list[str]:
    """Return the sentence about campaigns of which, together with it, a person gets one message."""
    others = campaign.counted_with.order_by("name")
    if not others.exists():
        return []
    return [
        _("These campaigns count together with it, and forget whom it wrote to: %(names)s.")
        % {"names": quoted_names(others)}
    ]


def delete_deliveries(campaign: Campaign) -> None:
    """Delete a campaign's deliveries and attempts in two statements, without reading them."""
    deliveries = _deliveries_of(campaign)
    Attempt.objects.filter(delivery__in=deliveries.values("pk"))._raw_delete(deliveries.db)
    deliveries._raw_delete(deliveries.db)


def refuse_archiving_at_work(campaign: Campaign) -> None:
    """Refuse to archive a campaign that is under way: lists of the console would not show it.

    Raises:
        Refusal: a run has not ended, or its schedule is on (`in_use`).
    """
    if campaign.schedule_state in STARTED_SCHEDULE_STATES:
        raise Refusal(
            _("“%(name)s” is not archived: its schedule is on. End the schedule first.")
            % {"name": campaign.name},
            code="in_use",
        )
    going = campaign.runs.filter(state__in=ACTIVE_RUN_STATES)
    if going.exists():
        raise Refusal(
            _("“%(name)s” is not archived: %(runs)s has not ended. Wait, or cancel it.")
            % {"name": campaign.name, "runs": quoted_names(going.select_related("campaign"))},
            code="in_use",
        )


def refuse_archiving_open_sequence(sequence: Sequence) -> None:
    """Refuse to archive a sequence that was started and has not ended: lists would not show it.

    Raises:
        Refusal: it is (`in_use`).
    """
    if sequence.state in (SequenceState.RUNNING, SequenceState.STOPPED):
        raise Refusal(
            _("“%(name)s” is not archived: it has not ended. End the sequence first.")
            % {"name": sequence.name},
            code="in_use",
        )


def _deliveries_of(campaign: Campaign) -> Any:
    runs = list(campaign.runs.values_list("pk", flat=True))
    return Delivery.objects.filter(run_id__in=runs)
