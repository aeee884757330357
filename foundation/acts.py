"""An act: what one operator does by one request, one command or one call of the API.

While an act goes on, `current_act` returns it wherever the code is, so a service need not be told
who calls it. What an act changed is the matter of the `audit` app, which registers itself here:
this module knows neither its tables nor its pages.
"""

from __future__ import annotations

import getpass
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.db.models import Model

BROWSER, COMMAND, API, SYSTEM = "browser", "command", "api", "system"
#: The most rows that an act names, besides those that it changes.
MOST_MENTIONED = 50


@dataclass(frozen=True, slots=True)
class Named:
    """A row by its table, key and name: a deletion takes them from the row itself."""

    model: type[Model]
    key: Any
    name: str


@dataclass(eq=False)
class Act:
    """What is known of an act. It is filled in while it goes on.

    Attributes:
        channel: BROWSER, COMMAND, API or SYSTEM.
        user: the operator; None for a command or a task.
        who: the name where there is no operator: the user of the operating system, or a task.
        address: the IP address from which the request came.
        verb: what was asked for, such as "campaign start"; empty: it follows from the changes.
        about: the row that the act is about; None: the first one that it changed.
        table, name: in place of a row, a table and what its rows came from, such as a file.
        mentioned: further rows that the act is about.
        sentence: what it did, in words, where somebody said it.
        facts: further facts, such as the number of exported rows.
        is_kept: whether it is recorded even if it changed no row.
        afterwards: called when the act's entry is written, in the same transaction.
        is_watched: whether its changes are recorded; the request for a page changes nothing.
        page: what the address of the request asks for, used where there is no verb.
        page_row: the key of the row in the address.
        key: the id of the request.
    """

    channel: str
    user: Any = None
    who: str = ""
    address: str = ""
    verb: str = ""
    about: Named | None = None
    table: type[Model] | None = None
    name: str = ""
    mentioned: list[Named] = field(default_factory=list)
    sentence: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    is_kept: bool = False
    afterwards: list[Callable[[], object]] = field(default_factory=list)
    is_watched: bool = True
    page: str = ""
    page_row: str = ""
    key: str = field(default_factory=lambda: uuid.uuid4().hex)


class Trail(Protocol):
    """What the record of acts answers to the pages of `foundation.admin`."""

    def record(self, act: Act) -> AbstractContextManager[None]:
        """Record what changes while the returned context is open."""

    def changed_by(self, row: Model, *, since: datetime) -> list[str]:
        """Return the names of those who changed a row since a moment."""

    def history(self, row: Model) -> Any:
        """Return the entries about a row, newest first: a queryset."""


_current: ContextVar[Act | None] = ContextVar("act", default=None)
_trails: list[Trail] = []


def register_trail(trail: Trail) -> None:
    """Register the record of acts; called once, when the apps are loaded."""
    _trails[:] = [trail]


def trail() -> Trail:
    """Return the record of acts."""
    return _trails[0]


def current_act() -> Act | None:
    """Return the act that goes on; None in a task of the engine."""
    return _current.get()


@contextmanager
def acting(
    *,
    channel: str,
    user: Any = None,
    who: str = "",
    address: str = "",
    verb: str = "",
    key: str = "",
) -> Iterator[Act]:
    """Open an act; at its end it is recorded if it changed something.

    Inside another act it opens none: it completes what is known of that one, so a request to the
    API, which the middleware opened as one of the browser, becomes one of the API.
    """
    outer = _current.get()
    if outer is not None:
        outer.channel = channel
        outer.user = outer.user if user is None else user
        outer.who, outer.address = who or outer.who, address or outer.address
        outer.verb, outer.key = verb or outer.verb, key or outer.key
        yield outer
        return
    act = Act(channel, user, who, address, verb)
    act.key = key or act.key
    token = _current.set(act)
    try:
        if _trails:
            with _trails[0].record(act):
                yield act
        else:
            yield act
    finally:
        _current.reset(token)


def say(sentence: str = "", *, about: Model | None = None, verb: str = "") -> None:
    """Say what the current act does; the first sentence, row and verb stay.

    With a sentence or a verb the act is recorded even if it changes no row.
    """
    act = _current.get()
    if act is None:
        return
    act.is_kept = act.is_kept or bool(sentence or verb)
    act.sentence = act.sentence or sentence
    act.verb = act.verb or verb
    if about is not None:
        act.about = act.about or _named(about)
        mention(about)


def mention(*rows: Model) -> None:
    """Note rows that the current act is about, besides those that it changes."""
    act = _current.get()
    if act is not None:
        room = max(0, MOST_MENTIONED - len(act.mentioned))
        act.mentioned += [_named(row) for row in rows[:room]]


def say_of_table(table: type[Model], *, name: str, sentence: str) -> None:
    """Say that the current act changes many rows of a table, as a whole.

    Args:
        table: the table.
        name: what the rows came from, such as a file.
        sentence: what it did.
    """
    act = _current.get()
    if act is not None:
        act.table, act.name = table, name
        say(sentence)


def take_out(*, what: str, about: Model | None = None, **facts: Any) -> None:
    """Note that the current act takes data out: an export, a report.

    Args:
        about: the row whose data it is, such as a campaign.
        what: the kind of data, such as "contacts.contact" or "report".
        facts: what was asked for: filters, format, the number of rows.
    """
    act = _current.get()
    if act is None:
        return
    act.is_kept = True
    if about is not None:
        say(about=about)
    act.verb = act.verb or "export"
    # What was said first is more precise than what the middleware sees.
    act.facts = {"taken_out": what, **facts, **act.facts}


def _named(row: Model) -> Named:
    return Named(type(row), row.pk, str(row))


def name_of_os_user() -> str:
    """Return the name of the user of the operating system."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may have a user without a name
        return "?"
