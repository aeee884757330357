"""The rows that campaigns and their runs use, for the check before a deletion.

A campaign can be started, or started again, as long as it is not archived. So it needs the rows
that it uses until it is archived. It needs an excluded list even then: without the list, the
campaign, once restored, would write to the people in it.
"""

from __future__ import annotations

from typing import Any

from django.db.models import Q, Sum
from django.utils.formats import number_format
from django.utils.translation import ngettext

from accounts.models import Account
from campaigns.models import (
    Campaign,
    CampaignRun,
    HolidayCalendar,
    MessageTemplate,
    Sequence,
    Snippet,
)
from campaigns.states import STARTED_SCHEDULE_STATES
from campaigns.writing.snippets import users_of
from contacts.models import Contact, ContactList, Segment
from contacts.segments.references import refusals_of_segments
from foundation.archiving import register_archiving_check
from foundation.deletion import (
    MOST_NAMES,
    Uses,
    quoted_names,
    register_preparation,
    register_uses_finder,
)
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from sending.models import Attempt, Delivery, Tally, TallyKind
from sending.states import ACTIVE_RUN_STATES, RunState

#: The states in which a run sends or may still send.
_MAY_SEND = (*ACTIVE_RUN_STATES, RunState.DRAFT, RunState.STOPPED)
#: The most deliveries that one deletion removes: more would hold up the workers' writes.
MOST_DELIVERIES = 20_000


def uses_of_list(contact_list: ContactList) -> Uses:
    """Return the runs and campaigns that need a list."""
    of_run = Q(lists=contact_list) | Q(excluded_lists=contact_list)
    of_campaign = Q(campaign__lists=contact_list) | Q(campaign__excluded_lists=contact_list)
    excluding = Campaign.objects.filter(excluded_lists=contact_list)
    blocking = [
        *_of_runs(CampaignRun.objects.filter(of_run | of_campaign)),
        *_of_campaigns(Campaign.objects.filter(lists=contact_list, archived_at=None)),
    ]
    if excluding.exists():
        blocking.append(
            _(
                "These campaigns exclude the list, and would send to its people without it: "
                "%(names)s. Take the list out of them first, or delete them."
            )
            % {"names": quoted_names(excluding)}
        )
    in_sequences = Q(lists=contact_list) | Q(excluded_lists=contact_list)
    blocking += _of_sequences(Sequence.objects.filter(in_sequences).distinct())
    archived = Campaign.objects.filter(lists=contact_list).exclude(archived_at=None)
    return Uses(blocking=tuple(blocking), losing=tuple(_of_archived(archived)))


def uses_of_segment(segment: Segment) -> Uses:
    """Return the runs and campaigns that need a segment."""
    runs = CampaignRun.objects.filter(Q(segments=segment) | Q(campaign__segments=segment))
    named = Campaign.objects.filter(segments=segment)
    return Uses(
        blocking=(
            *_of_runs(runs),
            *_of_campaigns(named.filter(archived_at=None)),
            *_of_sequences(Sequence.objects.filter(segments=segment)),
        ),
        losing=tuple(_of_archived(named.exclude(archived_at=None))),
    )


def uses_of_template(template: MessageTemplate) -> Uses:
    """Return the campaigns that use a template as their text, archived ones too."""
    sequences = _of_sequences(Sequence.objects.filter(steps__template=template).distinct())
    if sequences:
        return Uses(blocking=tuple(sequences))
    named = Campaign.objects.filter(
        Q(pk__in=template.campaigns.values("pk")) | Q(variants__template=template)
    ).distinct()
    if not named.exists():
        return Uses(losing=(_("No campaign uses it. Runs keep their own copy of the text."),))
    return Uses(
        blocking=(
            _(
                "It is the text of these campaigns: %(names)s. Give them another text first, or "
                "delete them."
            )
            % {"names": quoted_names(named)},
        )
    )


def uses_of_snippet(snippet: Snippet) -> Uses:
    """Return the templates, campaigns and snippets whose text uses a snippet, archived ones too."""
    users = users_of(snippet)
    if not users:
        return Uses(losing=(_("No text uses it. Runs keep their own copy of their text."),))
    names = ", ".join(f"“{user}”" for user in users[:MOST_NAMES])
    if len(users) > MOST_NAMES:
        names += " …"
    return Uses(
        blocking=(
            _("These use it in their text: %(names)s. Take it out of them first.")
            % {"names": names},
        )
    )


def uses_of_account(account: Account) -> Uses:
    """Return the campaigns, segments and reports that need an account."""
    blocking: list[str] = []
    named = Campaign.objects.filter(accounts=account)
    if named.exists():
        # A campaign that names no account uses all of them.
        blocking.append(
            _("These campaigns are sent by it: %(names)s. Take it out of them first.")
            % {"names": quoted_names(named)}
        )
    in_sequences = Q(accounts=account) | Q(friends_of=account)
    blocking += _of_sequences(Sequence.objects.filter(in_sequences).distinct())
    blocking += refusals_of_segments("accounts", account.uin)
    if account.deliveries.exists() or account.attempts.exists():
        blocking.append(_("Reports need it: it has messages of campaigns. Disable it instead."))
    return Uses(blocking=tuple(blocking))


def uses_of_calendar(calendar: HolidayCalendar) -> Uses:
    """Return the campaigns that send nothing on the holidays of a calendar."""
    using = Campaign.objects.filter(holidays=calendar).order_by("name")
    if not using.exists():
        return Uses()
    return Uses(
        blocking=(
            _("These campaigns use it: %(names)s. Choose another calendar for them, or none.")
            % {"names": quoted_names(using)},
        )
    )


def uses_of_contact(contact: Contact) -> Uses:
    """Return why a contact is kept: reports need the deliveries to the person."""
    if not Delivery.objects.filter(contact=contact).exists():
        return Uses()
    return Uses(
        blocking=(
            _(
                "Reports need the messages to this person. Use “Erase on request” on the "
                "person's page: it deletes the personal data and keeps the figures."
            ),
        )
    )


def uses_of_campaign(campaign: Campaign) -> Uses:
    """Return the runs and segments that keep a campaign, and the figures its deletion removes."""
    sequences = _of_sequences(Sequence.objects.filter(steps__campaign=campaign))
    if sequences:
        return Uses(blocking=tuple(sequences))
    going = campaign.runs.filter(state__in=_MAY_SEND)
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
    if referring:
        return Uses(blocking=tuple(referring))
    runs = campaign.runs.count()
    if not runs:
        return Uses(losing=(_("It was never started, so no figures are lost."),))
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
        )
    )


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


def _deliveries_of(campaign: Campaign) -> Any:
    runs = list(campaign.runs.values_list("pk", flat=True))
    return Delivery.objects.filter(run_id__in=runs)


def _of_runs(runs: Any) -> list[str]:
    going = runs.filter(state__in=_MAY_SEND).distinct()
    if not going.exists():
        return []
    return [
        _(
            "Runs that send or may still send need it: %(names)s. Wait until they end, or cancel "
            "them."
        )
        % {"names": quoted_names(going.select_related("campaign"))}
    ]


def _of_campaigns(campaigns: Any) -> list[str]:
    if not campaigns.exists():
        return []
    return [
        _(
            "Campaigns that can still be started use it: %(names)s. Take it out of them, or "
            "archive them."
        )
        % {"names": quoted_names(campaigns)}
    ]


def _of_sequences(sequences: Any) -> list[str]:
    if not sequences.exists():
        return []
    return [_("These sequences need it: %(names)s.") % {"names": quoted_names(sequences)}]


def _of_archived(campaigns: Any) -> list[str]:
    if not campaigns.exists():
        return []
    return [
        _("These archived campaigns would no longer send to it when restored: %(names)s.")
        % {"names": quoted_names(campaigns)}
    ]


def register_uses() -> None:
    """Register what campaigns use."""
    register_uses_finder(ContactList, uses_of_list)
    register_uses_finder(Segment, uses_of_segment)
    register_uses_finder(MessageTemplate, uses_of_template)
    register_uses_finder(Snippet, uses_of_snippet)
    register_uses_finder(Account, uses_of_account)
    register_uses_finder(HolidayCalendar, uses_of_calendar)
    register_uses_finder(Contact, uses_of_contact)
    register_uses_finder(Campaign, uses_of_campaign)
    register_preparation(Campaign, delete_deliveries)
    register_archiving_check(Campaign, refuse_archiving_at_work)
