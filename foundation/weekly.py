"""Windows of a week, as text and as data: when runs send, and what accounts show.

The text is what operators write and what campaigns and runs store:
`mon-fri=09:00-11:30,14:00-18:00; sat=10:00-12:00`. Days that it does not name are closed. If it
names closed days only (`sat,sun=`), the others are open all day. A window without days applies to
every day. An empty text means no restriction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from functools import lru_cache
from typing import TypeAlias

from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: Start and end of one window. An end that is not after its start is on the next day; 00:00 to
#: 00:00 is a whole day.
Window: TypeAlias = tuple[time, time]
#: The windows of the seven days, Monday first.
Weekly: TypeAlias = tuple[tuple[Window, ...], ...]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: Windows of one day, and characters of the text: more is a mistake.
MOST_WINDOWS, LONGEST_TEXT = 12, 1000
#: Characters that input methods write in place of the ones that are read.
_SPELLINGS = str.maketrans(
    {"：": ":", "，": ",", "；": ";", "＝": "=", "–": "-", "—": "-", "－": "-"}
)
_MIDNIGHT = time(0)


def read_windows(texts: Iterable[str]) -> Weekly | None:
    """Return the windows that these texts describe; None if they describe none.

    A day that is named replaces what a window without days says about it. Days named several times
    have all the windows named for them.

    Raises:
        Refusal: a text cannot be read, or no day is open (`window_malformed`).
    """
    every_day: list[Window] = []
    named: dict[int, list[Window]] = {}
    count = 0
    for text in texts:
        for part in text.translate(_SPELLINGS).split(";"):
            if not part.strip():
                continue
            count += 1
            if len(text) > LONGEST_TEXT:
                raise _malformed(text)
            days, equals, spans = part.rpartition("=")
            windows = _read_spans(spans, may_be_empty=bool(equals), whole=part)
            if not equals:
                every_day += windows
            for day in read_days(days, whole=part) if equals else ():
                named.setdefault(day, []).extend(windows)
    if not count:
        return None
    if not every_day and not any(named.values()):
        every_day = [(_MIDNIGHT, _MIDNIGHT)]  # only closed days are named: the others are open
    weekly = tuple(tuple(sorted(set(named.get(day, every_day)))) for day in range(7))
    if not any(weekly):
        raise Refusal(
            _("No day of the week has a sending window: nothing would ever be sent."),
            code="window_malformed",
        )
    if max(map(len, weekly)) > MOST_WINDOWS:
        raise Refusal(
            _("A day has more than %(n)d sending windows: combine some of them.")
            % {"n": MOST_WINDOWS},
            code="window_malformed",
        )
    return weekly


def read_days(text: str, *, whole: str) -> list[int]:
    """Return the days named like `mon,wed-fri`, Monday as 0, each once.

    Args:
        text: the days.
        whole: what the operator wrote, for the sentence.

    Raises:
        Refusal: a day is unknown (`window_malformed`).
    """
    days: list[int] = []
    for part in text.lower().split(","):
        first, dash, last = (word.strip()[:3] for word in part.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            raise Refusal(
                _(
                    "“%(text)s” names an unknown day: write mon, tue, wed, thu, fri, sat or sun, "
                    "or a span like mon-fri."
                )
                % {"text": whole.strip()[:100]},
                code="window_malformed",
            )
        begin, end = DAYS.index(first), DAYS.index(last if dash else first)
        days += [day % 7 for day in range(begin, end + 1 if begin <= end else end + 8)]
    return list(dict.fromkeys(days))


def format_windows(weekly: Weekly | None) -> str:
    """Return the text of these windows, days with the same windows together; "" for None."""
    if weekly is None:
        return ""
    if len(set(weekly)) == 1:
        return format_spans(weekly[0])
    groups: list[tuple[int, int]] = []
    for day in range(7):
        if groups and weekly[groups[-1][1]] == weekly[day]:
            groups[-1] = groups[-1][0], day
        else:
            groups.append((day, day))
    return "; ".join(
        f"{format_days(first, last)}={format_spans(weekly[first])}"
        for first, last in groups
        if weekly[first]
    )


def format_days(first: int, last: int) -> str:
    """Return a span of days as text: mon-fri, or sat."""
    return DAYS[first] if first == last else f"{DAYS[first]}-{DAYS[last]}"


def format_spans(windows: Sequence[Window]) -> str:
    """Return the windows of one day as text: 09:00-11:30,14:00-18:00."""
    return ",".join(f"{_clock(start)}-{_clock(end, is_end=True)}" for start, end in windows)


@lru_cache(maxsize=512)
def stored_windows(text: str) -> Weekly | None:
    """Return the windows of a stored text; None for an empty one."""
    return read_windows([text])


def covers(weekly: Weekly, local: datetime) -> bool:
    """Return whether a wall clock's time is in a window of its day, or in one of the day before."""
    clock, day = local.time(), local.weekday()
    if any(covers_today(window, clock) for window in weekly[day]):
        return True
    return any(start > end and clock < end for start, end in weekly[day - 1])


def covers_today(window: Window, clock: time) -> bool:
    """Return whether a window covers a time of the day on which it begins."""
    start, end = window
    return start <= clock < end if start < end else clock >= start


def _clock(at: time, *, is_end: bool = False) -> str:
    if is_end and at == _MIDNIGHT:
        return "24:00"
    return at.isoformat("seconds" if at.second else "minutes")


def _read_spans(text: str, *, may_be_empty: bool, whole: str) -> list[Window]:
    if may_be_empty and not text.strip():
        return []
    return [_read_span(span, whole=whole) for span in text.split(",")]


def _read_span(text: str, *, whole: str) -> Window:
    first, dash, last = (word.strip() for word in text.partition("-"))
    try:
        start = time.fromisoformat(first)
        end = _MIDNIGHT if last == "24:00" else time.fromisoformat(last)
    except ValueError:
        raise _malformed(whole) from None
    if not dash or start.tzinfo is not None or end.tzinfo is not None:
        raise _malformed(whole)
    if start == end and last != "24:00":
        raise Refusal(
            _("The window starts and ends at %(time)s: leave it out to send at any hour.")
            % {"time": start.isoformat("minutes")},
            code="window_malformed",
        )
    return start.replace(microsecond=0), end.replace(microsecond=0)


def _malformed(text: str) -> Refusal:
    return Refusal(
        _(
            "The window “%(text)s” cannot be read: write it like 09:00-20:00, or with days like "
            "mon-fri=09:00-11:30,14:00-18:00."
        )
        % {"text": text.strip()[:100]},
        code="window_malformed",
    )
