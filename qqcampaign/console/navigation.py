"""The settings of django-unfold: the sidebar, the name and the colours of the console."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from foundation.restricted import may_open


def _item(title: Any, icon: str, model: str) -> dict[str, Any]:
    """Return one item of the sidebar: the list of a model, for operators who may view it.

    Args:
        title: the words; the page has the same title.
        icon: a name of Material Symbols.
        model: as `app.model`.
    """
    app, name = model.split(".")
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{app}_{name}_changelist"),
        "permission": lambda request: (
            request.user.has_perm(f"{app}.view_{name}")
            and may_open(request.user, f"{app}_{name}_changelist")
        ),
    }


# Rooms by what an operator does. The last two open on demand, and stay as they were left.
SIDEBAR: list[dict[str, Any]] = [
    {
        "items": [
            {"title": _("Overview"), "icon": "monitoring", "link": reverse_lazy("admin:index")},
            {
                **_item(_("Campaigns"), "campaign", "campaigns.campaign"),
                "badge": "qqcampaign.console.badges.approvals",
            },
            {
                "title": _("Calendar"),
                "icon": "calendar_month",
                "link": reverse_lazy("calendar"),
                "permission": lambda request: (
                    request.user.has_perm("campaigns.view_campaign")
                    and may_open(request.user, "calendar")
                ),
            },
            _item(_("Sequences"), "stacked_email", "campaigns.sequence"),
            {
                **_item(_("Inbox"), "inbox", "conversations.conversation"),
                "badge": "conversations.admin.inbox_list.unread_badge",
            },
        ]
    },
    {
        "title": _("People"),
        "items": [
            _item(_("Contacts"), "person", "contacts.contact"),
            _item(_("Lists"), "groups", "contacts.contactlist"),
            _item(_("Segments"), "filter_alt", "contacts.segment"),
            _item(_("Imports"), "upload_file", "contacts.contactimport"),
            _item(_("Suppressions"), "do_not_disturb_on", "contacts.suppression"),
        ],
    },
    {
        "title": _("Senders"),
        "items": [
            {
                **_item(_("Accounts"), "account_circle", "accounts.account"),
                "badge": "qqcampaign.console.badges.quarantined_accounts",
            },
            _item(_("Pools"), "workspaces", "accounts.accountpool"),
            _item(_("Friends"), "diversity_3", "accounts.friend"),
            {
                **_item(_("Friend requests"), "person_add", "accounts.friendrequest"),
                "badge": "accounts.admin.friend_request.waiting_badge",
            },
        ],
    },
    {
        "title": _("Reports"),
        "items": [
            {
                "title": _("Overall report"),
                "icon": "bar_chart",
                "link": reverse_lazy("reports"),
                "permission": lambda request: request.user.has_perm("campaigns.view_campaignrun"),
            },
            _item(_("Deliveries"), "outbox", "sending.delivery"),
            _item(_("Opt-outs"), "unsubscribe", "sending.optout"),
        ],
    },
    {
        "title": _("Texts"),
        "items": [
            _item(_("Message templates"), "description", "campaigns.messagetemplate"),
            _item(_("Snippets"), "extension", "campaigns.snippet"),
            _item(_("Canned answers"), "quickreply", "conversations.cannedanswer"),
        ],
    },
    {
        "key": "administration",
        "title": _("Administration"),
        "icon": "settings",
        "separator": True,
        "collapsible": True,
        "items": [
            _item(_("Attributes"), "sell", "contacts.attribute"),
            _item(_("Labels"), "label", "labels.label"),
            _item(_("Forbidden words"), "block", "sending.forbiddenword"),
            _item(_("Rules for messages"), "rule_folder", "conversations.replyrule"),
            _item(_("Opt-out words"), "voice_over_off", "sending.optoutword"),
            _item(_("Opting out"), "mark_email_read", "sending.optoutsettings"),
            _item(_("Quiet hours"), "bedtime", "sending.quiethours"),
            _item(_("Holidays"), "event_busy", "campaigns.holidaycalendar"),
            _item(_("Frequency cap"), "speed", "campaigns.defaultcap"),
            _item(_("Warm-up curves"), "trending_up", "accounts.warmupcurve"),
            _item(_("Result policies"), "rule_settings", "sending.resultpolicy"),
            _item(_("Approval"), "rule", "campaigns.approvalsettings"),
            _item(_("Notifications"), "notifications", "campaigns.notification"),
            _item(_("Webhooks"), "webhook", "webhooks.endpoint"),
            _item(_("Messages to webhooks"), "outbox", "webhooks.message"),
            _item(_("Users"), "badge", "auth.user"),
            {
                "title": _("API tokens"),
                "icon": "vpn_key",
                "link": reverse_lazy("admin:api_token_changelist"),
                "permission": lambda request: (
                    request.user.is_staff and may_open(request.user, "api_token_changelist")
                ),
            },
            _item(_("API requests"), "list_alt", "api.apirequest"),
            _item(_("Roles"), "admin_panel_settings", "auth.group"),
            _item(_("Audit trail"), "history", "audit.auditentry"),
            {
                "title": _("Signing in"),
                "icon": "lock_person",
                "link": reverse_lazy("others-sign-in"),
                "permission": lambda request: request.user.has_perm("auth.change_user"),
            },
            {
                "title": _("Data and backups"),
                "icon": "backup",
                "link": reverse_lazy("upkeep"),
                "permission": lambda request: request.user.has_perm("holds.change_hold"),
            },
        ],
    },
    {
        "key": "engine",
        "title": _("Engine room"),
        "icon": "manufacturing",
        "collapsible": True,
        "badge": "qqcampaign.console.badges.outages",
        "items": [
            _item(_("Runs"), "play_circle", "campaigns.campaignrun"),
            _item(_("Attempts"), "receipt_long", "sending.attempt"),
            _item(_("Inbound messages"), "move_to_inbox", "accounts.inboundmessage"),
            _item(_("Account tasks"), "assignment", "accounts.accounttask"),
            _item(_("Own friend requests"), "person_search", "accounts.friendlink"),
            _item(_("Changes of friend lists"), "swap_vert", "accounts.friendevent"),
            _item(_("Profiles"), "contact_page", "accounts.profile"),
            _item(_("Sessions"), "key", "accounts.session"),
            _item(_("Egresses"), "lan", "accounts.egress"),
            _item(_("Workers"), "memory", "accounts.worker"),
            _item(_("Outages"), "cloud_off", "accounts.outage"),
        ],
    },
]

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "qqcampaign",
    "SITE_HEADER": "qqcampaign",
    "SITE_SUBHEADER": _("campaigns to friends"),
    "SITE_SYMBOL": "forum",
    "SITE_URL": None,
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "BORDER_RADIUS": "6px",
    "SITE_FAVICONS": [
        {
            "rel": "icon",
            "type": "image/svg+xml",
            "href": lambda request: static("console/favicon.svg"),
        }
    ],
    "LOGIN": {"form": "signin.form.SignInForm"},
    "STYLES": [
        lambda request: static("console/console.css"),
        lambda request: static("console/help.css"),
    ],
    "SCRIPTS": [
        lambda request: static("console/by_hand.js"),
        lambda request: static("console/names.js"),
        lambda request: static("console/keys.js"),
        lambda request: static("console/live.js"),
        lambda request: static("console/story.js"),
        lambda request: static("console/help.js"),
    ],
    "COLORS": {
        "primary": {
            "50": "oklch(97.1% .013 233)",
            "100": "oklch(94.4% .03 233)",
            "200": "oklch(89.3% .06 231)",
            "300": "oklch(82% .11 231)",
            "400": "oklch(73.5% .15 233)",
            "500": "oklch(64% .16 238)",
            "600": "oklch(54% .15 243)",
            "700": "oklch(47% .13 244)",
            "800": "oklch(41.5% .11 243)",
            "900": "oklch(36.5% .09 243)",
            "950": "oklch(27.5% .065 245)",
        },
    },
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": SIDEBAR},
    # The menu of the operator who is signed in.
    "ACCOUNT": {
        "navigation": [
            {"title": _("Help"), "link": reverse_lazy("help")},
            {"title": _("My sign-in"), "link": reverse_lazy("second-factor-own")},
            {
                "title": _("My notifications"),
                "link": reverse_lazy("admin:campaigns_notification_own"),
            },
        ]
    },
    "DASHBOARD_CALLBACK": "qqcampaign.console.overview.overview",
}
