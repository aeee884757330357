"""Create a run with its own copy of a campaign, and refuse campaigns that cannot start."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.db.models import Max

from campaigns.audience_query import targeted_contacts
from campaigns.message_texts import texts_of_campaign, variants_of
from campaigns.models import Campaign, CampaignRun, SequenceStep
from campaigns.planning.rules import copied_columns, copied_groups, copy_relations
from campaigns.planning.senders import accounts_of
from campaigns.planning.text_choice import stored_shares
from campaigns.scheduling.times import calendar_days, deadline_of
from campaigns.writing.check import sendable_text
from campaigns.writing.versions import current_version
from campaigns.writing.whole_text import whole_text
from clocks import shared
from foundation.archiving import refuse_archived
from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from foundation.restricted import whole_tables
from foundation.sentences import Sentence as _
from foundation.times import clock
from sending.forbidden_words import refusing_words
from sending.models import RunText
from sending.states import ACTIVE_RUN_STATES


def hold(campaign: Campaign) -> None:
    """Lock a campaign and its audience until the run has its copy, so that a deletion waits for it.

    Runs in the caller's transaction.

    Raises:
        Refusal: the campaign was deleted (`gone`) or archived (`archived`).
    """
    refuse_archived(locked_row(campaign))
    for audience in (campaign.lists, campaign.excluded_lists, campaign.segments):
        list(audience.order_by("pk").select_for_update().values_list("pk"))


@whole_tables()
def make_run(
    campaign: Campaign, *, starts_at: datetime | None, moved_to: datetime | None = None
) -> CampaignRun:
    """Create a run with its own copy of the campaign, in the caller's transaction.

    Args:
        campaign: the campaign. The run copies its present text and audience.
        starts_at: the time for which the start was planned; None for a start at once.
        moved_to: the opening of a window to which that start was moved: a deadline of so many
            hours after the start counts from it.
    """
    template, version = campaign.template, None
    if template is not None:
        # This locks the template until the run has its texts, which are those of the version.
        version = current_version(template=template)
        template.refresh_from_db()
    versions = _versions_of_variants(campaign)
    texts, shares = texts_of_campaign(campaign)
    last = campaign.runs.aggregate(n=Max("number"))["n"] or 0
    run = CampaignRun.objects.create(
        campaign=campaign,
        number=last + 1,
        text=whole_text(texts[0].text).text,
        text_shares=stored_shares(shares),
        holdout=campaign.holdout,
        test_share=campaign.test_share,
        decide_by=campaign.decide_by,
        decide_after=campaign.decide_after,
        holds_rest=bool(campaign.test_share),
        template_version=version,
        template_version_number=version.number if version is not None else None,
        variant_versions=versions,
        promise=campaign.promise,
        allows_strangers=campaign.allows_strangers,
        on_lost_account=campaign.on_lost_account,
        late=campaign.late,
        windows=campaign.windows,
        calendar=calendar_days(campaign.holidays),
        overrides_quiet_hours=campaign.overrides_quiet_hours,
        timezone=campaign.timezone,
        starts_at=starts_at,
        deadline_at=deadline_of(campaign, starts_at=moved_to or starts_at or shared.wall()),
        **copied_columns(campaign),
        **copied_groups(campaign),
    )
    RunText.objects.bulk_create(
        RunText(run_id=run.pk, **{**asdict(one), "text": whole_text(one.text).text})
        for one in texts
        if one.number
    )
    run.lists.set(campaign.lists.all())
    copy_relations(campaign=campaign, run=run)
    run.segments.set(campaign.segments.all())
    run.excluded_lists.set(campaign.excluded_lists.all())
    return run


def _versions_of_variants(campaign: Campaign) -> list[dict[str, Any]]:
    """Return the versions of the variants' templates; this locks them as `make_run` does."""
    return [
        {
            "variant": variant.name,
            "template": variant.template.pk,
            "name": variant.template.name,
            "version": current_version(template=variant.template).number,
        }
        for variant in variants_of(campaign)
        if variant.template is not None
    ]


def refuse_active(campaign: Campaign) -> None:
    """Refuse while a run of the campaign is under way.

    Raises:
        Refusal: one is (`already_active`).
    """
    active = campaign.runs.filter(state__in=ACTIVE_RUN_STATES).first()
    if active is not None:
        raise Refusal(
            _(
                "“%(name)s” is under way already: run %(number)d is %(state)s. "
                "Wait for its end, or cancel it."
            )
            % {
                "name": campaign.name,
                "number": active.number,
                "state": active.get_state_display(),
            },
            code="already_active",
        )


def refuse_past_deadline(campaign: Campaign, deadline: datetime | None) -> None:
    """Refuse to start something whose deadline has passed.

    Raises:
        Refusal: it has (`deadline_past`).
    """
    if deadline is not None and deadline <= shared.wall():
        raise Refusal(
            _("The deadline of “%(name)s”, %(at)s, has passed: set a later one, or none.")
            % {"name": campaign.name, "at": clock(deadline, zone=campaign.timezone)},
            code="deadline_past",
        )


def refuse_unready(campaign: Campaign) -> None:
    """Refuse a campaign that could send nothing.

    Raises:
        Refusal: it has no text (`no_text`), the audience is empty (`no_audience`), no account can
            send (`no_account`), the deadline has passed (`deadline_past`), or a sequence sends it
            (`of_sequence`).
        TextProblem: a text cannot be compiled, or holds a forbidden word.
    """
    _refuse_step(campaign)
    refuse_without_text(campaign)
    words = refusing_words()
    for one in texts_of_campaign(campaign)[0]:
        sendable_text(one.text, words=words)
    refuse_past_deadline(campaign, campaign.deadline_at)
    if not targeted_contacts(of=campaign).exists():
        raise Refusal(
            _(
                "The audience of “%(name)s” is empty after exclusions. Import contacts "
                "into one of its lists first."
            )
            % {"name": campaign.name},
            code="no_audience",
        )
    refuse_without_accounts(campaign)


def refuse_without_text(campaign: Campaign) -> None:
    """Refuse a campaign whose making was left before its text.

    Raises:
        Refusal: it has neither text nor template nor variants (`no_text`).
    """
    if not campaign.message.strip():
        raise Refusal(
            _("“%(name)s” has no text yet: write one.") % {"name": campaign.name}, code="no_text"
        )


def _refuse_step(campaign: Campaign) -> None:
    step = SequenceStep.objects.filter(campaign=campaign).select_related("sequence").first()
    if step is not None:
        raise Refusal(
            _("“%(name)s” is a step of the sequence “%(sequence)s”, which decides who gets it.")
            % {"name": campaign.name, "sequence": step.sequence.name},
            code="of_sequence",
        )


def refuse_without_accounts(campaign: Campaign) -> None:
    """Refuse a campaign that no account could send.

    Raises:
        Refusal: there are no accounts, or none of them works (`no_account`).
    """
    accounts = accounts_of(campaign=campaign)
    if not accounts.exists():
        if campaign.pools.exists():
            raise Refusal(
                _("The pools of “%(name)s” are empty: add accounts to them.")
                % {"name": campaign.name},
                code="no_account",
            )
        raise Refusal(_("There are no accounts. Import accounts first."), code="no_account")
    if not accounts.working().exists():
        raise Refusal(
            _(
                "All accounts of “%(name)s” are quarantined or disabled. Check the "
                "reasons, and enable the accounts that should send."
            )
            % {"name": campaign.name},
            code="no_account",
        )
