"""The targets of the figures; turns each benchmark's result into rows of the table."""

from __future__ import annotations

from typing import Any

HEAD = "| what | measured | target | reached |\n|---|---:|---:|---|"
Row = tuple[str, str, str, bool | None]

#: The engine's throughput divided by that of a bare loop, with kept connections and with a
#: connection a message, and by Kannel's.
BARE = {"postgresql": 1.5, "sqlite": 1.2}
BARE_CLOSING = {"postgresql": 0.85, "sqlite": 0.75}
KANNEL = 0.8
TASKS, TASKS_CPU = 5.0, 0.2
#: The least rate of several workers of one egress, one worker's = 1, where cores are few.
WORKERS_TO_ONE = 0.9
SLOTS = 0.99
#: Memory a lane: of many lanes, and of few, which share what a worker needs for itself.
MANY, KB_OF_MANY, KB_OF_FEW = 1000, 60.0, 150.0
#: The CPU of worker and database for each lane that opens, and the time until 5,000 lanes send,
#: seconds; the accounts' own gap after the login is part of that time.
OPENING_MS, OPENING_SECONDS = 4.0, 30.0
#: Planning divided by a raw insert of the same rows, and with all choices divided by without.
PLANNING = {"postgresql": 1.15, "sqlite": 1.5}
EVERYTHING = 1.3
#: The seconds of a rehearsal of a million people, on a calm machine.
REHEARSAL_SECONDS = 60
#: An import's time divided by that of the raw load; the memory of its process.
IMPORTING, IMPORTING_MB = 1.5, 200.0
#: With fewer rows the start of the process takes most of an import's time: no target applies.
LEAST_ROWS = 300_000
#: What a page may take at ten million deliveries, ms; rows a second of a report.
PAGE_MS, REPORT_ROWS = 300, 50_000
FIRST_MESSAGE_SECONDS = 1.0
#: The CPU of one exchange, kept connection and a connection a message: in microseconds on a calm
#: machine, and divided by that of a plain socket in the same run. The machine for which the
#: microseconds were set spends 16 and 48 on the plain socket.
EXCHANGE_US = {"kept": 40, "closing": 90}
EXCHANGE_TO_SOCKET = {"kept": 2.5, "closing": 1.9}
#: How much the last tenth of a long run may differ from the first.
LARGEST_CHANGE = 0.10


def line(what: str, measured: str, target: str, is_reached: bool | None) -> str:
    """Return a row of the table."""
    answer = "" if is_reached is None else ("yes" if is_reached else "**no**")
    return f"| {what} | {measured} | {target} | {answer} |"


def exchange(result: dict[str, Any]) -> list[Row]:
    """Return the rows for the CPU of one exchange."""
    rows: list[Row] = []
    for kind, title in (("kept", "kept connection"), ("closing", "a connection a message")):
        one, aim = result[kind], EXCHANGE_TO_SOCKET[kind]
        rows += [
            (
                f"exchange, {title}: our client",
                f"{one['client']} µs CPU (`requests` {one['requests']}, socket {one['socket']})",
                f"≤ {EXCHANGE_US[kind]} µs when calm",
                True if one["client"] <= EXCHANGE_US[kind] else None,
            ),
            (
                "… against a plain socket",
                f"{one['to_socket']}",
                f"≤ {aim}",
                one["to_socket"] <= aim,
            ),
            ("… against `requests`", f"{one['to_requests']}", "", None),
        ]
    return rows


def throughput(database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for the engine, the bare loop and one task per message."""
    rows: list[Row] = []
    names = {
        "bare": "`requests`, kept connections",
        "bare_closing": "`requests`, a connection a message",
        "engine": "engine",
        "engine_personal": "engine, a text of its own a person",
        "tasks": "a Celery task a message",
        "kannel": "Kannel",
    }
    for name, title in names.items():
        one = result.get(name)
        if one:
            cpu = f"{one['cpu_us']:,} µs CPU a message"
            if one["database_cpu_us"]:
                cpu += f" + {one['database_cpu_us']:,} in PostgreSQL"
            rows.append((f"{title}, {database}", f"{one['per_second']:,.0f}/s, {cpu}", "", None))
    ratios = result.get("ratios", {})
    least = {"bare": BARE[database], "bare_closing": BARE_CLOSING[database], "kannel": KANNEL}
    for name, target in least.items():
        if name in ratios:
            rows.append(
                (
                    f"engine : {names[name]}, {database}",
                    f"{ratios[name]:.2f}",
                    f"≥ {target}",
                    ratios[name] >= target,
                )
            )
    if "tasks" in ratios:
        faster = ratios["tasks"]
        rows.append(
            (f"engine : task a message, {database}", f"{faster:.1f}", "≥ 5", faster >= TASKS)
        )
        share = _cpu(result["engine"]) / _cpu(result["tasks"])
        rows.append((f"… CPU a message, {database}", f"{share:.2f}", "≤ 0.2", share <= TASKS_CPU))
    return rows


def _cpu(one: dict[str, Any]) -> float:
    return float(one["cpu_us"] + one["database_cpu_us"])


def workers(database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for several workers of one egress on one host."""
    rows: list[Row] = []
    for number, one in result["workers"].items():
        cpu = f"{one['cpu_us']:,} µs CPU a message + {one['database_cpu_us']:,} in PostgreSQL"
        what = f"workers of one egress: {number}, {database}"
        rows.append((what, f"{one['per_second']:,.0f}/s, {cpu}", "", None))
    for number, to_one in result["to_one"].items():
        rows.append(
            (
                f"… {number} against one",
                f"{to_one:.2f}",
                f"≥ {WORKERS_TO_ONE}",
                to_one >= WORKERS_TO_ONE,
            )
        )
    return rows


def lanes(database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for slots, memory and CPU of many lanes."""
    what = f"{result['lanes']:,} lanes, a message every {result['gap']:g} s"
    slots, kb = result["slots_used"], result["kb_a_lane"]
    aim = KB_OF_MANY if result["lanes"] >= MANY else KB_OF_FEW
    return [
        (f"{what}: slots used", f"{slots:.1%}", f"≥ {SLOTS:.0%}", slots >= SLOTS),
        (f"{what}: RES=3", f"{result['too_soon']}", "0", result["too_soon"] == 0),
        (f"{what}: memory a lane", f"{kb:.0f} kB", f"≤ {aim:g} kB", kb <= aim),
        (
            f"{what}: speed and cost",
            f"{result['per_second']:,.0f}/s, {result['cpu_us']:,} µs CPU a message"
            f" + {result['database_cpu_us']:,} in PostgreSQL",
            "",
            None,
        ),
    ]


def openings(database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for accounts that begin to send at once."""
    what = f"{result['lanes']:,} accounts begin to send, {database}"
    cpu = result["cpu_ms"] + result["database_cpu_ms"]
    seconds = result["all_sending_after"]
    return [
        (
            f"{what}: CPU of an opening",
            f"{result['cpu_ms']:.1f} ms + {result['database_cpu_ms']:.1f} in PostgreSQL",
            f"≤ {OPENING_MS:g} ms",
            cpu <= OPENING_MS,
        ),
        (
            f"{what}: until all send",
            f"{seconds:.0f} s",
            f"≤ {OPENING_SECONDS:.0f} s",
            seconds <= OPENING_SECONDS,
        ),
    ]


def half_too_fast(database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for the accounts that keep the limit, beside those that do not."""
    slots = result["slots_used"]
    return [
        (
            f"half of {result['lanes']} accounts too fast: slots used by the others",
            f"{slots:.1%}",
            f"≥ {SLOTS:.0%}",
            slots >= SLOTS,
        ),
        ("… RES=3 for the others", f"{result['too_soon']}", "0", result["too_soon"] == 0),
    ]


def planning(database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for planning against the raw insert."""
    what = f"planning {result['people']:,}, {database}"
    ratio, cpu, target = result["ratio"], result["ratio_of_cpu"], PLANNING[database]
    planned, raw = result["cpu_us"]
    return [
        (
            f"{what}: against a raw INSERT … SELECT",
            f"{ratio:.2f} ({result['planned_seconds']} s : {result['raw_seconds']} s)",
            f"≤ {target}",
            ratio <= target,
        ),
        (
            f"{what}: the same by CPU",
            f"{cpu:.2f} ({planned} µs : {raw} µs a person)",
            f"≤ {target}",
            cpu <= target,
        ),
        (
            f"{what}: the same people before the database has statistics",
            f"{result['planned_seconds_without_statistics']} s",
            "",
            None,
        ),
        (f"{what}: peak memory", f"{result['peak_mb']} MB", "", None),
    ]


def planning_choices(database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for planning with what a campaign can choose, against planning without."""
    rows: list[Row] = []
    for name, ratio in result["ratio_of_cpu"].items():
        if name == "without":
            continue
        what = f"planning {result['people']:,}, {database}: {name.replace('_', ', ')}, by CPU"
        has_target = name in ("weekly", "everything")
        rows.append(
            (
                what,
                f"{ratio:.2f}",
                f"≤ {EVERYTHING}" if has_target else "",
                ratio <= EVERYTHING if has_target else None,
            )
        )
    return rows


def rehearsing(database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for a rehearsal, with its target for a million people."""
    rows: list[Row] = []
    for name in ("constant", "personal"):
        seconds = result[name]["seconds"] / result["people"] * 1_000_000
        rows.append(
            (
                f"a rehearsal of a million, {database}, {name} text",
                f"{seconds:.0f} s",
                f"≤ {REHEARSAL_SECONDS} s",
                seconds <= REHEARSAL_SECONDS,
            )
        )
    return rows


def ten_million(database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for pages, commands and reports of a large database."""
    n = f"{result['deliveries']:,} deliveries, {database}"
    slow, reads = len(result["above_target"]), len(result["reads"])
    rows: list[Row] = [
        (f"pages and commands above {PAGE_MS} ms, of {result['asked']}, {n}",
         str(slow), "0", slow == 0),
        (f"... that read more than {result['most_read']:,} rows, {n}",
         str(reads), "0", reads == 0),
    ]  # fmt: skip
    if result["following_ms"]:
        slowest = max(result["following_ms"])
        what = f"people of a preflight, counted after the page is there, at most, {n}"
        rows.append((what, f"{slowest:,.0f} ms", "", None))
    for name, one in result["reports"].items():
        rate = one["rows_per_second"]
        rows.append(
            (
                f"report of {one['rows']:,} rows, {name}, {one['more_mb']:.0f} MB more, {database}",
                f"{rate:,} rows/s",
                f"≥ {REPORT_ROWS:,}",
                rate >= REPORT_ROWS,
            )
        )
    return rows


def latency(database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for the latency of starts and pauses."""
    first, late = result["start_to_first_median"], result["after_pause_of_one_account"]
    return [
        (
            f"start to first message, {database}",
            f"{first:.2f} s",
            "≤ 1 s",
            first <= FIRST_MESSAGE_SECONDS,
        ),
        (
            f"messages of one account after a pause, {database}",
            f"at most {late}",
            "≤ 1",
            late <= 1,
        ),
    ]


def endurance(database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for the last tenth of a long run against the first."""
    rows: list[Row] = []
    for key, title, sign in (
        ("last_to_first_rate", "speed", 1),
        ("last_to_first_cpu", "CPU a message", -1),
        ("last_to_first_mb", "memory", -1),
    ):
        ratio = result[key]
        is_reached = ratio >= 1 - LARGEST_CHANGE if sign > 0 else ratio <= 1 + LARGEST_CHANGE
        rows.append(
            (
                f"{result['messages']:,} deliveries: {title} of the last tenth, first = 1",
                f"{ratio:.2f}",
                "1 ± 0.1",
                is_reached,
            )
        )
    return rows


def ten_million_run(_database: str, result: dict[str, Any]) -> list[Row]:
    """Return the rows for the end of a run to many people against its beginning."""
    planning, first, last = result["planning"], result["first"], result["last"]
    report = result["reports"]["csv"]
    changes = (
        ("planning, CPU a row", planning["cpu_us"][-1] / max(planning["cpu_us"][0], 0.1)),
        ("planning, memory", planning["mb"][-1] / planning["mb"][0]),
        ("sending, CPU of the worker", last["cpu_us"] / first["cpu_us"]),
        ("sending, CPU of PostgreSQL", last["database_us"] / max(first["database_us"], 1)),
        ("sending, memory of the worker", last["mb"] / first["mb"]),
    )
    title = f"{result['people']:,} deliveries in one run"
    return [
        *(
            (
                f"{title}: {what}, end to beginning",
                f"{ratio:.2f}",
                "≤ 1.1",
                ratio <= 1 + LARGEST_CHANGE,
            )
            for what, ratio in changes
        ),
        (
            f"{title}: messages/s at the end, beginning = 1",
            f"{last['per_second'] / first['per_second']:.2f}",
            "≥ 0.9",
            last["per_second"] >= first["per_second"] * (1 - LARGEST_CHANGE),
        ),
        (
            f"{title}: report as CSV",
            f"{report['rows_per_second']:,} rows/s, {report['more_mb']:.0f} MB more",
            "≥ 50,000 rows/s",
            report["rows_per_second"] >= 50_000,
        ),
    ]


def imports(figures: list[dict[str, Any]]) -> list[Row]:
    """Return the rows for imports against the raw load, and for their memory."""
    rows: list[Row] = []
    for one in figures:
        what = f"import of {one['rows']:,} rows, {one['title']}"
        has_target = one["rows"] >= LEAST_ROWS
        speed = f"{one['rows_per_second']:,.0f} rows/s"
        ratio, seconds = one["ratio"], f"{one['seconds']:.1f} s : {one['raw_seconds']:.1f} s"
        rows.append(
            (
                f"{what}: against a raw load of the same people",
                f"{ratio:.2f} ({seconds}; {speed})",
                f"≤ {IMPORTING}",
                ratio <= IMPORTING if has_target else None,
            )
        )
        cpu = one["ratio_of_cpu"]
        rows.append(
            (
                "… by CPU of process and database",
                f"{cpu:.2f}",
                f"≤ {IMPORTING}",
                cpu <= IMPORTING if has_target else None,
            )
        )
        rows.append(
            (
                "… against a bare reading of the file and the same",
                f"{one['with_reading']:.2f}",
                f"≤ {IMPORTING}",
                one["with_reading"] <= IMPORTING if has_target else None,
            )
        )
        peak = one["peak_mb"]
        rows.append(("… peak memory", f"{peak:.0f} MB", "< 200 MB", peak < IMPORTING_MB))
    return rows
