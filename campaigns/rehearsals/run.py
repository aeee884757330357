"""Running a rehearsal: people in chunks, resumable after each.

Each chunk stores its figures together with how far they reach, by one statement that fails if the
rehearsal was cancelled or another worker has taken it. So a worker that is killed loses one chunk.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from django.db.models import F

from campaigns.approvals.definition import Definition, definition_of
from campaigns.audience_query import merged_memberships
from campaigns.message_texts import texts_of_campaign
from campaigns.models import Campaign, Rehearsal
from campaigns.planning.preflight_people import Audience, audience_of
from campaigns.planning.preflight_result import Counted
from campaigns.planning.preflight_warnings import runs_to_the_same_people
from campaigns.planning.senders import accounts_of
from campaigns.rehearsals.chunk import TextsAtHand, rehearse_chunk, variables_of
from campaigns.rehearsals.figures import RehearsalFigures, figures_from
from campaigns.rehearsals.result import result_of
from campaigns.rehearsals.watch import FencedOff, HandedOver, Watch
from campaigns.scheduling.dates import next_dates
from campaigns.states import RehearsalState
from campaigns.writing.whole_text import whole_text
from clocks import shared
from contacts.people.attributes import attribute_names_in_use
from foundation.failpoints import failpoint
from foundation.refusals import Refusal
from foundation.restricted import whole_tables
from foundation.sentences import Sentence as _
from sending.forbidden_words import approval_words, refusing_words
from texts.rendering import TextProblem, compile_text

#: The most times that a worker may take a rehearsal: one that kills its workers is then failed.
MOST_TAKES = 10


def run_rehearsal(*, rehearsal_id: int, patience: float | None = None) -> bool:
    """Take a rehearsal and run it to its end; return False if it was not there to be taken.

    Args:
        rehearsal_id: the rehearsal.
        patience: seconds after which it is left for the jobs worker to go on; None: it is not.
    """
    taken = Rehearsal.objects.abandoned().filter(pk=rehearsal_id)
    now = shared.wall()
    if not taken.transition(to=RehearsalState.RUNNING, token=F("token") + 1, heartbeat_at=now):
        return False
    rehearsal = Rehearsal.objects.select_related("campaign").get(pk=rehearsal_id)
    Rehearsal.objects.filter(pk=rehearsal_id, started_at=None).update(started_at=now)
    try:
        if rehearsal.token > MOST_TAKES:
            raise Refusal(
                _("Workers died %(times)d times during this rehearsal. It is not tried again.")
                % {"times": MOST_TAKES},
                code="too_many_takes",
            )
        _run(rehearsal, Watch(rehearsal, patience))
    except (FencedOff, HandedOver):
        return True
    except Refusal as refusal:
        _end(rehearsal, RehearsalState.FAILED, problem=refusal.sentence)
    return True


def fail_rehearsal(rehearsal_id: int, problem: Exception) -> None:
    """Move a rehearsal that raised an exception to `failed`, with a sentence."""
    sentence = _(
        "Program error (%(error)s). Report it, with the log of the jobs worker. Then rehearse "
        "again."
    ) % {"error": type(problem).__name__}
    Rehearsal.objects.filter(pk=rehearsal_id).transition(
        to=RehearsalState.FAILED, problem=sentence, finished_at=shared.wall()
    )


@whole_tables()
def _run(rehearsal: Rehearsal, watch: Watch) -> None:
    campaign = rehearsal.campaign
    definition = definition_of(campaign)
    _refuse_changed(rehearsal, definition)
    figures = figures_from(rehearsal.progress)
    text, audience = _text(campaign), _audience(campaign)
    accounts = {account.pk: account for account in accounts_of(campaign=campaign)}
    while audience is not None:
        last = rehearse_chunk(
            audience=audience,
            text=text,
            after=rehearsal.cursor,
            accounts=accounts,
            figures=figures,
            look=watch.look,
        )
        if last is None:
            break
        rehearsal.cursor = last
        watch.store(
            cursor=last,
            seen=figures.people,
            progress=figures.stored(),
            text_hash=rehearsal.text_hash,
            rules_hash=rehearsal.rules_hash,
        )
        failpoint("in_rehearsal")
    counted = None
    if audience is not None:
        counted = Counted(
            picks=figures.as_picks(),
            written_to=runs_to_the_same_people(campaign=campaign, people=audience.people),
            merged=merged_memberships(of=campaign),
        )
    _finish(rehearsal, figures, counted)


def _finish(rehearsal: Rehearsal, figures: RehearsalFigures, counted: Counted | None) -> None:
    now = definition_of(Campaign.objects.get(pk=rehearsal.campaign_id))
    _refuse_changed(rehearsal, now)
    _end(
        rehearsal,
        RehearsalState.DONE,
        audience_hash=figures.audience_hash,
        hash=now.hash_with(figures.audience_hash),
        result=result_of(counted, figures),
        seen=figures.people,
        people=figures.people,
        progress={},
    )


def _refuse_changed(rehearsal: Rehearsal, definition: Definition) -> None:
    """Remember what is rehearsed; refuse to go on with another definition.

    Raises:
        Refusal: the campaign was changed since the rehearsal began (`changed`).
    """
    hashes = (definition.text_hash, definition.rules_hash)
    if not rehearsal.text_hash:
        rehearsal.text_hash, rehearsal.rules_hash = hashes
    elif (rehearsal.text_hash, rehearsal.rules_hash) != hashes:
        raise Refusal(
            _("The campaign was changed while it was being rehearsed. Rehearse it again."),
            code="changed",
        )


def _text(campaign: Campaign) -> TextsAtHand | None:
    """Return the texts to render; None if one does not compile, which the preflight tells."""
    try:
        compiled = {
            one.number: compile_text(whole_text(one.text).text)
            for one in texts_of_campaign(campaign)[0]
        }
    except TextProblem:
        return None
    dates = next_dates(campaign=campaign, most=1)
    now = (dates[0] if dates else shared.wall()).astimezone(ZoneInfo(campaign.timezone))
    names = attribute_names_in_use(lists=None)
    return TextsAtHand(
        texts=compiled,
        now=now,
        variables={number: variables_of(one, attributes=names) for number, one in compiled.items()},
        refused_words=refusing_words(),
        held_words=approval_words(),
    )


def _audience(campaign: Campaign) -> Audience | None:
    """Return the audience; None if it cannot be evaluated, which the preflight tells."""
    try:
        return audience_of(campaign=campaign)
    except Refusal:
        return None


def _end(rehearsal: Rehearsal, state: str, **columns: object) -> None:
    Rehearsal.objects.filter(pk=rehearsal.pk, token=rehearsal.token).transition(
        to=state,
        finished_at=shared.wall(),
        text_hash=rehearsal.text_hash,
        rules_hash=rehearsal.rules_hash,
        **columns,
    )
