"""What a restricted user posts to each open page that carries a verb out, and on what."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils import timezone

from accounts.admin.account_verbs import VERBS as ACCOUNT_VERBS
from accounts.states import AccountState
from campaigns.admin.campaign_schedule import VERBS as SCHEDULE_VERBS
from campaigns.admin.campaign_verb_table import VERBS as CAMPAIGN_VERBS
from campaigns.admin.delivery_actions import RETRY, VERDICTS
from campaigns.models import Approval, Campaign
from campaigns.scheduling.dates import next_dates
from conversations.admin.inbox_verbs import VERBS as INBOX_VERBS
from conversations.models import Answer
from labels.models import Label
from restrictions.open import CLOSED_VERBS
from tests.restrictions import states
from tests.restrictions.states import Tenant

_CAMPAIGN, _IMPORT = "campaigns_campaign", "contacts_contactimport"
_ACCOUNT, _INBOX = "accounts_account", "conversations_conversation"
Values = Callable[[Any], dict[str, Any]]


def _nothing(_row: Any) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Case:
    """One post.

    Attributes:
        page: the name of its address.
        state: makes the row of a tenant on which it is carried out.
        word: the verb in the address; "" if there is none.
        word_name: the name of the verb in the address.
        values: what is posted, given the row.
        query: what is asked in the address, given the row.
    """

    page: str
    state: Callable[[Tenant], Any]
    word: str = ""
    word_name: str = "verb"
    values: Values = _nothing
    query: str = ""

    def where(self, key: int) -> str:
        """Return the address for a row."""
        arguments: dict[str, Any] = {"object_id": key}
        if self.word:
            arguments[self.word_name] = self.word
        return reverse(f"admin:{self.page}", kwargs=arguments) + self.query


def _hash(campaign: Campaign) -> dict[str, Any]:
    return {"hash": Approval.objects.get(campaign=campaign).hash, "comment": "seen"}


def _next_date(campaign: Campaign) -> dict[str, Any]:
    return {"at": next_dates(campaign=campaign, most=1)[0].isoformat()}


def _cancelled_date(campaign: Campaign) -> dict[str, Any]:
    return {"at": campaign.occurrences.get().at.isoformat()}


def _tested(campaign: Campaign) -> dict[str, Any]:
    account = campaign.accounts.get()
    contact_list = campaign.lists.get()
    return {"to": str(contact_list.contacts.order_by("pk")[0].uin), "account": account.pk}


def _answer(conversation: Any) -> dict[str, Any]:
    return {"delivery": Answer.objects.get(conversation=conversation).delivery_id}


def _account(tenant: Tenant) -> Any:
    return tenant.account


def _account_in(state: str) -> Callable[[Tenant], Any]:
    def made(tenant: Tenant) -> Any:
        type(tenant.account).objects.filter(pk=tenant.account.pk).update(state=state)
        return tenant.account

    return made


_CAMPAIGN_STATES: dict[str, Callable[[Tenant], Any]] = {
    "start": states.campaign_of,
    "ask-again": states.approval_is_void,
    "start-schedule": states.repeated,
    "start-again": states.finished,
    "resume": states.paused,
}
_SCHEDULE_STATES = {"resume": states.schedule_paused, "restore-date": states.date_cancelled}
_DATES: dict[str, Values] = {"cancel-date": _next_date, "restore-date": _cancelled_date}
_INBOX_STATES: dict[str, Callable[[Tenant], Any]] = {
    "cancel": states.answered,
    "reopen": lambda tenant: states.conversation(tenant, state="closed"),
    "unread": lambda tenant: states.conversation(tenant, unread=0, read_at=timezone.now()),
}
_INBOX_VALUES: dict[str, Values] = {
    "answer": lambda _row: {"text": "an answer", "key": "k"},
    "cancel": _answer,
    "labels": lambda _row: {"labels": [Label.objects.get(name="ours").pk]},
    "note": lambda _row: {"note": "a note"},
    "read": lambda _row: {"until": (timezone.now() + timedelta(minutes=1)).isoformat()},
}
_ACCOUNT_STATES = {"enable": AccountState.DISABLED}


def _cases() -> Iterator[Case]:
    for verb in CAMPAIGN_VERBS:
        yield Case(f"{_CAMPAIGN}_do", _CAMPAIGN_STATES.get(verb, states.with_run), verb)
    for verb in SCHEDULE_VERBS:
        of_schedule = _SCHEDULE_STATES.get(verb, states.schedule_on)
        yield Case(f"{_CAMPAIGN}_schedule", of_schedule, verb, values=_DATES.get(verb, _nothing))
    for verb in ("approve", "reject"):
        yield Case(f"{_CAMPAIGN}_decide", states.to_be_approved, verb, values=_hash)
    yield Case(f"{_CAMPAIGN}_rehearsal", states.campaign_of, "start")
    yield Case(f"{_CAMPAIGN}_rehearsal", states.rehearsing, "cancel")
    yield Case(f"{_CAMPAIGN}_choose", states.with_variants, query="?variant=A")
    yield Case(f"{_CAMPAIGN}_retry", states.finished)
    yield Case(f"{_CAMPAIGN}_test", states.campaign_of, values=_tested)
    for verdict in (*VERDICTS, RETRY):
        made = states.failed_delivery if verdict == RETRY else states.unknown_delivery
        yield Case("sending_delivery_resolve", made, verdict, "verdict")
    for page, unused in (
        (_CAMPAIGN, states.campaign_of),
        ("campaigns_messagetemplate", states.unused_template),
        ("contacts_contactlist", states.unused_list),
    ):
        yield Case(f"{page}_delete", unused)
        yield Case(f"{page}_restore", states.archived(unused))
    yield Case(f"{_IMPORT}_do", states.import_under_way, "cancel")
    for verb in INBOX_VERBS:
        if verb not in CLOSED_VERBS[f"{_INBOX}_do"]:
            state = _INBOX_STATES.get(verb, states.conversation)
            yield Case(f"{_INBOX}_do", state, verb, values=_INBOX_VALUES.get(verb, _nothing))
    # The last ones: an account that is disabled sends no answer.
    for verb in ACCOUNT_VERBS:
        account = _account_in(_ACCOUNT_STATES[verb]) if verb in _ACCOUNT_STATES else _account
        yield Case(f"{_ACCOUNT}_ask", account, verb)


CASES = tuple(_cases())
