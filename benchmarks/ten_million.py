"""Every page of the console, and the commands that list, at the size of years of work: PostgreSQL.

What is asked comes from the console itself: each list with every column it can be sorted by, every
filter with its first choices, and a search; each page of a row; each further page of the addresses.
A statement that takes long is explained, and one that reads a whole large table is named.
"""

from __future__ import annotations

import argparse
import io
import json
import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from statistics import median
from typing import Any
from urllib.parse import urlencode

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import URLResolver, get_resolver, reverse

from benchmarks.many_rows import Sizes, fill
from campaigns.models import Campaign
from contacts.models import Contact

#: Rows from which a table counts as large, as a share of the deliveries.
LARGE = 0.02
#: A statement that takes longer is explained, ms.
SLOW_STATEMENT = 20.0
#: Choices of each filter that are asked for.
CHOICES = 3
#: What people type into the search of a list.
TERMS = ("1", "20000", "客户", "李伟", "campaign 0001", "谢谢")
#: Parts of addresses, beside the keys of rows.
PARTS = {
    "step": ("who", "what", "senders", "when", "check"),
    "group": ("suppressed",),
    "number": ("1",),
}
#: Pages that stream a file of many rows; the reports have a benchmark of their own.
STREAMS = ("export", "report", "definition", "file", "download", "logout")


@dataclass
class Asked:
    """One question and what it cost.

    Attributes:
        what: the address or command.
        milliseconds: the median of three.
        status: of the answer.
        queries: the number of statements.
        scans: large tables that a statement read as a whole.
        slow: the slowest statements, with their milliseconds.
    """

    what: str
    milliseconds: float = 0.0
    status: int = 0
    queries: int = 0
    scans: list[str] = field(default_factory=list)
    slow: list[str] = field(default_factory=list)


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Fill the database, ask everything, and return what was slow or read a large table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000_000)
    parser.add_argument("--only", default="", help="only addresses that contain this")
    given = parser.parse_args(arguments)
    logging.disable(logging.ERROR)
    sizes = Sizes(given.deliveries)
    begin = time.perf_counter()
    rows = fill(sizes)
    filled = time.perf_counter() - begin
    large = {name for name, n in rows.items() if n >= sizes.deliveries * LARGE}
    client = Client(raise_request_exception=False)
    client.force_login(User.objects.get(username="bench"))
    asked = [_ask(client, address, large) for address in _addresses() if given.only in address]
    asked += [_command(words, large) for words in _commands() if given.only in " ".join(words)]
    asked.sort(key=lambda one: -one.milliseconds)
    return {
        "deliveries": sizes.deliveries,
        "rows": rows,
        "filled_seconds": round(filled, 1),
        "asked": len(asked),
        "failed": [one.what for one in asked if one.status >= 500],
        "above_target": [vars(one) for one in asked if one.milliseconds > 300],
        "scans": [vars(one) for one in asked if one.scans],
        "slowest": [(one.what, one.milliseconds, one.queries) for one in asked[:30]],
        "median": median(one.milliseconds for one in asked),
    }


def _addresses() -> Iterator[str]:
    for model, page in admin.site._registry.items():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        yield address
        yield from (f"{address}?{question}" for question in _questions(page, address))
    yield from _pages()


def _questions(page: Any, address: str) -> Iterator[str]:
    """Yield the questions that a list offers: sorts, filters, searches."""
    request = RequestFactory().get(address)
    request.user = User.objects.get(username="bench")
    changes: ChangeList = page.get_changelist_instance(request)
    for number, name in enumerate(changes.list_display):
        if number and changes.get_ordering_field(name) and _is_sortable(changes, name):
            yield f"o={number}"
            yield f"o=-{number}"
    for spec in changes.filter_specs:
        shown = [one for one in spec.choices(changes) if one.get("query_string")]
        for one in [one for one in shown if not one["selected"]][:CHOICES]:
            yield str(one["query_string"]).lstrip("?")
    if changes.search_fields:
        yield from (urlencode({"q": term}) for term in TERMS)
    yield "p=20"


def _is_sortable(changes: ChangeList, name: Any) -> bool:
    return changes.sortable_by is None or name in changes.sortable_by


def _pages() -> Iterator[str]:
    """Yield every further address that is read, for a row in the middle and for the last."""
    keys = {
        f"{model._meta.app_label}/{model._meta.model_name}": _keys(model)
        for model in admin.site._registry
    }
    for route in sorted(_routes()):
        if any(f"/{part}" in f"/{route}" for part in STREAMS):
            continue
        for key in keys.get("/".join(route.split("/")[:2]), ("",)):
            yield from _filled(f"/{route}", str(key))


def _filled(route: str, key: str) -> Iterator[str]:
    before, mark, rest = route.partition("<")
    if not mark:
        yield route
        return
    name, _end, after = rest.partition(">")
    name = name.rpartition(":")[2]
    for value in PARTS.get(name, (key,) if key and name == "object_id" else ()):
        yield from _filled(f"{before}{value}{after}", key)


def _keys(model: Any) -> list[Any]:
    newest = model._default_manager.order_by("-pk").values_list("pk", flat=True)
    last = newest.first()
    if last is None:
        return []
    middle = newest.filter(pk__lte=last // 2).first() if isinstance(last, int) else None
    return [last] if middle is None else [middle, last]


def _routes() -> set[str]:
    found: set[str] = set()
    waiting: list[tuple[str, Any]] = [("", get_resolver())]
    while waiting:
        prefix, resolver = waiting.pop()
        for one in resolver.url_patterns:
            route = f"{prefix}{one.pattern}".replace("^", "").replace("$", "").replace("\\Z", "")
            if isinstance(one, URLResolver):
                waiting.append((route, one))
            elif not route.startswith(("api/", "static", "i18n", "jsi18n", "r/")):
                found.add(route)
    return found


def _commands() -> Iterator[tuple[str, ...]]:
    campaign = Campaign.objects.order_by("pk").values_list("name", flat=True)[0]
    contact = Contact.objects.order_by("pk").values_list("uin", flat=True)[0]
    yield ("campaign", "status", campaign)
    yield ("campaign", "list")
    yield ("contacts", "lists")
    yield ("accounts", "list", "--json")
    yield ("inbox", "list", "--json")
    yield ("opt_outs", "list", "--json")
    yield ("report", "--since", "2026-01-01", "--until", "2026-12-31", "--json")
    yield ("contacts", "show", str(contact))


def _ask(client: Client, address: str, large: set[str]) -> Asked:
    return _measured(address, large, lambda: client.get(address).status_code)


def _command(words: tuple[str, ...], large: set[str]) -> Asked:
    def run() -> int:
        with redirect_stdout(io.StringIO()):
            try:
                call_command(*words)
            except Exception as problem:
                print(problem)
                return 500
        return 200

    return _measured(" ".join(words), large, run)


def _measured(what: str, large: set[str], run: Any) -> Asked:
    """Run it three times; explain what took long the last time."""
    asked, times = Asked(what), []
    for _turn in range(2):
        begin = time.perf_counter()
        asked.status = run()
        times.append(time.perf_counter() - begin)
    with CaptureQueriesContext(connection) as captured:
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    asked.milliseconds = round(median(times) * 1000, 1)
    asked.queries = len(captured)
    for query in captured.captured_queries:
        took = float(query["time"]) * 1000
        if took >= SLOW_STATEMENT:
            asked.slow.append(f"{took:.0f} ms: {query['sql'][:600]}")
            asked.scans += [one for one in _scanned(query["sql"]) if one in large]
    return asked


def _scanned(sql: str) -> list[str]:
    """Return the tables that the plan of a statement reads as a whole."""
    if not sql.lstrip(" (").upper().startswith(("SELECT", "WITH")):
        return []
    with connection.cursor() as cursor:
        cursor.execute("EXPLAIN (FORMAT JSON) " + sql.replace("%", "%%"))
        plan = cursor.fetchone()[0]
    plan = plan if isinstance(plan, list) else json.loads(plan)
    return sorted(set(_whole_tables(plan[0]["Plan"])))


def _whole_tables(node: dict[str, Any], limit: bool = False) -> Iterator[str]:
    limit = limit or node["Node Type"] == "Limit"
    if node["Node Type"] == "Seq Scan":
        yield node["Relation Name"]
    for child in node.get("Plans", ()):
        yield from _whole_tables(child, limit)
