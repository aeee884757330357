"""Which campaigns and runs use a list; asked before a list is deleted. Registered at start-up."""

from __future__ import annotations

from django.db.models import Q

from campaigns.models import Campaign, CampaignRun
from contacts.lists.delete import Uses, quoted_names, register_uses_finder
from contacts.models import ContactList
from foundation.sentences import Sentence as _
from sending.states import ACTIVE_RUN_STATES, RunState

#: The states in which a run sends or may still send.
_MAY_SEND = (*ACTIVE_RUN_STATES, RunState.DRAFT, RunState.STOPPED)


def list_usage(contact_list: ContactList) -> Uses:
    """Return the runs that block deleting a list, and the campaigns that would change."""
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
            % {"names": quoted_names(runs.select_related("campaign"))}
        )
    writing = Campaign.objects.filter(lists=contact_list)
    if writing.exists():
        losing.append(
            _("These campaigns send to the list and would no longer do so: %(names)s.")
            % {"names": quoted_names(writing)}
        )
    excluding = Campaign.objects.filter(excluded_lists=contact_list)
    if excluding.exists():
        losing.append(
            _(
                "These campaigns exclude the list and would send to its people when "
                "started again: %(names)s."
            )
            % {"names": quoted_names(excluding)}
        )
    return Uses(blocking=tuple(blocking), losing=tuple(losing))


def register_list_usage() -> None:
    """Register `list_usage` with the deletion of lists."""
    register_uses_finder(list_usage)
