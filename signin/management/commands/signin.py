"""The command `signin list|unlock|end-sessions|reset-second-factor`."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from foundation.commands import OperatorCommand
from foundation.times import utc_iso
from signin.administration import VERBS, locked_names, states
from signin.oidc.people import connect, disconnect

ACTIONS = {
    "unlock": "let a name that is locked sign in again",
    "end-sessions": "sign a user out everywhere",
    "reset-second-factor": "remove the app, passkeys and recovery codes of a user who lost them",
    "disconnect": "let a user sign in no more through the OpenID provider",
}


class Command(OperatorCommand):
    """Say how users sign in, and help those who cannot."""

    help = "How users sign in: list, unlock, end-sessions, reset-second-factor."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        words = "list the users with their sessions and second factors, and the locks"
        self.add_json_argument(actions.add_parser("list", help=words, description=words))
        for action, words in ACTIONS.items():
            one = actions.add_parser(action, help=words, description=words)
            one.add_argument("name", metavar="NAME", help="the user's name")
            self.add_json_argument(one)
        words = "let a user sign in through the OpenID provider"
        one = actions.add_parser("connect", help=words, description=words)
        one.add_argument("name", metavar="NAME", help="the user's name")
        one.add_argument(
            "--subject", required=True, metavar="SUB", help="the provider's name for the person"
        )
        self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        action, name = options["action"], options.get("name", "")
        if action == "list":
            self._list(as_json=options["json"])
            return
        if action in ("connect", "disconnect"):
            self._connect(action, options)
            return
        done = VERBS[action](name)
        self.answer(
            {"name": name, "count": done.count}, as_json=options["json"], text=done.sentence
        )

    def _connect(self, action: str, options: dict[str, Any]) -> None:
        name = options["name"]
        if action == "connect":
            data = {"name": name, "subject": connect(name, options["subject"]).subject}
        else:
            data = {"name": name, "count": disconnect(name)}
        self.answer(data, as_json=options["json"], text=_("Done."))

    def _list(self, *, as_json: bool) -> None:
        items = [
            {
                "name": one.name,
                "sessions": one.sessions,
                "app": one.has_app,
                "passkeys": one.passkeys,
                "demanded": one.is_demanded,
            }
            for one in states()
        ]
        locks = [
            {"name": name, "address": address, "until": utc_iso(until)}
            for name, address, until in locked_names()
        ]
        lines = [
            f"{one['name']}: {one['sessions']} sessions, "
            f"{'app' if one['app'] else 'no app'}, {one['passkeys']} passkeys"
            for one in items
        ]
        lines += [f"locked: {one['name'] or '*'} {one['address']} {one['until']}" for one in locks]
        data = {"items": items, "locks": locks, "next": None}
        self.answer(data, as_json=as_json, text="\n".join(lines))
