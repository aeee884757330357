"""Registers with `foundation.deletion` what campaigns use."""

from __future__ import annotations

from accounts.models import Account, AccountPool
from campaigns.models import (
    Campaign,
    HolidayCalendar,
    MessageTemplate,
    Sequence,
    Snippet,
)
from campaigns.uses.of_campaigns import (
    delete_deliveries,
    refuse_archiving_at_work,
    refuse_archiving_open_sequence,
    uses_of_campaign,
)
from campaigns.uses.of_rows import (
    uses_of_account,
    uses_of_calendar,
    uses_of_contact,
    uses_of_label,
    uses_of_list,
    uses_of_pool,
    uses_of_segment,
    uses_of_snippet,
    uses_of_template,
)
from contacts.models import Contact, ContactList, Segment
from foundation.archiving import register_archiving_check
from foundation.deletion import register_preparation, register_uses_finder
from labels.models import Label


def register_uses() -> None:
    """Register what campaigns use."""
    register_uses_finder(ContactList, uses_of_list)
    register_uses_finder(Segment, uses_of_segment)
    register_uses_finder(MessageTemplate, uses_of_template)
    register_uses_finder(Snippet, uses_of_snippet)
    register_uses_finder(Account, uses_of_account)
    register_uses_finder(AccountPool, uses_of_pool)
    register_uses_finder(Label, uses_of_label)
    register_uses_finder(HolidayCalendar, uses_of_calendar)
    register_uses_finder(Contact, uses_of_contact)
    register_uses_finder(Campaign, uses_of_campaign)
    register_preparation(Campaign, delete_deliveries)
    register_archiving_check(Campaign, refuse_archiving_at_work)
    register_archiving_check(Sequence, refuse_archiving_open_sequence)
