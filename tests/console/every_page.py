"""Where every page of the console is, for rows that have something to show."""

from __future__ import annotations

import json
from collections.abc import Mapping

from tests.console.every_row import make_every_row
from tests.console.page_names import STATES, is_page, name_of
from tests.users.addresses import addresses

#: The row that fills an address, by the name of the address or of its model: a key of
#: `make_every_row`. Other addresses get the first row.
ROWS = {
    "accounts_account": "account",
    "accounts_accountpool": "pool",
    "accounts_friend_found": "search",
    "api_apirequest": "request",
    "api_token": "token",
    "auth_group": "group",
    "auth_user": "colleague",
    "calendar-move": "run",
    "campaigns_campaign": "campaign",
    "campaigns_campaign_approval": "approval",
    "campaigns_campaign_choose": "variants",
    "campaigns_campaign_clone": "draft",
    "campaigns_campaign_figures": "variants",
    "campaigns_campaign_preflight": "approval",
    "campaigns_campaign_preflight_people": "draft",
    "campaigns_campaign_counted": "approval",
    "campaigns_campaign_step": "draft",
    "campaigns_campaign_step_counted": "draft",
    "campaigns_campaign_schedule": "repeated",
    "campaigns_holidaycalendar": "calendar",
    "campaigns_messagetemplate": "template",
    "campaigns_notification": "notification",
    "campaigns_sequence": "sequence",
    "campaigns_sequence_approval": "waiting_sequence",
    "campaigns_sequence_decide": "waiting_sequence",
    "campaigns_snippet": "snippet",
    "contacts_contact": "person",
    "contacts_contactimport": "loaded",
    "contacts_contactimport_check": "uploaded",
    "contacts_contactlist": "list",
    "contacts_segment": "segment",
    "conversations_conversation": "conversation",
    "conversations_replyrule": "rule",
    "labels_label": "label",
    "reports-saved-delete": "report",
    "reports-saved-mail": "report",
    "sending_delivery": "delivery",
    "sending_quiethours": "quiet",
    "webhooks_endpoint": "endpoint",
    "webhooks_message": "message",
}
#: What an address needs behind it to show something.
QUERIES = {
    "campaigns_campaign_choose": "?variant=直接优惠",
    "campaigns_campaign_schedule": "?at=2026-12-03T01:00:00Z",
}


def show() -> None:
    """Make the rows, and print the pages as JSON: `manage.py shell -c` calls this."""
    print(json.dumps(pages(make_every_row())))


def pages(keys: Mapping[str, int]) -> dict[str, str]:
    """Return the address of every page by name, for the rows of `make_every_row`."""
    rows = {name: keys[key] for name, key in ROWS.items()}
    found = {
        name_of(one.name, one.word): one.where + QUERIES.get(one.name, "")
        for one in addresses(rows)
        if is_page(one.name, one.word)
    }
    return found | {name: where.format(**keys) for name, where in STATES.items()}
