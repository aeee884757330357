"""Sends hostile requests for a while: no answer is a 500, and none takes long.

`python -m tests.fuzzing.run --seconds 600 --seed 7` does it on a database of its own.
"""

from __future__ import annotations

import logging
import re
import signal
import sys
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any

from django.contrib.auth.models import Group, Permission, User
from django.core.signals import got_request_exception
from django.db import transaction
from django.test import Client

from audit.watched import watched_models
from labels.models import Label
from restrictions.keep import restrict
from tests.console.posted_forms import FormReader
from tests.fuzzing.requests import Request, RequestMaker, pages
from users.keep import add_user
from users.roles import Role

#: Seconds of the processor that no answer takes, and seconds after which it is given up.
SLOW, GIVEN_UP = 4.0, 30.0
#: A body as large as this one may take longer.
LARGE = 1_000_000
#: Pages that end the session that is used.
LEFT_OUT = ("/logout/",)


class TookTooLong(BaseException):
    """An answer did not come within GIVEN_UP seconds."""


@dataclass
class Findings:
    """What was sent, and what went wrong: once for each kind."""

    sent: int = 0
    answers: dict[int, int] = field(default_factory=dict)
    wrong: dict[str, str] = field(default_factory=dict)

    def note(self, kind: str, request: Request, who: str) -> None:
        """Keep the first request of each kind of trouble."""
        self.wrong.setdefault(kind, f"{kind}\n    {who}: {request.shown}")


class Fuzzer:
    """Sends requests as each kind of operator."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.findings = Findings()
        self.clients = clients()
        self.maker = RequestMaker(self.random, keys())
        self.pages = [one for one in pages(keys()) if one not in LEFT_OUT]
        self.forms: dict[str, FormReader] = {}
        self._raised: list[str] = []

    def run(self, *, seconds: float) -> Findings:
        """Send requests until the time is over; return what was found."""
        got_request_exception.connect(self._on_exception)
        logging.disable(logging.CRITICAL)
        try:
            ends = time.monotonic() + seconds
            while time.monotonic() < ends:
                self.step()
        finally:
            logging.disable(logging.NOTSET)
            got_request_exception.disconnect(self._on_exception)
        return self.findings

    def step(self) -> None:
        """Send one request."""
        who = self.random.choices(list(self.clients), weights=[6, *[1] * (len(self.clients) - 1)])[
            0
        ]
        kind = self.random.random()
        if kind < 0.45:
            self.send(who, self.maker.look())
        elif kind < 0.85:
            address = self.random.choice(self.pages)
            form = self.form(address)
            self.send(who, self.maker.post(address, form.values, form.files))
        elif kind < 0.998:
            self.send(who, self.maker.nonsense())
        else:
            self.send(who, self.maker.many_fields())

    def form(self, address: str) -> FormReader:
        """Return the form of a page, read once."""
        if address not in self.forms:
            found = self.send("superuser", Request("get", address))
            is_page = found is not None and "html" in found.headers.get("Content-Type", "")
            text = b"".join(found).decode() if is_page else ""
            self.forms[address] = FormReader(text)
        return self.forms[address]

    def send(self, who: str, request: Request) -> Any:
        """Send a request, undo it, and note what is wrong with the answer."""
        client = self.clients[who]
        self._raised.clear()
        self.findings.sent += 1
        session: Any = client.cookies.copy()
        began, found = time.thread_time(), None
        try:
            with _bounded(), transaction.atomic():
                try:
                    found = _sent(client, request)
                    whole = b"".join(found) if found.streaming else b""
                    for close in found._resource_closers:
                        close()
                    if found.streaming:
                        found.streaming_content = [whole]
                finally:
                    transaction.set_rollback(True)
        except TookTooLong:
            self.findings.note(f"no answer within {GIVEN_UP} s", request, who)
        except (UnicodeError, ValueError, TypeError) as problem:
            frames = traceback.extract_tb(problem.__traceback__)
            if not any("/core/handlers/" in one.filename for one in frames):
                return None  # the test client itself cannot send it
            self.findings.note(_kind_of(problem), request, who)
        except Exception as problem:
            self.findings.note(_kind_of(problem), request, who)
        client.cookies = session
        if found is not None:
            status = found.status_code
            self.findings.answers[status] = self.findings.answers.get(status, 0) + 1
            if status >= 500:
                self.findings.note(" / ".join(self._raised) or f"{status}", request, who)
            took = time.thread_time() - began
            if took > SLOW and len(request.data or "") < LARGE:
                self.findings.note(f"slow: {request.address[:60]} {took:.1f} s", request, who)
        return found

    def _on_exception(self, sender: Any, **_about: Any) -> None:
        problem = sys.exc_info()[1]
        if problem is not None:
            self._raised.append(_kind_of(problem))


def _sent(client: Client, request: Request) -> Any:
    """Send a request; a body of bytes as it is, whatever its type says."""
    if isinstance(request.data, bytes):
        return client.generic(
            request.method.upper(),
            request.address,
            request.data,
            request.content_type,
            **request.headers,
        )
    data = {"data": request.data} if request.data is not None else {}
    return getattr(client, request.method)(request.address, **data, **request.headers)


def _kind_of(problem: BaseException) -> str:
    """Return the exception, and the last two places of its traceback."""
    frames = traceback.extract_tb(problem.__traceback__)
    ours = [one for one in frames if "/.venv/" not in one.filename][-1:]
    places = [f"{one.filename.rsplit('/', 2)[-2:]}:{one.lineno}" for one in (*ours, *frames[-1:])]
    words = re.sub(r"'[^']*'|\d+", "…", str(problem))[:90]
    return f"{type(problem).__name__}: {words} {places}"


@contextmanager
def _bounded() -> Iterator[None]:
    def end(_signal: int, _frame: Any) -> None:
        raise TookTooLong

    before = signal.signal(signal.SIGALRM, end)
    signal.setitimer(signal.ITIMER_REAL, GIVEN_UP)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def keys() -> dict[str, list[Any]]:
    """Return keys of rows by `app/model`, as addresses begin."""
    found = {}
    for model in watched_models().values():
        rows = model._base_manager.order_by("-pk").values_list("pk", flat=True)[:2]
        found[f"{model._meta.app_label}/{model._meta.model_name}"] = list(rows)
    return found


def clients() -> dict[str, Client]:
    """Return a client for each kind of operator, and one who is not signed in."""
    users = {"superuser": User.objects.create_superuser("fuzz-superuser")}
    viewer = users["viewer"] = User.objects.create_user("fuzz-viewer", is_staff=True)
    viewer.user_permissions.set(Permission.objects.filter(codename__startswith="view_"))
    users["nobody"] = User.objects.create_user("fuzz-nobody", is_staff=True)
    for group in Group.objects.all():
        user = users[f"role {group.name}"] = User.objects.create_user(
            f"fuzz-role-{group.name}", is_staff=True
        )
        user.groups.add(group)
    for role in (Role.VIEWER, Role.OPERATOR):
        users[f"restricted {role.key}"] = _restricted(role)
    found = {}
    for name, user in users.items():
        found[name] = Client(raise_request_exception=False)
        found[name].force_login(user)
    return {**found, "stranger": Client(raise_request_exception=False)}


def _restricted(role: Role) -> User:
    """Return a user who sees only what has the world's first label."""
    user = add_user(name=f"fuzz-restricted-{role.key}", role=role).user
    label = Label.objects.order_by("pk").first()
    assert label is not None
    restrict(user.username, labels=[label.name], pools=[])
    return user
