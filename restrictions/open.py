"""What is open to restricted users. Everything that is not named here is closed to them.

A page gets into this table only after its rows, columns, filters, forms and sentences were looked
through: the test with two tenants asks each of them for the other's names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from accounts.models import Account, AccountPool, Friend, FriendRequest
from campaigns.models import Campaign, MessageTemplate
from contacts.models import Contact, ContactImport, ContactList
from conversations.models import Conversation
from foundation.admin.archived import ArchivedFilter
from sending.models import Delivery


@dataclass(frozen=True)
class OpenModel:
    """What the pages of a model show, and what can be done there.

    Attributes:
        columns: of its list.
        filters: of its list; none of them names rows of other models.
        fields: of its page; empty: it has none that is open.
        hidden: in place of `fields`, what the form does not show; all else is as on the page.
        actions: for many rows.
        adds: whether rows are added.
        changes: whether rows are changed.
        deletes: whether rows are deleted.
    """

    columns: tuple[str, ...]
    filters: tuple[Any, ...] = ()
    fields: tuple[str, ...] = ()
    hidden: tuple[str, ...] | None = None
    actions: tuple[str, ...] = ()
    adds: bool = False
    changes: bool = False
    deletes: bool = False


#: What is done to many rows that are archived or deleted.
_LIFE = ("archive", "restore", "delete_selected")
MODELS = {
    Account: OpenModel(
        ("named", "health", "since", "friends_shown", "pace", "session"),
        ("state", "state_reason"),
        ("uin", "name", "presence", "min_interval", "per_minute", "per_hour", "per_day"),
        changes=True,
    ),
    AccountPool: OpenModel(("name", "size", "working", "a_day")),
    ContactList: OpenModel(
        ("name", "people", "description", "created_at"),
        (ArchivedFilter,),
        fields=("name", "description", "labels"),
        actions=_LIFE,
        adds=True,
        changes=True,
        deletes=True,
    ),
    Contact: OpenModel(("uin", "name", "created_at"), fields=("uin", "name")),
    ContactImport: OpenModel(("file", "badge", "into", "progress", "counts", "created_at")),
    Campaign: OpenModel(
        ("named", "badge", "progress", "created_at"),
        (ArchivedFilter, "promise"),
        # These reach over the whole installation.
        hidden=("segments", "earlier_people", "excluded_earlier_people", "once_across"),
        actions=_LIFE,
        adds=True,
        changes=True,
        deletes=True,
    ),
    Conversation: OpenModel((), changes=True),
    Delivery: OpenModel(
        ("uin", "badge", "why", "account", "code", "attempt_count", "seq", "sent_at"),
        ("state",),
    ),
    Friend: OpenModel(("uin", "nickname", "now", "account", "since", "ended_at"), ("presence",)),
    FriendRequest: OpenModel(
        ("uin", "badge", "said", "account", "received_at", "outcome"),
        ("state",),
        actions=("act_accept", "act_refuse"),
    ),
    MessageTemplate: OpenModel(
        ("name", "beginning", "languages", "updated_at"),
        (ArchivedFilter,),
        hidden=(),
        actions=_LIFE,
        adds=True,
        changes=True,
        deletes=True,
    ),
}
PERMISSIONS = frozenset(
    {
        "accounts.add_friendlink",
        "accounts.change_account",
        "accounts.change_friendrequest",
        "accounts.view_account",
        "accounts.view_accountpool",
        "accounts.view_friend",
        "accounts.view_friendrequest",
        "accounts.view_inboundmessage",
        "campaigns.add_campaign",
        "campaigns.add_messagetemplate",
        "campaigns.approve_campaign",
        "campaigns.change_campaign",
        "campaigns.change_messagetemplate",
        "campaigns.delete_campaign",
        "campaigns.delete_messagetemplate",
        "campaigns.override_quiet_hours",
        "campaigns.view_campaign",
        "campaigns.view_messagetemplate",
        "contacts.add_contact",
        "contacts.add_contactimport",
        "contacts.add_contactlist",
        "contacts.add_suppression",
        "contacts.change_contact",
        "contacts.change_contactlist",
        "contacts.delete_contactlist",
        "contacts.delete_suppression",
        "contacts.view_contact",
        "contacts.view_contactimport",
        "contacts.view_contactlist",
        "contacts.view_suppression",
        "conversations.add_answer",
        "conversations.change_conversation",
        "conversations.view_conversation",
        "labels.view_label",
        "sending.change_delivery",
        "sending.view_delivery",
    }
)
#: Pages that are read and posted to, by the names of their addresses.
WRITING = frozenset(
    {
        "accounts_account_ask",
        "accounts_account_change",
        "accounts_friendrequest_changelist",
        "campaigns_campaign_add",
        "campaigns_campaign_change",
        "campaigns_campaign_choose",
        "campaigns_campaign_clone",
        "campaigns_campaign_changelist",
        "campaigns_campaign_decide",
        "campaigns_campaign_delete",
        "campaigns_campaign_do",
        "campaigns_campaign_new",
        "campaigns_campaign_rehearsal",
        "campaigns_campaign_restore",
        "campaigns_campaign_retry",
        "campaigns_campaign_schedule",
        "campaigns_campaign_step",
        "campaigns_campaign_test",
        "campaigns_messagetemplate_add",
        "campaigns_messagetemplate_change",
        "campaigns_messagetemplate_changelist",
        "campaigns_messagetemplate_delete",
        "campaigns_messagetemplate_preview",
        "campaigns_messagetemplate_restore",
        "contacts_contactimport_check",
        "contacts_contactimport_do",
        "contacts_contactimport_upload",
        "contacts_contactlist_add",
        "contacts_contactlist_change",
        "contacts_contactlist_changelist",
        "contacts_contactlist_delete",
        "contacts_contactlist_restore",
        "conversations_conversation_do",
        "sending_delivery_resolve",
    }
)
#: All open pages; those that are not named above are only read.
PAGES = WRITING | {
    "accounts_account_changelist",
    "accounts_account_day",
    "accounts_accountpool_changelist",
    "accounts_friend_changelist",
    "autocomplete",
    "campaigns_campaign_approval",
    "campaigns_campaign_dates",
    "campaigns_campaign_definition",
    "campaigns_campaign_figures",
    "campaigns_campaign_live",
    "campaigns_campaign_over_time",
    "campaigns_campaign_page",
    "campaigns_campaign_preflight",
    "campaigns_campaign_preflight_people",
    "campaigns_campaign_rehearsal_live",
    "campaigns_campaign_report",
    "campaigns_campaign_test_live",
    "campaigns_campaign_to_form",
    "campaigns_campaign_variants",
    "campaigns_messagetemplate_version",
    "campaigns_messagetemplate_versions",
    "contacts_contact_change",
    "contacts_contact_changelist",
    "contacts_contact_export",
    "contacts_contact_export_xlsx",
    "contacts_contactimport_changelist",
    "contacts_contactimport_live",
    "contacts_contactimport_page",
    "contacts_contactimport_rejects",
    "contacts_contactimport_to_upload",
    "contacts_contactlist_export",
    "contacts_contactlist_export_xlsx",
    "contacts_contactlist_to_upload",
    "index",
    "overview-live",
    "conversations_conversation_changelist",
    "conversations_conversation_export",
    "conversations_conversation_list",
    "conversations_conversation_thread",
    "search",
    "sending_delivery_change",
    "sending_delivery_changelist",
    "sending_delivery_export",
    "sending_delivery_export_xlsx",
    "sending_delivery_story",
}
#: Words of an address that stay closed on an open page, by the page.
CLOSED_VERBS = {
    # What an import changed may belong to people in lists of others.
    "contacts_contactimport_do": frozenset({"undo"}),
    # Whom a conversation is assigned to names users; lifting is for all campaigns.
    "conversations_conversation_do": frozenset({"assign", "lift"}),
}
#: Pages that are everybody's own, and those before signing in.
OWN = frozenset(
    {
        "health-live", "health-ready", "set_language", "jsi18n",
        "login", "logout", "sign-in-again", "oidc-start", "oidc-back", "oidc-leave",
        "password_change", "password_change_done", "admin_password_reset",
        "password_reset_done", "password_reset_confirm", "password_reset_complete",
        "second-factor", "second-factor-own", "passkey-options", "passkey-proof",
        "new-passkey", "new-passkey-options",
        # The documentation, and what a result code means: nothing of the installation.
        "help", "help-page", "help-picture", "help-panel", "help-code", "help-tour",
        # A token signs in, not the session: `api.view` closes it.
        "api", "api-docs", "api-openapi",
    }
)  # fmt: skip
