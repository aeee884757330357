"""The command `signin list|unlock|end-sessions|reset-second-factor`."""

from __future__ import annotations

import argparse
from typing import Any

from foundation.commands import OperatorCommand
from foundation.times import utc_iso
from signin.administration import VERBS, locked_names, states

ACTIONS = {
    "unlock": "let a name that is locked sign in again",
    "end-sessions": "sign a user out everywhere",
    "reset-second-factor": "remove the app, passkeys and recovery codes of a user who lost them",
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

    def perform(self, **options: Any) -> None:
        action, name = options["action"], options.get("name", "")
        if action == "list":
            self._list(as_json=options["json"])
            return
        done = VERBS[action](name)
        self.answer(
            {"name": name, "count": done.count}, as_json=options["json"], text=done.sentence
        )

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
