"""Which section of the documentation explains a page of the console."""

from __future__ import annotations

from dataclasses import dataclass

from qqcampaign.console.help.library import Page, find_page
from qqcampaign.console.help.markdown import Section, page_address

#: The section for a page that has none of its own.
ELSEWHERE = "console#pages"
#: By the name of an address, or of all addresses that begin with it: "page" or "page#section". The
#: longest name counts. Sections have the same anchor in every language.
PLACES = {
    "admin:index": "working#overview",
    "admin:campaigns_campaign": "working#campaigns",
    "admin:campaigns_campaign_page": "working#campaign",
    "admin:campaigns_campaign_figures": "working#campaign",
    "admin:campaigns_campaign_new": "working#steps",
    "admin:campaigns_campaign_step": "working#steps",
    "admin:campaigns_campaign_preflight": "working#preflight",
    "admin:campaigns_campaign_approval": "approval",
    "admin:campaigns_campaign_variants": "variants",
    "admin:campaigns_campaign_notifications": "notifications",
    "admin:campaigns_campaign_test": "working#test",
    "admin:campaigns_campaign_retry": "working#retry",
    "admin:campaigns_campaignrun": "working#engine",
    "admin:campaigns_sequence": "sequences",
    "admin:campaigns_messagetemplate": "templates",
    "admin:campaigns_snippet": "templates#snippets",
    "admin:campaigns_holidaycalendar": "schedules#at-what-hours",
    "admin:campaigns_defaultcap": "pools#frequency-caps-by-label",
    "admin:campaigns_approvalsettings": "approval#switching-approval-on",
    "admin:campaigns_notification": "notifications",
    "admin:conversations_conversation": "inbox",
    "admin:conversations_cannedanswer": "inbox#answering",
    "admin:conversations_replyrule": "rules",
    "admin:contacts_contact": "working#people",
    "admin:contacts_contactlist": "working#lists",
    "admin:contacts_segment": "segments",
    "admin:contacts_contactimport": "importing",
    "admin:contacts_suppression": "working#suppressions",
    "admin:contacts_attribute": "importing#attributes-and-their-types",
    "admin:accounts_account": "working#accounts",
    "admin:accounts_account_upload": "importing#accounts",
    "admin:accounts_accountpool": "pools#pools",
    "admin:accounts_warmupcurve": "pools#warm-up",
    "admin:accounts_friend": "friends",
    "admin:accounts_friendrequest": "friends#friend-requests",
    "admin:accounts_friendlink": "friends#making-and-ending-a-friendship",
    "admin:accounts_friendevent": "friends#friend-lists",
    "admin:accounts_profile": "friends#profiles",
    "admin:accounts_inboundmessage": "inbox",
    "admin:accounts_accounttask": "working#engine",
    "admin:accounts_session": "working#engine",
    "admin:accounts_egress": "working#engine",
    "admin:accounts_worker": "working#engine",
    "admin:accounts_outage": "working#engine",
    "admin:sending_delivery": "working#deliveries",
    "admin:sending_attempt": "working#engine",
    "admin:sending_optout": "opt-outs#what-was-taken-for-an-opt-out",
    "admin:sending_optoutword": "opt-outs#the-words",
    "admin:sending_optoutsettings": "opt-outs#the-confirmation",
    "admin:sending_forbiddenword": "templates#forbidden-words",
    "admin:sending_quiethours": "schedules#at-what-hours",
    "admin:sending_resultpolicy": "codes",
    "admin:labels_label": "pools#labels",
    "admin:webhooks_endpoint": "webhooks",
    "admin:webhooks_message": "webhooks#what-can-go-wrong",
    "admin:auth_user": "roles#keeping-users",
    "admin:auth_group": "roles",
    "admin:api_token": "api#a-token",
    "admin:api_apirequest": "api#requests",
    "admin:audit_auditentry": "audit",
    "calendar": "schedules",
    "reports": "reports",
    "reports-saved": "reports#saved-reports",
    "upkeep": "backup",
    "restored": "backup#restoring",
    "others-sign-in": "signing-in",
    "second-factor": "signing-in#a-second-factor",
    "help": "glossary",
}


@dataclass(frozen=True, slots=True)
class Place:
    """The page, and the section of it that is shown first; None: its beginning."""

    page: Page
    section: Section | None

    @property
    def address(self) -> str:
        """Where it is read in full."""
        return page_address(self.page.name, self.section.anchor if self.section else "")


def target_of(view: str) -> str:
    """Return the target in PLACES for the name of an address, or ELSEWHERE."""
    fitting = [name for name in PLACES if view == name or view.startswith((f"{name}_", f"{name}-"))]
    return PLACES[max(fitting, key=len)] if fitting else ELSEWHERE


def place_of(view: str, language: str) -> Place | None:
    """Return the section for the name of an address, in a language; None without the files."""
    name, _hash, anchor = target_of(view).partition("#")
    page = find_page(name, language)
    if page is None:
        return None
    return Place(page, page.section(anchor) if anchor else None)
