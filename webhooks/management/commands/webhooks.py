"""The command `webhooks add|list|test|attempts|resend|disable|enable|delete|rotate-secret`."""

from __future__ import annotations

import argparse
import time
from datetime import datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from foundation.command_log import log_added, log_changed, log_deleted
from foundation.commands import REFUSED, OperatorCommand, seconds
from foundation.refusals import Refusal
from foundation.sentences import Sentence
from webhooks.data import endpoint_data, message_data
from webhooks.endpoints import (
    add_endpoint,
    delete_endpoint,
    disable_endpoint,
    enable_endpoint,
    find_endpoint,
    resend,
    rotate_secret,
    send_test,
)
from webhooks.models import Endpoint, Message
from webhooks.states import CHOSEN, MessageState

MOST_LISTED = 1_000
LOOK_SECONDS = 0.2
HELP = {
    "add": "add a webhook; prints its secret, once",
    "list": "list the webhooks with their health",
    "test": "send a test event",
    "attempts": "list the messages to a webhook with the latest answers, newest first",
    "resend": "send one message again, or all that failed",
    "disable": "stop calling a webhook",
    "enable": "call a webhook again",
    "delete": "delete a webhook with its messages",
    "rotate-secret": "make a new secret; the former one signs as well for 24 hours",
}


class Command(OperatorCommand):
    """Add, list, test, disable and delete webhooks, and send messages to them again."""

    help = f"Webhooks: {', '.join(HELP)}."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for name, words in HELP.items():
            action = actions.add_parser(name, help=words)
            self.add_json_argument(action)
            if name != "list":
                action.add_argument("name", metavar="NAME")
            if name == "add":
                action.add_argument("url", metavar="URL")
                action.add_argument(
                    "--event", action="append", default=[], metavar="EVENT",
                    help=f"one of {', '.join(CHOSEN)}; repeat it; without: all",
                )  # fmt: skip
                action.add_argument("--with-texts", action="store_true")
                action.add_argument("--owner", help="the operator who is told when it fails")
            elif name == "test":
                action.add_argument("--wait", type=seconds, default=0.0, metavar="SECONDS")
            elif name == "attempts":
                states = [str(state) for state in MessageState]
                action.add_argument("--state", choices=states)
                action.add_argument("--next", type=int, metavar="ID")
                action.add_argument("--limit", type=int, default=100)
            elif name == "resend":
                action.add_argument("--message", type=int, metavar="ID")
                action.add_argument("--since", type=_time, metavar="ISO")

    def perform(self, **options: Any) -> None:
        action = options["action"].replace("-", "_")
        if action in ("add", "list"):
            getattr(self, f"_{action}")(options)
            return
        getattr(self, f"_{action}")(find_endpoint(name=options["name"]), options)

    def _add(self, options: dict[str, Any]) -> None:
        endpoint = add_endpoint(
            name=options["name"],
            url=options["url"],
            events=options["event"],
            with_texts=options["with_texts"],
            owner=_owner(options["owner"]),
        )
        log_added(endpoint)
        self._say_secret(endpoint, options)

    def _rotate_secret(self, endpoint: Endpoint, options: dict[str, Any]) -> None:
        endpoint = rotate_secret(endpoint=endpoint)
        log_changed(endpoint, said=Sentence("The secret was replaced."))
        self._say_secret(endpoint, options)

    def _say_secret(self, endpoint: Endpoint, options: dict[str, Any]) -> None:
        self.answer(
            {**endpoint_data(endpoint), "secret": endpoint.secret},
            as_json=options["json"],
            text=_("The secret is shown this once: %(secret)s") % {"secret": endpoint.secret},
        )

    def _list(self, options: dict[str, Any]) -> None:
        items = [endpoint_data(one) for one in Endpoint.objects.order_by("name_key")]
        text = "\n".join(f"{one['name']}  {one['state']}  {one['url']}" for one in items)
        self.answer({"items": items, "next": None}, as_json=options["json"], text=text)

    def _test(self, endpoint: Endpoint, options: dict[str, Any]) -> None:
        message = send_test(endpoint=endpoint)
        until = time.monotonic() + options["wait"]
        while message.tries == 0 and time.monotonic() < until:
            time.sleep(LOOK_SECONDS)
            message.refresh_from_db()
        said = message.problem or f"{message.get_state_display()} {message.status or ''}".strip()
        self.answer(message_data(message), as_json=options["json"], text=said)
        if message.problem:
            raise SystemExit(REFUSED)

    def _attempts(self, endpoint: Endpoint, options: dict[str, Any]) -> None:
        rows = Message.objects.filter(endpoint=endpoint).order_by("-pk")
        if options["state"]:
            rows = rows.filter(state=options["state"])
        if options["next"]:
            rows = rows.filter(pk__lt=options["next"])
        limit = max(1, min(options["limit"], MOST_LISTED))
        found = list(rows[: limit + 1])
        items = [message_data(one) for one in found[:limit]]
        text = "\n".join(
            f"{one['id']}  {one['event']}  {one['about']}  {one['state']}  {one['status'] or ''}"
            for one in items
        )
        following = items[-1]["id"] if len(found) > limit else None
        self.answer({"items": items, "next": following}, as_json=options["json"], text=text)

    def _resend(self, endpoint: Endpoint, options: dict[str, Any]) -> None:
        count = resend(endpoint=endpoint, message=options["message"], since=options["since"])
        said = Sentence("Messages queued again: %(n)d") % {"n": count}
        log_changed(endpoint, said=said)
        self.answer({"queued": count}, as_json=options["json"], text=said)

    def _disable(self, endpoint: Endpoint, options: dict[str, Any]) -> None:
        if disable_endpoint(endpoint=endpoint):
            log_changed(endpoint, fields=["state"])
        self._say(endpoint, options)

    def _enable(self, endpoint: Endpoint, options: dict[str, Any]) -> None:
        if enable_endpoint(endpoint=endpoint):
            log_changed(endpoint, fields=["state"])
        self._say(endpoint, options)

    def _delete(self, endpoint: Endpoint, options: dict[str, Any]) -> None:
        log_deleted(endpoint)
        self._say(endpoint, options)
        delete_endpoint(endpoint=endpoint)

    def _say(self, endpoint: Endpoint, options: dict[str, Any]) -> None:
        data = endpoint_data(endpoint)
        self.answer(data, as_json=options["json"], text=f"{endpoint.name}: {data['state']}")


def _owner(name: str | None) -> Any:
    if name is None:
        return None
    users = get_user_model()._default_manager
    found = users.filter(username=name).first()
    if found is None:
        raise Refusal(
            _("There is no operator “%(name)s”.") % {"name": name}, code="no_such_operator"
        )
    return found


def _time(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise argparse.ArgumentTypeError("write a time such as 2026-12-01T09:00:00Z")
    return found
