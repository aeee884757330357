"""The settings of django-unfold: the sidebar, the name and the colours of the console."""

from __future__ import annotations

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _item(title: Any, icon: str, view: str, permission: str, **more: Any) -> dict[str, Any]:
    """Return one item of the sidebar, shown to operators with the permission."""
    return {
        "title": title,
        "icon": icon,
        "link": reverse_lazy(f"admin:{view}"),
        "permission": lambda request: request.user.has_perm(permission),
        **more,
    }


SIDEBAR = [
    {
        "items": [
            {"title": _("Overview"), "icon": "monitoring", "link": reverse_lazy("admin:index")},
        ]
    },
    {
        "title": _("Campaigns"),
        "items": [
            _item(
                _("Campaigns"),
                "campaign",
                "campaigns_campaign_changelist",
                "campaigns.view_campaign",
            ),
            _item(
                _("Sequences"),
                "stacked_email",
                "campaigns_sequence_changelist",
                "campaigns.view_sequence",
            ),
            _item(
                _("Message templates"),
                "description",
                "campaigns_messagetemplate_changelist",
                "campaigns.view_messagetemplate",
            ),
            _item(
                _("Snippets"),
                "extension",
                "campaigns_snippet_changelist",
                "campaigns.view_snippet",
            ),
            _item(
                _("Forbidden words"),
                "block",
                "sending_forbiddenword_changelist",
                "sending.view_forbiddenword",
            ),
            _item(
                _("Holidays"),
                "event_busy",
                "campaigns_holidaycalendar_changelist",
                "campaigns.view_holidaycalendar",
            ),
            _item(
                _("Quiet hours"),
                "bedtime",
                "sending_quiethours_changelist",
                "sending.view_quiethours",
            ),
            _item(
                _("Frequency cap"),
                "speed",
                "campaigns_defaultcap_changelist",
                "campaigns.view_defaultcap",
            ),
            _item(
                _("Approval"),
                "rule",
                "campaigns_approvalsettings_changelist",
                "campaigns.view_approvalsettings",
            ),
            _item(_("Labels"), "label", "labels_label_changelist", "labels.view_label"),
            _item(
                _("Runs"),
                "play_circle",
                "campaigns_campaignrun_changelist",
                "campaigns.view_campaignrun",
            ),
            _item(
                _("Deliveries"),
                "outbox",
                "sending_delivery_changelist",
                "sending.view_delivery",
            ),
            _item(
                _("Attempts"),
                "receipt_long",
                "sending_attempt_changelist",
                "sending.view_attempt",
            ),
            _item(
                _("Notifications"),
                "notifications",
                "campaigns_notification_changelist",
                "campaigns.view_notification",
            ),
        ],
    },
    {
        "title": _("People"),
        "items": [
            _item(_("Contacts"), "person", "contacts_contact_changelist", "contacts.view_contact"),
            _item(
                _("Lists"), "groups", "contacts_contactlist_changelist", "contacts.view_contactlist"
            ),
            _item(
                _("Segments"), "filter_alt", "contacts_segment_changelist", "contacts.view_segment"
            ),
            _item(
                _("Attributes"),
                "sell",
                "contacts_attribute_changelist",
                "contacts.view_attribute",
            ),
            _item(
                _("Imports"),
                "upload_file",
                "contacts_contactimport_changelist",
                "contacts.view_contactimport",
            ),
            _item(
                _("Suppressions"),
                "do_not_disturb_on",
                "contacts_suppression_changelist",
                "contacts.view_suppression",
            ),
            _item(
                _("Inbox"),
                "inbox",
                "accounts_inboundmessage_changelist",
                "accounts.view_inboundmessage",
            ),
        ],
    },
    {
        "title": _("Senders"),
        "items": [
            _item(
                _("Accounts"),
                "account_circle",
                "accounts_account_changelist",
                "accounts.view_account",
            ),
            _item(
                _("Pools"),
                "workspaces",
                "accounts_accountpool_changelist",
                "accounts.view_accountpool",
            ),
            _item(
                _("Warm-up curves"),
                "trending_up",
                "accounts_warmupcurve_changelist",
                "accounts.view_warmupcurve",
            ),
            _item(
                _("Account tasks"),
                "assignment",
                "accounts_accounttask_changelist",
                "accounts.view_accounttask",
            ),
            _item(
                _("Friends"), "diversity_3", "accounts_friend_changelist", "accounts.view_friend"
            ),
            _item(_("Sessions"), "key", "accounts_session_changelist", "accounts.view_session"),
            _item(_("Egresses"), "lan", "accounts_egress_changelist", "accounts.view_egress"),
            _item(_("Workers"), "memory", "accounts_worker_changelist", "accounts.view_worker"),
            _item(_("Outages"), "cloud_off", "accounts_outage_changelist", "accounts.view_outage"),
            _item(
                _("Result policies"),
                "rule",
                "sending_resultpolicy_changelist",
                "sending.view_resultpolicy",
            ),
        ],
    },
    {
        "title": _("Administration"),
        "items": [
            _item(_("Operators"), "badge", "auth_user_changelist", "auth.view_user"),
            _item(_("Roles"), "admin_panel_settings", "auth_group_changelist", "auth.view_group"),
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
    "STYLES": [lambda request: static("console/console.css")],
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
    # The menu of the operator who is signed in.
    "ACCOUNT": {
        "navigation": [
            {
                "title": _("My notifications"),
                "link": reverse_lazy("admin:campaigns_notification_own"),
            }
        ]
    },
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": SIDEBAR},
    "COMMAND": {
        "search_models": ["accounts.account", "campaigns.campaign", "contacts.contactlist"]
    },
    "DASHBOARD_CALLBACK": "qqcampaign.console.overview.overview",
}
