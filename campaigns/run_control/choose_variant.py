"""Choose the variant that the rest of a tested run gets: by hand, or by the replies.

The choice is one short transaction: whichever is committed first holds. Then the rest's deliveries
get their text, chunk by chunk, and the run stops holding them. A process that dies in between is
followed by the next tick. No delivery is sent before all have their text.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.db import transaction
from django.db.models import OuterRef, QuerySet
from django.utils.translation import gettext, ngettext

from accounts.models import Account
from campaigns.models import CampaignRun
from campaigns.planning.text_choice import TextChoice, choice_of_run
from campaigns.run_control.operator_name import operator_name
from contacts.models import Contact
from foundation.failpoints import failpoint
from foundation.look_ups import finds
from foundation.names import name_key
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import Delivery, Run, RunEvent
from sending.states import DeliveryState, RunState
from sending.wake_ups.wake import accounts_to_wake, wake_lanes

#: Deliveries per transaction.
CHUNK = 2_000
#: The deliveries of the rest that may be sent yet: a failed one may be retried.
_OPEN = (DeliveryState.PENDING, DeliveryState.FAILED)


def choose_variant(*, run: CampaignRun, variant: str, by: Any = None) -> int:
    """Send a variant to the rest of a tested run; return the number of its pending deliveries.

    Args:
        run: the run, running or paused.
        variant: the name of one of its variants.
        by: the operator; None for the command line.

    Raises:
        Refusal: the run has no test (`no_test`) or no such variant (`variant_unknown`), it is not
            running or paused (`wrong_state`), or a variant was chosen before (`already_chosen`).
    """
    name = _known_variant(run, variant)
    detail = _("“%(variant)s” goes to the rest: chosen by %(who)s.") % {
        "variant": name,
        "who": operator_name(by),
    }
    refusal = record_choice(run_id=run.pk, variant=name, detail=detail, by=by)
    if refusal is not None:
        raise refusal
    waiting = Delivery.objects.pending().of_rest().filter(run_id=run.pk).count()
    failpoint("after_choice")
    release_rest(run_id=run.pk)
    run.refresh_from_db()
    return waiting


def record_choice(*, run_id: int, variant: str, detail: str, by: Any = None) -> Refusal | None:
    """Store the choice, once, with its entry in the timeline; return why not if it is impossible.

    Args:
        run_id: the run.
        variant: the name of one of its variants.
        detail: the sentence of the timeline.
        by: the operator, or None.
    """
    with transaction.atomic():
        # Locked as in planning and in `add_late_comers`: a chunk of late-comers is planned either
        # before the choice, and released with the rest, or with the chosen text.
        run = (
            CampaignRun.objects.select_for_update(of=("self", "run"))
            .select_related("campaign")
            .get(pk=run_id)
        )
        if run.chosen_variant:
            return Refusal(
                _("“%(variant)s” was chosen already for the rest of %(run)s.")
                % {"variant": run.chosen_variant, "run": str(run)},
                code="already_chosen",
                variant=run.chosen_variant,
            )
        if run.state not in (RunState.RUNNING, RunState.PAUSED):
            return Refusal(
                _(
                    "Run %(run)s is %(state)s: a variant can be chosen only while it is running or "
                    "paused."
                )
                % {"run": str(run), "state": run.get_state_display()},
                code="wrong_state",
                state=run.state,
            )
        CampaignRun.objects.filter(pk=run_id).update(chosen_variant=variant)
        RunEvent.objects.create(run_id=run_id, state=run.state, detail=detail, by=by)
    return None


def release_rest(*, run_id: int) -> None:
    """Give the rest of a run its text, let it be sent, and wake the lanes. It may be repeated."""
    run = CampaignRun.objects.select_related("campaign").get(pk=run_id)
    choice = choice_of_run(run)
    is_released = False
    while not is_released:
        _give_texts(run, choice)
        is_released = _stop_holding(run)
    failpoint("before_rest_wakes")
    wake_lanes(account_ids=accounts_to_wake(run_ids=[run_id]))


def chosen_sentence(*, variant: str, waiting: int) -> str:
    """Return the result message of a choice."""
    if not waiting:
        return gettext("“%(variant)s” was chosen. Nobody was waiting for it.") % {
            "variant": variant
        }
    return ngettext(
        "“%(variant)s” goes to the rest: %(n)s person.",
        "“%(variant)s” goes to the rest: %(n)s people.",
        waiting,
    ) % {"variant": variant, "n": f"{waiting:,}"}


def _known_variant(run: CampaignRun, variant: str) -> str:
    """Return the name of a run's variant as it is written there."""
    if not run.test_share:
        raise Refusal(
            _("%(run)s has no test: all its people get their variant at once.") % {"run": str(run)},
            code="no_test",
        )
    names = [str(share["variant"]) for share in run.text_shares]
    for name in names:
        if name_key(name) == name_key(variant):
            return name
    raise Refusal(
        _("%(run)s has no variant “%(variant)s”. Its variants: %(known)s.")
        % {"run": str(run), "variant": ascii(variant)[1:-1][:64], "known": ", ".join(names)},
        code="variant_unknown",
    )


def _without_text(run: CampaignRun) -> QuerySet[Delivery]:
    return Delivery.objects.of_rest().filter(run_id=run.pk, state__in=_OPEN, text_number=0)


def _give_texts(run: CampaignRun, choice: TextChoice) -> None:
    """Give the rest its text, account by account and chunk by chunk, each by its language."""
    rows = _without_text(run)
    # Each account's rows are found by `delivery_next`, the failed ones by `delivery_exceptions`.
    mine = rows.filter(account=OuterRef("pk"), state=DeliveryState.PENDING)
    accounts = Account.objects.filter(finds(mine)).order_by("pk").values_list("pk", flat=True)
    for account_id in list(accounts):
        _by_chunk(rows.filter(account_id=account_id, state=DeliveryState.PENDING), choice)
    _by_chunk(rows.filter(state=DeliveryState.FAILED), choice)


def _by_chunk(rows: QuerySet[Delivery], choice: TextChoice) -> None:
    last = 0
    while chunk := list(
        rows.filter(pk__gt=last).order_by("pk").values_list("pk", "contact_id")[:CHUNK]
    ):
        last = chunk[-1][0]
        attributes = dict(
            Contact.objects.filter(pk__in=[contact for _pk, contact in chunk]).values_list(
                "pk", "attributes"
            )
        )
        by_number: dict[int, list[int]] = defaultdict(list)
        for pk, contact in chunk:
            number = choice.number_of(uin=0, attributes=attributes.get(contact) or {})
            by_number[number].append(pk)
        with transaction.atomic():
            for number, keys in sorted(by_number.items()):
                rows.filter(pk__in=keys).update(text_number=number)
        failpoint("in_choice")


def _stop_holding(run: CampaignRun) -> bool:
    """Let the lanes read the rest, unless a delivery has no text yet; return whether they may."""
    with transaction.atomic():
        # Locked, so that no chunk of late-comers is under way.
        Run.objects.select_for_update().get(pk=run.pk)
        if _without_text(run).exists():
            return False
        Run.objects.filter(pk=run.pk).update(holds_rest=False)
    return True
