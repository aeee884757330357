"""The rows that campaigns and their runs use, for the check before a deletion.

A campaign can be started, or started again, as long as it is not archived. So it needs the rows
that it uses until it is archived. It needs an excluded list even then: without the list, the
campaign, once restored, would write to the people in it.
"""

from __future__ import annotations

from django.db.models import Q

from accounts.models import Account, AccountPool
from campaigns.models import (
    Campaign,
    CampaignRun,
    HolidayCalendar,
    MessageTemplate,
    SavedReport,
    Sequence,
    Snippet,
)
from campaigns.uses.needing import (
    of_archived,
    of_campaigns,
    of_reports,
    of_runs,
    of_sequences,
)
from campaigns.writing.snippets import users_of
from contacts.models import Contact, ContactList, Segment
from contacts.segments.references import refusals_of_segments
from foundation.deletion import MOST_NAMES, Uses, quoted_names
from foundation.sentences import Sentence as _
from labels.models import Label
from sending.models import Delivery


def uses_of_list(contact_list: ContactList) -> Uses:
    """Return the runs and campaigns that need a list."""
    of_run = Q(lists=contact_list) | Q(excluded_lists=contact_list)
    of_campaign = Q(campaign__lists=contact_list) | Q(campaign__excluded_lists=contact_list)
    excluding = Campaign.objects.filter(excluded_lists=contact_list)
    blocking = [
        *of_runs(CampaignRun.objects.filter(of_run | of_campaign)),
        *of_campaigns(Campaign.objects.filter(lists=contact_list, archived_at=None)),
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
    blocking += of_sequences(Sequence.objects.filter(in_sequences).distinct())
    archived = Campaign.objects.filter(lists=contact_list).exclude(archived_at=None)
    return Uses(blocking=tuple(blocking), losing=tuple(of_archived(archived)))


def uses_of_segment(segment: Segment) -> Uses:
    """Return the runs and campaigns that need a segment."""
    runs = CampaignRun.objects.filter(Q(segments=segment) | Q(campaign__segments=segment))
    named = Campaign.objects.filter(segments=segment)
    in_sequences = Q(segments=segment) | Q(steps__segment=segment)
    return Uses(
        blocking=(
            *of_runs(runs),
            *of_campaigns(named.filter(archived_at=None)),
            *of_sequences(Sequence.objects.filter(in_sequences).distinct()),
        ),
        losing=tuple(of_archived(named.exclude(archived_at=None))),
    )


def uses_of_template(template: MessageTemplate) -> Uses:
    """Return the campaigns that use a template as their text, archived ones too."""
    sequences = of_sequences(Sequence.objects.filter(steps__template=template).distinct())
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
    blocking += of_sequences(Sequence.objects.filter(in_sequences).distinct())
    blocking += refusals_of_segments("accounts", account.uin)
    blocking += of_reports(SavedReport.objects.filter(accounts=account))
    if account.deliveries.exists() or account.attempts.exists():
        blocking.append(_("Reports need it: it has messages of campaigns. Disable it instead."))
    return Uses(blocking=tuple(blocking))


def uses_of_pool(pool: AccountPool) -> Uses:
    """Return the campaigns and sequences that are sent by a pool, archived ones too.

    A campaign that lost its only pool would be sent by every account.
    """
    using = Campaign.objects.filter(pools=pool).order_by("name")
    blocking = of_sequences(Sequence.objects.filter(pools=pool))
    if using.exists():
        blocking.append(
            _("These campaigns are sent by it: %(names)s. Take it out of them first.")
            % {"names": quoted_names(using)}
        )
    return Uses(blocking=tuple(blocking))


def uses_of_label(label: Label) -> Uses:
    """Return the campaigns whose frequency cap counts by a label, and the reports of a label."""
    capped = Campaign.objects.filter(cap_label=label).order_by("name")
    reports = SavedReport.objects.filter(Q(label=label) | Q(labels=label)).distinct()
    blocking: list[str] = []
    if capped.exists():
        blocking.append(
            _("The frequency caps of these campaigns count by it: %(names)s. Change them first.")
            % {"names": quoted_names(capped)}
        )
    blocking += of_reports(reports)
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
