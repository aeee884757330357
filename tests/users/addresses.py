"""Every address of the console, and which role may open it and post to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.apps import apps
from django.contrib import admin
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.urls.converters import IntConverter, SlugConverter
from django.urls.resolvers import RegexPattern

from accounts.admin.account_verbs import VERBS as ACCOUNT_VERBS
from campaigns.admin.campaign_schedule import VERBS as SCHEDULE_VERBS
from campaigns.admin.campaign_verb_table import VERBS as CAMPAIGN_VERBS
from campaigns.admin.sequence import VERBS as SEQUENCE_VERBS
from campaigns.admin.step_consequences import COUNTING
from campaigns.admin.step_form import STEPS
from contacts.admin.contact_page import VERBS as PERSON_VERBS

#: Words of an address that are no key of a row, by the name of the URL.
WORDS: dict[str, tuple[str, ...]] = {
    "campaigns_campaign_step": tuple(STEPS),
    "campaigns_campaign_step_counted": COUNTING,
    "accounts_account_ask": tuple(ACCOUNT_VERBS),
    "accounts_account_rejects": ("none",),
    "contacts_contact_ask": tuple(PERSON_VERBS),
    "contacts_contactimport_do": ("start", "cancel", "undo", "types"),
    "sending_delivery_resolve": ("arrived", "lost", "retry"),
    "campaigns_campaign_do": tuple(CAMPAIGN_VERBS),
    "campaigns_campaign_preflight_people": ("suppressed",),
    "campaigns_campaign_rehearsal": ("start", "stop"),
    "campaigns_campaign_decide": ("request", "approve", "reject", "withdraw"),
    "campaigns_sequence_decide": ("approve", "reject"),
    "campaigns_campaign_schedule": tuple(SCHEDULE_VERBS),
    "campaigns_campaign_report": ("csv", "xlsx", "json"),
    "campaigns_sequence_do": tuple(SEQUENCE_VERBS),
    "reports-file": ("csv", "xlsx"),
    "help-page": ("console",),
    "help-picture": ("images/overview.png",),
    "conversations_conversation_do": (
        "answer", "assign", "close", "reopen", "label", "note", "read", "unread",
    ),
}  # fmt: skip
#: Addresses without a role: they open before a sign-in, or lead elsewhere.
PUBLIC = {
    "api", "api-docs", "api-openapi",  # a token signs in, tests/api
    "health-live", "health-ready", "static-moved", "set_language",
    "login", "logout", "sign-in-again",
    "oidc-start", "oidc-back", "oidc-leave",  # for who is not signed in, tests/signin/test_oidc.py
    "view_on_site", "jsi18n", "autocomplete",  # the last asks for the right to view its model
}  # fmt: skip
#: Parameters of addresses that are the key of a row.
ROW_PARAMETERS = ("object_id", "id", "task_id", "report_id", "run_id")


@dataclass(frozen=True, slots=True)
class Address:
    """An address with a sample row: the name of its URL, its verb, and where it is."""

    name: str
    word: str
    where: str


def addresses(rows: Mapping[str, Any] | None = None) -> Iterator[Address]:
    """Return every address of the console that needs a role, for the rows that exist.

    Args:
        rows: the key of the row, by the name of a URL or the beginning of names, such as
            "contacts_segment"; elsewhere it is the first row's.
    """
    for pattern in _patterns(get_resolver().url_patterns):
        name = pattern.name or ""
        if not name or name in PUBLIC or name == "app_list":
            continue
        for word in WORDS.get(name, ("-",)):
            yield Address(name, word, _where(pattern, word, rows or {}))


def _patterns(found: Any) -> Iterator[URLPattern]:
    for one in found:
        if isinstance(one, URLResolver):
            yield from _patterns(one.url_patterns)
        else:
            yield one


def _where(pattern: URLPattern, word: str, rows: Mapping[str, Any]) -> str:
    name = str(pattern.name)
    key = rows.get(name, rows.get("_".join(name.split("_")[:2])))
    if name.endswith("_simple_history"):
        key = _key_of_a_row(name) if key is None else key
        return reverse(_full(name), args=[key, _key_of_a_state(name, key)])
    return reverse(_full(name), kwargs=_arguments(pattern, word, key))


def _key_of_a_state(name: str, key: Any) -> int:
    app, model = name.split("_")[:2]
    state = apps.get_model(app, f"historical{model}").objects.filter(id=key).first()
    return state.history_id if state is not None else 1


def _full(name: str) -> str:
    return f"admin:{name}" if name in _names_of_admin() else name


@cache
def _names_of_admin() -> frozenset[str]:
    return frozenset(str(one.name) for one in _patterns(admin.site.get_urls()))


def _arguments(pattern: URLPattern, word: str, key: Any) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name, converter in pattern.pattern.converters.items():
        if name in ROW_PARAMETERS and key is not None:
            values[name] = key
        elif name in ("object_id", "id"):
            values[name] = _key_of_a_row(str(pattern.name))
        elif isinstance(converter, IntConverter):
            values[name] = 1
        elif isinstance(converter, SlugConverter):
            values[name] = word
        else:
            values[name] = "1" if word == "-" else word
    if isinstance(pattern.pattern, RegexPattern):
        values |= dict.fromkeys(pattern.pattern.regex.groupindex, word)
    return values


def _key_of_a_row(name: str) -> Any:
    app, model = name.split("_")[:2]
    for registered in admin.site._registry:
        if (registered._meta.app_label, registered._meta.model_name) == (app, model):
            order = {"auth": "username" if model == "user" else "name"}.get(app, "pk")
            row = registered._base_manager.order_by(order).first()
            return row.pk if row is not None else 1
    return 1
