"""The last 24 hours of an account: its messages by hour and code, its pauses, and its quota."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.admin.account import STATE_COLOURS
from accounts.models import Account, AccountEvent
from accounts.pacing.limits import daily_limit
from accounts.states import AccountState
from campaigns.admin.result_code_colours import CODE_COLOURS
from clocks import shared
from foundation.admin import require
from foundation.restricted import visible
from sending.code_meanings import code_meaning
from sending.models import Attempt
from sending.querysets.attempts_by_hour import attempts_by_quarter

HOUR = 3600
HOURS = 24
#: Codes that get a bar of their own, the most frequent first; the others are summed.
SHOWN_CODES = 4
#: The newest changes of the state that are read.
MOST_EVENTS = 2_000
#: Seconds for which the figures are cached for all viewers; the page asks every minute.
CACHE_SECONDS = 15
#: In one of these an account can send.
_ABLE = (AccountState.NEW, AccountState.ONLINE)


@dataclass(frozen=True, slots=True)
class Pause:
    """A span in which the account could not send, in seconds since 1970."""

    begin: float
    end: float
    state: str


@dataclass(frozen=True, slots=True)
class Day:
    """What an account did in the last HOURS hours, the oldest first.

    Attributes:
        starts: the start of each hour, seconds since 1970; the last one is the present hour.
        codes: by result code, its messages in each hour; the most frequent code first.
        used: the messages of the 24 hours before the end of each hour, or before now.
        pauses: when it could not send.
        is_cut: whether it made more attempts than are read.
    """

    starts: list[int]
    codes: dict[str, list[int]] = field(default_factory=dict)
    used: list[int] = field(default_factory=list)
    pauses: list[Pause] = field(default_factory=list)
    is_cut: bool = False


def account_day(request: HttpRequest, object_id: int) -> HttpResponse:
    """Answer with the chart of an account's day and its table; a part of the account's page."""
    require(request.user.has_perm("accounts.view_account"))
    rows = visible(Account.objects.filter(pk=object_id), request.user)
    account = rows.defer("credential").first()
    if account is None:
        raise Http404
    key = f"console-account-day-{account.pk}"
    day: Any = cache.get_or_set(key, lambda: day_of(account), CACHE_SECONDS)
    return TemplateResponse(request, "console/account/day.html", day_context(account, day))


def day_of(account: Account) -> Day:
    """Return the day of an account until now, by its newest attempts and its timeline."""
    now = shared.wall()
    begin = timezone.localtime(now).replace(minute=0, second=0, microsecond=0)
    starts = [int(begin.timestamp()) - HOUR * back for back in reversed(range(HOURS))]
    moved = (now - shared.now()).total_seconds()
    since = datetime.fromtimestamp(starts[0], now.tzinfo) - timedelta(hours=HOURS, seconds=moved)
    found, is_cut = attempts_by_quarter(Attempt.objects.filter(account=account), since=since)
    by_hour: Counter[tuple[int, str]] = Counter()
    for (quarter, res), n in found.items():
        # Hours begin where they do in the console's time zone, and attempts are in shared time.
        at = quarter * 900 + round(moved / 900) * 900
        by_hour[(at - starts[0]) // HOUR, res] += n
    codes = Counter[str]()
    for (hour, res), n in by_hour.items():
        codes[res] += n if hour >= 0 else 0
    sums = Counter[int]()
    for (hour, _res), n in by_hour.items():
        sums[hour] += n
    return Day(
        starts,
        {res: [by_hour[hour, res] for hour in range(HOURS)] for res, n in codes.most_common() if n},
        [sum(sums[hour - back] for back in range(HOURS)) for hour in range(HOURS)],
        _pauses(account, since=datetime.fromtimestamp(starts[0], now.tzinfo), now=now),
        is_cut,
    )


def _pauses(account: Account, *, since: datetime, now: datetime) -> list[Pause]:
    """Return the spans in which the account could not send, by the timeline of its state.

    The index of the timeline gives the newest events; the one before the first is read too.
    """
    events = AccountEvent.objects.filter(account=account).order_by("-at", "-id")
    newest = list(events.values_list("at", "state")[:MOST_EVENTS])
    found: list[Pause] = []
    end = now
    for at, state in newest:
        begin = max(at, since)
        if state not in _ABLE and begin < end:
            found.append(Pause(begin.timestamp(), end.timestamp(), state))
        end = at
        if at < since:
            break
    return found[::-1]


def day_context(account: Account, day: Day) -> dict[str, Any]:
    """Return the data of the chart and the rows of its table."""
    series = _series(day)
    per_day = daily_limit(account.per_day, account.warm_up_limit)
    states = list(dict.fromkeys(pause.state for pause in day.pauses))
    zone = timezone.get_current_timezone()
    return {
        "account": account,
        "chart": {
            "starts": day.starts,
            "width": HOUR,
            "timezone": str(zone),
            "time": _("Hour"),
            "series": [
                {"words": str(words), "colour": colour, "values": values}
                for words, colour, values in series
            ],
            "bands": [
                {"from": one.begin, "to": one.end, "colour": _colour(one.state)}
                for one in day.pauses
            ],
            "limit": {"words": _("limit an hour"), "n": account.per_hour}
            if account.per_hour
            else None,
            "used": {"words": _("in 24 h"), "values": day.used, "most": per_day}
            if per_day
            else None,
        },
        "has_messages": any(any(values) for _words, _colour, values in series),
        "states": [(AccountState(state).label, _colour(state)) for state in states],
        "headings": [words for words, _colour, _values in series],
        "per_day": per_day,
        "rows": _rows(day, series),
        "is_day_cut": day.is_cut,
        "zone": str(zone),
    }


def _rows(day: Day, series: list[tuple[Any, str, list[int]]]) -> list[dict[str, Any]]:
    """Return the hours as rows of a table, the newest first, without those in which nothing was."""
    rows = []
    for hour in reversed(range(HOURS)):
        begin = day.starts[hour]
        values = [values[hour] for _words, _colour, values in series]
        pauses = _paused(day, begin)
        if any(values) or pauses:
            at = datetime.fromtimestamp(begin, timezone.get_current_timezone())
            rows.append({"at": at, "values": values, "used": day.used[hour], "pauses": pauses})
    return rows


def _paused(day: Day, begin: int) -> str:
    """Return for how long the account could not send in an hour, by state."""
    seconds: Counter[str] = Counter()
    for one in day.pauses:
        within = min(one.end, begin + HOUR) - max(one.begin, begin)
        if within > 0:
            seconds[one.state] += round(within)
    words = []
    for state, n in seconds.items():
        minutes = max(1, round(n / 60))
        span = _("%(n)d min") % {"n": minutes}
        words.append(f"{AccountState(state).label} {span}")
    return ", ".join(words)


def _series(day: Day) -> list[tuple[Any, str, list[int]]]:
    """Return words, colour and values of each bar; rare codes are one bar together."""
    codes = list(day.codes.items())
    shown = [
        (code_meaning(code), CODE_COLOURS.get(code, "danger"), values)
        for code, values in codes[:SHOWN_CODES]
    ]
    if others := [values for _code, values in codes[SHOWN_CODES:]]:
        summed = [sum(step) for step in zip(*others, strict=True)]
        shown.append((_("other results"), "neutral", summed))
    return shown


def _colour(state: str) -> str:
    colour = STATE_COLOURS[AccountState(state)]
    return "neutral" if colour == "default" else colour
