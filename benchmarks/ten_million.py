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
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import nullcontext, redirect_stdout
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import islice
from statistics import median
from typing import Any
from urllib.parse import unquote_plus, urlencode

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.contrib.auth.models import User
from django.core.management import call_command
from django.db import connection
from django.forms import CharField, FloatField, IntegerField, ModelChoiceField, SplitDateTimeField
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import resolve, reverse

from benchmarks.many_rows import Sizes, count_rows, fill
from benchmarks.many_rows_out import bytes_per_row, removal, reports
from benchmarks.targets import PAGE_MS
from campaigns.models import Campaign
from campaigns.planning.plan_sql import reading_chunks
from contacts.models import Contact
from tests.fuzzing.requests import routes

#: Rows from which a table counts as large, as a share of the deliveries.
LARGE = 0.02
#: A statement that takes longer is explained, ms.
SLOW_STATEMENT = 20.0
#: What took less is not asked again, ms.
REPEATED_FROM = 100.0
#: A statement that reads more rows of a large table is reported.
MOST_READ = 20_000
#: Choices of each filter that are asked for.
CHOICES = 3
#: What people type into the search of a list.
TERMS = ("1", "20000", "客户", "李伟", "campaign 0001", "谢谢")
_HALF_A_YEAR_AGO = str(date.today() - timedelta(days=182))
#: Parts of addresses, beside the keys of rows.
PARTS = {
    "step": ("who", "what", "senders", "when", "check"),
    "group": ("suppressed",),
    "number": ("1",),
}
#: What a page of many people asks for after it is there: how it ends.
FOLLOWING = "/counted/"
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
        cpu: of this process, milliseconds, the first time.
        database: milliseconds in statements, the first time.
        read: how many rows of large tables a slow statement read.
        slow: the slowest statements, with their milliseconds.
    """

    what: str
    milliseconds: float = 0.0
    status: int = 0
    queries: int = 0
    cpu: float = 0.0
    database: float = 0.0
    read: dict[str, int] = field(default_factory=dict)
    slow: list[str] = field(default_factory=list)


def main(arguments: Sequence[str]) -> dict[str, Any]:
    """Fill the database, ask everything, and return what was slow or read a large table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deliveries", type=int, default=10_000_000)
    parser.add_argument("--filled", action="store_true", help="the database is filled: only ask")
    parser.add_argument("--only", default="", help="only addresses that contain this")
    parser.add_argument("--table", action="store_true", help="print everything that was asked")
    given = parser.parse_args(arguments)
    logging.disable(logging.ERROR)
    sizes = Sizes(given.deliveries)
    begin = time.perf_counter()
    resolve("/")  # registers the pages of the console
    rows = count_rows() if given.filled else fill(sizes)
    filled = time.perf_counter() - begin
    large = {name for name, n in rows.items() if n >= sizes.deliveries * LARGE}
    client = Client(raise_request_exception=False, SERVER_NAME="localhost")
    client.force_login(User.objects.get(username="bench"))
    asked = [_ask(client, address, large) for address in _addresses() if given.only in address]
    asked += [_command(words, large) for words in _commands() if given.only in " ".join(words)]
    asked.sort(key=lambda one: -one.milliseconds)
    if given.table:
        print(_table(asked), file=sys.stderr)
    return {
        "bytes_per_row": bytes_per_row(),
        "reports": reports(),
        # Asked again, the same database should answer the same.
        "removal": {} if given.filled else removal(),
        "deliveries": sizes.deliveries,
        "rows": rows,
        "filled_seconds": round(filled, 1),
        "most_read": MOST_READ,
        "asked": len(asked),
        "failed": [
            (one.what, one.status)
            for one in asked
            if one.status >= (400 if "?" in one.what else 500)
        ],
        "above_target": [
            vars(one)
            for one in asked
            if one.milliseconds > PAGE_MS and not one.what.endswith(FOLLOWING)
        ],
        "following_ms": [one.milliseconds for one in asked if one.what.endswith(FOLLOWING)],
        "reads": [vars(one) for one in asked if max(one.read.values(), default=0) > MOST_READ],
        "slowest": [
            (one.what, one.milliseconds, one.cpu, one.database, one.queries) for one in asked[:30]
        ],
        "median": median(one.milliseconds for one in asked),
    }


def _table(asked: list[Asked]) -> str:
    """Return what was asked as a table, the slowest first."""
    lines = ["| what | ms | of it CPU | of it database | rows read of large tables |"]
    lines.append("|---|---:|---:|---:|---|")
    for one in asked:
        read = ", ".join(f"{n:,} of {table}" for table, n in one.read.items())
        what = unquote_plus(one.what)
        lines.append(f"| {what} | {one.milliseconds} | {one.cpu} | {one.database} | {read} |")
    return "\n".join(lines)


def _addresses() -> Iterator[str]:
    for model, page in admin.site._registry.items():
        address = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        yield address
        yield from (f"{address}?{question}" for question in _questions(page, address))
    yield from _pages()


def _questions(page: Any, address: str) -> Iterator[str]:
    """Yield the questions that a list offers: sorts, filters, searches, and filters together."""
    request = RequestFactory().get(address)
    request.user = User.objects.get(username="bench")
    request.resolver_match = resolve(address)
    changes: ChangeList = page.get_changelist_instance(request)
    sorts = [
        f"o={sign}{number}"
        for number, name in enumerate(changes.list_display)
        if number and changes.get_ordering_field(name) and _is_sortable(changes, name)
        for sign in ("", "-")
    ]
    filters = [
        list(islice(_asked_by(spec, changes), CHOICES))
        for spec in changes.filter_specs
        if spec.has_output()
    ]
    yield from sorts
    yield from (question for choices in filters for question in choices)
    if changes.search_fields:
        yield from (urlencode({"q": term}) for term in TERMS)
    # The first filter that chooses a row, such as the run, with each of the others.
    none: list[str] = []
    of_row = next((one for one in filters if one and "__id__exact=" in one[0]), none)
    for others in (*filters, sorts) if of_row else ():
        if others is not of_row:
            yield from (f"{of_row[-1]}&{question}" for question in others)
    yield "p=20"


def _is_sortable(changes: ChangeList, name: Any) -> bool:
    return changes.sortable_by is None or name in changes.sortable_by


def _asked_by(spec: Any, changes: ChangeList) -> Iterator[str]:
    """Yield questions of one filter: its choices, or what can be entered into its form."""
    for one in spec.choices(changes):
        if "form" not in one:
            if not one.get("selected") and one.get("query_string"):
                yield str(one["query_string"]).lstrip("?")
            continue
        for name, asked in one["form"].fields.items():
            if isinstance(asked, SplitDateTimeField):
                yield urlencode({f"{name}_0": _HALF_A_YEAR_AGO, f"{name}_1": "00:00"})
            yield from (urlencode({name: value}) for value in _entered(asked, spec, changes))


def _entered(asked: Any, spec: Any, changes: ChangeList) -> list[Any]:
    if isinstance(asked, ModelChoiceField):
        assert asked.queryset is not None
        rows = asked.queryset.order_by("pk").values_list("pk", flat=True)
        return [rows.last(), rows[rows.count() // 2]] if rows.exists() else []
    if getattr(asked, "choices", None):
        return [value for value, _label in asked.choices if value not in ("", None)]
    if isinstance(asked, IntegerField | FloatField):
        return [1]
    if isinstance(asked, CharField):
        name = getattr(spec, "field_path", None)
        if name is None:
            return ["nobody has this"]
        rows = changes.model._default_manager.exclude(**{name: ""})
        found = rows.values_list(name, flat=True).first()
        return [*([found] if found else []), "nobody has this"]
    return []


def _pages() -> Iterator[str]:
    """Yield every further address that is read, for a row in the middle and for the last."""
    keys = {
        f"{model._meta.app_label}/{model._meta.model_name}": _keys(model)
        for model in admin.site._registry
    }
    for route in _routes():
        if "(" in route or any(f"/{part}" in f"/{route}" for part in STREAMS):
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


def _routes() -> list[str]:
    elsewhere = ("api/", "static", "i18n", "jsi18n", "r/")
    return [route for route in routes() if not route.startswith(elsewhere)]


def _commands() -> Iterator[tuple[str, ...]]:
    campaign = Campaign.objects.order_by("pk").values_list("name", flat=True)[0]
    contact = Contact.objects.order_by("pk").values_list("uin", flat=True)[0]
    yield ("campaign", "status", campaign, "--json")
    yield ("campaign", "figures", campaign, "--json")
    yield ("accounts", "status", "--json")
    yield ("inbox", "list", "--json")
    yield ("friends", "list", "--json")
    yield ("suppressions", "list", str(contact), "--json")
    yield ("audit", "list", "--json")
    yield ("pool", "list", "--json")
    yield ("sequence", "list", "--json")
    yield ("notifications", "list", "--json")
    yield ("report", "--since", "2020-01-01", "--until", "2030-12-31", "--json")
    yield ("report", "--json")


def _ask(client: Client, address: str, large: set[str]) -> Asked:
    return _measured(address, large, lambda: client.get(address).status_code)


def _command(words: tuple[str, ...], large: set[str]) -> Asked:
    def run() -> int:
        with redirect_stdout(io.StringIO()):
            try:
                call_command(*words)
            except SystemExit as ended:
                return 200 if ended.code in (0, 1) else 500
            except Exception as problem:
                print(problem, file=sys.stderr)
                return 500
        return 200

    return _measured(" ".join(words), large, run)


def _measured(what: str, large: set[str], run: Any) -> Asked:
    """Run it, three times if it takes long; explain the statements that take long."""
    asked, times = Asked(what), []
    with CaptureQueriesContext(connection) as captured:
        begin, cpu = time.perf_counter(), time.process_time()
        asked.status = run()
        times.append(time.perf_counter() - begin)
        asked.cpu = round((time.process_time() - cpu) * 1000, 1)
    asked.queries = len(captured)
    asked.database = round(sum(float(one["time"]) for one in captured.captured_queries) * 1000, 1)
    for query in captured.captured_queries:
        took = float(query["time"]) * 1000
        if took < SLOW_STATEMENT:
            continue
        read = {table: n for table, n in _rows_read(query["sql"]).items() if table in large}
        asked.slow.append(f"{took:.0f} ms: {read} {query['sql'][:700]}")
        for table, rows in read.items():
            asked.read[table] = max(rows, asked.read.get(table, 0))
    while times[0] * 1000 > REPEATED_FROM and len(times) < 3:
        begin = time.perf_counter()
        run()
        times.append(time.perf_counter() - begin)
    asked.milliseconds = round(median(times) * 1000, 1)
    return asked


def _rows_read(sql: str) -> dict[str, int]:
    """Return how many rows of each table a statement reads, in the plan as it is run."""
    if not sql.lstrip(" (").upper().startswith(("SELECT", "WITH")):
        return {}
    read: dict[str, int] = {}
    # The people of a preflight are read with settings that the transaction of the page had.
    is_of_chunk = sql.startswith("SELECT id, picked_account")
    with reading_chunks() if is_of_chunk else nullcontext(), connection.cursor() as cursor:
        cursor.execute("EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) " + sql)
        plan = cursor.fetchone()[0]
    plan = plan if isinstance(plan, list) else json.loads(plan)
    for node in _nodes(plan[0]["Plan"]):
        if table := node.get("Relation Name"):
            rows = node.get("Actual Rows", 0) + sum(
                number for name, number in node.items() if name.startswith("Rows Removed by")
            )
            read[table] = read.get(table, 0) + round(rows * node.get("Actual Loops", 1))
    return read


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)
