"""The names of the pages of the console: what the table of addresses names and a browser can open.

axe walks these pages and `make screenshots` photographs them. An address that is no page, or whose
page looks like another one, stands here with the reason. Without Django.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

#: Name, verb or "-", the first role that may GET, the first that may POST: of each address.
TABLE = Path(__file__).resolve().parents[1] / "users" / "addresses.txt"
#: Addresses that answer a GET with no page of their own, and what they answer instead.
NOT_PAGES = {
    "*_export": "a file",
    "*_export_xlsx": "a file",
    "*_restore": "restores by POST; leads to the row",
    "*_to_table": "a button of a list: leads to *_import",
    "*_to_upload": "a button of a list: leads to *_upload",
    "*_to_combine": "a button of a list: leads to *_combine",
    "*_to_search": "a button of a list: leads to *_search",
    "*_to_request": "a button of a list: leads to *_request",
    "*_to_definition": "a button of a list: leads to *_import",
    "*_to_form": "a button of a list: leads to *_add",
    "*_import_file": "a button of a list: leads to *_import",
    "*_confirm": "loads by POST what *_import shows before; leads there without a file",
    "*_counted": "a part of a page whose people are many",
    "*_live": "a part of a page, which asks for it again",
    "overview-live": "a part of the overview, which asks for it again",
    "api_token_delete": "nobody may: a token is revoked",
    "accounts_account_day": "a part of the account's page",
    "accounts_account_rejects": "a file",
    "campaigns_approvalsettings_changelist": "one row: leads to *_change",
    "campaigns_approvalsettings_delete": "nobody may",
    "campaigns_campaign_dates": "a part of the form",
    "campaigns_campaign_decide": "decides by POST; leads to *_approval",
    "campaigns_campaign_definition": "a file",
    "campaigns_campaign_over_time": "a part of the campaign's page",
    "campaigns_campaign_rehearsal": "by POST; leads to *_preflight",
    "campaigns_campaign_report": "a file",
    "campaigns_campaignrun_change": "leads to campaigns_campaign_page",
    "campaigns_messagetemplate_preview": "a part of the form",
    "campaigns_campaign_variants": "a part of the campaign's page",
    "campaigns_notification_change": "leads to campaigns_campaign_page",
    "campaigns_notification_delete": "nobody may",
    "campaigns_sequence_decide": "decides by POST; leads to *_approval",
    "campaigns_sequenceperson_change": "leads to contacts_contact_change",
    "contacts_contactimport_change": "leads to *_page",
    "contacts_contactimport_do-start": "by POST; leads to *_page",
    "contacts_contactimport_do-types": "by POST; leads to *_check",
    "contacts_contactimport_rejects": "a file",
    "contacts_segment_choices": "a part of the form",
    "contacts_segment_preview": "a part of the form",
    "conversations_conversation_canned": "the text of an answer, as JSON",
    "conversations_conversation_change": "leads to the conversation in *_changelist",
    "conversations_conversation_do": "by POST; leads to the conversation in *_changelist",
    "conversations_conversation_freshness": "a part of *_changelist",
    "conversations_conversation_list": "a part of *_changelist",
    "conversations_conversation_thread": "a part of *_changelist",
    "conversations_replyrule_to_order": "leads to conversations_replyrule_order",
    "help-code": "the meaning of a code, as JSON",
    "help-panel": "a part of every page",
    "help-picture": "a picture",
    "metrics": "text for Prometheus",
    "reports-file": "a file",
    "restored": "leads to the overview while nothing was restored; tests/operations looks at it",
    "search": "a part of the palette",
    "second-factor": "leads to second-factor-own for who has one or needs none",
    "sending_delivery_story": "a part of every list of deliveries",
    "sending_optoutsettings_changelist": "one row: leads to *_change",
    "sending_optoutsettings_delete": "nobody may",
    "webhooks_message_delete": "nobody may",
}
#: Pages with the template of another one: axe walks them, and no picture is taken.
LIKE_OTHERS = {
    "*_history": "the picture is campaigns_campaign_history",
    "*_simple_history": "the picture is campaigns_campaign_simple_history",
    "*_delete": "the picture is contacts_contactlist_delete",
    "accounts_account_ask": "a confirmation: accounts_account_ask-quarantine",
    "campaigns_campaign_do": "a confirmation: campaigns_campaign_do-cancel",
    "campaigns_campaign_schedule": "a confirmation: campaigns_campaign_schedule-end",
    "campaigns_sequence_do": "a confirmation: campaigns_sequence_do-end",
    "contacts_contact_ask": "a confirmation: contacts_contact_ask-erase",
    "sending_delivery_resolve": "a confirmation: sending_delivery_resolve-arrived",
}
#: Those of them with a picture.
PICTURED = (
    "campaigns_campaign_history",
    "campaigns_campaign_simple_history",
    "contacts_contactlist_delete",
    "campaigns_campaign_delete",
    "accounts_account_ask-quarantine",
    "campaigns_campaign_do-cancel",
    "campaigns_campaign_schedule-end",
    "campaigns_sequence_do-end",
    "contacts_contact_ask-erase",
    "sending_delivery_resolve-arrived",
)
#: The same addresses in other states, and pages from before a sign-in: name -> address.
STATES = {
    "tour": "/?tour=1",
    "help-search": "/help/?q=pause",
    "help-codes": "/help/pages/codes/",
    "help-cli": "/help/pages/cli/",
    "campaign-variants": "/campaigns/campaign/{variants}/page/",
    "campaign-variants-change": "/campaigns/campaign/{variants}/change/",
    "campaign-draft": "/campaigns/campaign/{draft}/page/",
    "campaign-repeated": "/campaigns/campaign/{repeated}/page/",
    "sequence-waiting": "/campaigns/sequence/{waiting_sequence}/page/",
    "import-uploaded": "/contacts/contactimport/{uploaded}/page/",
    "deliveries-panel": "/sending/delivery/?state__exact=sent#delivery-{delivery}",
    "accounts-by-trouble": "/accounts/account/?wrong=needs-somebody",
    "conversation": "/conversations/conversation/?c={conversation}",
    "api-docs": "/api/v1/docs",
    "missing": "/nowhere/",
}


def name_of(name: str, word: str) -> str:
    """Return the name of a page: that of its address, and its verb."""
    return name if word == "-" else f"{name}-{word.replace('/', '-')}"


def page_names() -> Iterator[str]:
    """Return the names of all pages."""
    yield from (name_of(*one) for one in _roles() if is_page(*one))
    yield from STATES


def is_page(name: str, word: str) -> bool:
    """Return whether the table says that somebody opens an address, and it is not excepted."""
    return _roles()[name, word] not in ("nobody", "-") and not reason(NOT_PAGES, name, word)


def reason(table: Mapping[str, str], name: str, word: str = "-") -> str:
    """Return what a table of exceptions says of an address; "" for nothing."""
    names = (name, name_of(name, word))
    return next((why for one, why in table.items() if any(fnmatchcase(n, one) for n in names)), "")


def is_pictured(name: str) -> bool:
    """Return whether a page has a picture of its own."""
    return name in PICTURED or name in STATES or not reason(LIKE_OTHERS, name.partition("-")[0])


@cache
def _roles() -> dict[tuple[str, str], str]:
    """Return the first role that may open each address."""
    lines = TABLE.read_text(encoding="utf-8").splitlines()
    return {(name, word): opens for name, word, opens, _posts in map(str.split, lines)}
