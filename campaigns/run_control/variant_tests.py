"""The tick of runs that test their variants: it notes the end of a test, and chooses by replies."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Exists, OuterRef, Q

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.reports.better_variant import better_variant
from campaigns.reports.variant_figures import variant_figures
from campaigns.run_control.choose_variant import record_choice, release_rest
from campaigns.states import DecideBy
from clocks import shared
from foundation.sentences import Sentence as _
from foundation.spans import span_text
from sending.models import Delivery, RunEvent
from sending.runs.each_run import for_each_run
from sending.states import RunState


def advance_variant_tests() -> int:
    """Do what is due in each run that holds its rest; return how many were released. Idempotent."""
    runs = CampaignRun.objects.filter(
        holds_rest=True, state__in=(RunState.RUNNING, RunState.PAUSED)
    ).select_related("campaign")
    return sum(for_each_run(runs, do=_advance, step=_("The choice of its variant")))


def _advance(run: CampaignRun) -> bool:
    """Bring one run forward; return whether its rest was released."""
    if not run.chosen_variant:
        if run.tested_at is None and not _note_end_of_test(run):
            return False
        if not _is_due(run):
            return False
        variant, why = better_variant(variant_figures(run))
        if record_choice(run_id=run.pk, variant=variant, detail=why) is not None:
            return False  # an operator chose meanwhile, or the run ended
    release_rest(run_id=run.pk)
    return True


def _is_due(run: CampaignRun) -> bool:
    if run.decide_by != DecideBy.REPLIES or run.tested_at is None:
        return False
    return shared.wall() >= run.tested_at + timedelta(seconds=run.decide_after or 0)


def _note_end_of_test(run: CampaignRun) -> bool:
    """Store when the last message of the test was sent or had ended; return whether it has."""
    if _has_open_test(run):
        return False
    now = shared.wall()
    if not CampaignRun.objects.filter(pk=run.pk, tested_at=None).update(tested_at=now):
        return False
    run.tested_at = now
    if run.decide_by == DecideBy.REPLIES:
        detail = _(
            "The test is sent. The variant for the rest is chosen by replies after %(span)s."
        ) % {"span": span_text(run.decide_after)}
    else:
        detail = _("The test is sent. Choose the variant for the rest.")
    RunEvent.objects.create(run_id=run.pk, state=run.state, detail=detail)
    return True


def _has_open_test(run: CampaignRun) -> bool:
    """Return whether a message of the test is pending or in flight: two look-ups an account."""
    mine = Delivery.objects.of_test().filter(account=OuterRef("pk"), run_id=run.pk)
    waiting = Q(Exists(mine.pending())) | Q(Exists(mine.in_flight()))
    return Account.objects.filter(waiting).exists()
