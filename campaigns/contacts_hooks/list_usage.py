"""What campaigns and their runs need a list for; registered by the app at its start."""

from __future__ import annotations

from django.db.models import Q

from campaigns.models import Campaign, CampaignRun
from contacts.lists.delete import Uses, named, register_keeper
from contacts.models import ContactList
from foundation.sentences import Sentence as _
from sending.states import ACTIVE_RUN_STATES, RunState

#: A run in one of these sends, or may do so yet.
_MAY_SEND = (*ACTIVE_RUN_STATES, RunState.DRAFT, RunState.STOPPED)


def list_usage(contact_list: ContactList) -> Uses:
    """Return which runs need a list, and which campaigns would do something else without it."""
    of_run = Q(lists=contact_list) | Q(excluded_lists=contact_list)
    of_campaign = Q(campaign__lists=contact_list) | Q(campaign__excluded_lists=contact_list)
    runs = CampaignRun.objects.filter(of_run | of_campaign, state__in=_MAY_SEND).distinct()
    blocking, losing = [], []
    if runs.exists():
        blocking.append(
            _(
                "Campaigns that are sending or may still send use this list: %(names)s. "
                "Wait until they end, or cancel them."
            )
            % {"names": named(runs.select_related("campaign"))}
        )
    writing = Campaign.objects.filter(lists=contact_list)
    if writing.exists():
        losing.append(
            _("These campaigns send to the list and would no longer do so: %(names)s.")
            % {"names": named(writing)}
        )
    excluding = Campaign.objects.filter(excluded_lists=contact_list)
    if excluding.exists():
        losing.append(
            _(
                "These campaigns exclude the list and would send to its people when "
                "started again: %(names)s."
            )
            % {"names": named(excluding)}
        )
    return Uses(blocking=tuple(blocking), losing=tuple(losing))


def register_list_usage() -> None:
    """Have deleting a list ask here."""
    register_keeper(list_usage)
