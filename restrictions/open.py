"""What is open to restricted users. Everything that is not named here is closed to them.

A page gets into this table only after its rows, columns, filters, forms and sentences were looked
through: the test with two tenants asks each of them for the other's names.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from accounts.models import Account
from campaigns.models import Campaign
from contacts.models import Contact, ContactList
from sending.models import Delivery


@dataclass(frozen=True)
class OpenModel:
    """What the pages of a model show.

    Attributes:
        columns: of its list.
        filters: of its list; none of them names rows of other models.
        fields: of its page; empty: it has none that is open.
    """

    columns: tuple[str, ...]
    filters: tuple[str, ...] = ()
    fields: tuple[str, ...] = field(default=())


MODELS = {
    Account: OpenModel(
        ("named", "health", "since", "friends", "pace", "session"),
        ("state", "state_reason"),
        ("uin", "name", "min_interval", "per_minute", "per_hour", "per_day"),
    ),
    ContactList: OpenModel(("name", "people", "description", "created_at"), (), ("name",)),
    Contact: OpenModel(("uin", "name", "created_at")),
    Campaign: OpenModel(("named", "badge", "progress", "created_at"), ("promise",)),
    Delivery: OpenModel(
        ("uin", "badge", "why", "account", "code", "attempt_count", "seq", "sent_at"),
        ("state",),
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
        "campaigns.override_quiet_hours",
        "campaigns.view_campaign",
        "campaigns.view_messagetemplate",
        "contacts.add_contact",
        "contacts.add_contactimport",
        "contacts.add_suppression",
        "contacts.change_contact",
        "contacts.delete_suppression",
        "contacts.view_contact",
        "contacts.view_contactimport",
        "contacts.view_contactlist",
        "contacts.view_suppression",
        "conversations.add_answer",
        "conversations.change_conversation",
        "conversations.view_conversation",
        "sending.change_delivery",
        "sending.view_delivery",
    }
)
#: Pages that change something; all others are only read.
WRITING = frozenset({"accounts_account_ask", "campaigns_campaign_do"})
#: Pages by the names of their addresses.
PAGES = WRITING | {
    "accounts_account_day",
    "accounts_account_change",
    "accounts_account_changelist",
    "campaigns_campaign_changelist",
    "campaigns_campaign_live",
    "campaigns_campaign_page",
    "campaigns_campaign_report",
    "contacts_contact_changelist",
    "contacts_contactlist_change",
    "contacts_contactlist_changelist",
    "sending_delivery_changelist",
}
#: Verbs of a campaign that concern nothing beyond it.
CAMPAIGN_VERBS = frozenset({"start", "pause", "resume", "cancel"})
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
