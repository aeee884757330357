"""All things that need somebody, for one operator."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from campaigns.approvals.rights import may_approve
from foundation.restricted import is_restricted
from qqcampaign.console.attention import campaigns, people, senders, system
from qqcampaign.console.attention.item import AttentionItem
from qqcampaign.console.attention.part import with_open_pages


def attention_items(request: HttpRequest) -> list[AttentionItem]:
    """Return the items that this operator may see: what blocks sending first, then by kind."""
    may_see = request.user.has_perm
    sees_runs = may_see("campaigns.view_campaignrun") or sees_own_runs(request.user)
    items: list[AttentionItem] = system.held(request)
    if may_see("accounts.view_worker"):
        items += [*system.workers(), *system.outages(), *system.wrong_clocks()]
    if sees_runs:
        items += [*campaigns.stopped_runs(), *campaigns.stopped_schedules()]
        items += campaigns.dropped_dates()
    if may_see("campaigns.view_sequence"):
        items += campaigns.stopped_sequences()
    if may_see("campaigns.view_campaign") and may_approve(request.user):
        items += campaigns.waiting_for_approval(request.user)
    if may_see("campaigns.change_campaign"):
        items += [*campaigns.sent_back(), *campaigns.undecided_tests()]
    if may_see("accounts.view_account"):
        items += senders.quarantined()
    if may_see("accounts.view_friend"):
        items += senders.lost_friends()
    if may_see("accounts.view_friendrequest"):
        items += senders.friend_requests(may_decide=may_see("accounts.change_friendrequest"))
    if may_see("conversations.view_conversation"):
        items += people.conversations(may_answer=may_see("conversations.add_answer"))
    if may_see("sending.view_delivery"):
        items += campaigns.unknown_deliveries(may_resolve=may_see("sending.change_delivery"))
    if may_see("accounts.view_inboundmessage"):
        items += people.unhandled_messages()
    if may_see("contacts.view_contactimport"):
        items += people.failed_imports()
        items += people.unconfirmed_imports(may_import=may_see("contacts.add_contactimport"))
    if may_see("campaigns.view_notification"):
        items += system.failed_notifications()
    if may_see("campaigns.view_savedreport"):
        items += system.failed_report_mails()
    if may_see("webhooks.view_endpoint"):
        items += system.failing_webhooks()
    if may_see("holds.change_hold"):
        items += system.failed_upkeep()
    items = with_open_pages(items, request.user)
    return sorted(items, key=lambda item: item.colour != "danger")


def sees_own_runs(user: Any) -> bool:
    """Return whether a restricted operator sees the runs of their campaigns: no list, but these."""
    return is_restricted(user) and user.has_perm("campaigns.view_campaign")
