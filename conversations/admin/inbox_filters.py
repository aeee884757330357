"""The filters of the inbox: what a URL asks for, and what the page offers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext as _

from accounts.models import Account
from campaigns.models import Campaign
from conversations.find import Filters
from conversations.states import ConversationState
from labels.models import Label
from tabular.uin_search import uin_digits

#: The boxes of the inbox; the first is shown when a URL names none.
BOXES = ("open", "unread", "mine", "unassigned", "closed", "all")
#: The parameters that filter, and so are kept from page to page.
KEPT = ("box", "account", "campaign", "label", "q")
#: The parameter by which the page of labels leads here.
FROM_LABEL = "labels__id__exact"
#: The most campaigns and labels that the form offers, the newest.
MOST_CHOICES = 200
#: The most digits of a key.
LONGEST_KEY = 19


@dataclass(frozen=True, slots=True)
class InboxQuery:
    """What a URL of the inbox asks for.

    Attributes:
        box: one of BOXES.
        given: the parameters that filter, as they were given.
        filters: the same for the search.
        is_filtered: whether more than the box restricts.
    """

    box: str
    given: Mapping[str, str]
    filters: Filters
    is_filtered: bool

    def url(self, **changes: Any) -> str:
        """Return the query of a URL with other values; None leaves one out."""
        values = {**self.given, **changes}
        return urlencode({name: value for name, value in values.items() if value})


def query_of(request: HttpRequest) -> InboxQuery:
    """Return what the request asks for; what cannot be read restricts nothing."""
    given = {name: request.GET.get(name, "").strip() for name in KEPT}
    if of_label := request.GET.get(FROM_LABEL, ""):
        given |= {"label": of_label, "box": given["box"] or "all"}
    box = given["box"] if given["box"] in BOXES else BOXES[0]
    state = {
        "closed": ConversationState.CLOSED,
        "all": "",
        "unread": "",
    }.get(box, ConversationState.OPEN)
    filters = Filters(
        state=state,
        is_unread=box == "unread",
        assignee=request.user if box == "mine" else None,
        is_unassigned=box == "unassigned",
        account=_account(given["account"]),
        campaign=_row(Campaign, given["campaign"]),
        labels=[label] if (label := _row(Label, given["label"])) is not None else [],
        words=given["q"],
    )
    is_filtered = any(given[name] for name in KEPT if name != "box")
    return InboxQuery(box, {**given, "box": given["box"] and box}, filters, is_filtered)


def box_names() -> dict[str, str]:
    """Return the names of the boxes."""
    return {
        "open": _("Open"),
        "unread": _("Unread"),
        "mine": _("Mine"),
        "unassigned": _("Unassigned"),
        "closed": _("Closed"),
        "all": _("All"),
    }


def choices() -> dict[str, Any]:
    """Return the campaigns and labels that the form offers."""
    return {
        "campaigns": Campaign.objects.order_by("-pk").only("pk", "name")[:MOST_CHOICES],
        "labels": Label.objects.order_by("name")[:MOST_CHOICES],
    }


def _account(text: str) -> Account | None:
    """Return the account of a UIN; for a UIN without one, an account that has no conversation."""
    digits = uin_digits(text) if text else ""
    if not text:
        return None
    found = Account.objects.filter(uin=int(digits)).first() if digits else None
    return found if found is not None else Account(pk=0)


def _row(model: Any, text: str) -> Any:
    """Return the row of a key, or None, without a query if the text is no key."""
    if not (text.isascii() and text.isdecimal() and len(text) < LONGEST_KEY):
        return None
    return model.objects.filter(pk=int(text)).first()
