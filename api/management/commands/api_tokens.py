"""The command `api_tokens list|revoke`; `users token` issues one."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from api.models import Token
from api.tokens.data import token_data
from api.tokens.issue import find_token, revoke_token
from campaigns.find import operator_named
from foundation.command_log import log_changed
from foundation.commands import OperatorCommand
from foundation.terminal_tables import table

_SHOWN = ("user", "name", "scope", "begins_with", "expires_at", "last_used_at")


class Command(OperatorCommand):
    """List and revoke the tokens by which programs use the API."""

    help = "Tokens of the HTTP API: list, revoke. `users token` issues one."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        words = "list the tokens in force, of one user or all"
        one = actions.add_parser("list", help=words, description=words)
        one.add_argument("user", nargs="?", metavar="USER")
        self.add_json_argument(one)
        words = "revoke a token: no request can use it any more"
        one = actions.add_parser("revoke", help=words, description=words)
        one.add_argument("user", metavar="USER")
        one.add_argument("--name", required=True, metavar="T")
        self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        user = operator_named(options["user"])
        getattr(self, f"_{options['action']}")(user, options)

    def _list(self, user: Any, options: dict[str, Any]) -> None:
        rows = Token.objects.filter(revoked_at=None).select_related("user")
        if user is not None:
            rows = rows.filter(user=user)
        items = [token_data(one) for one in rows]
        shown = table(heading=_SHOWN, rows=[[one[key] for key in _SHOWN] for one in items])
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text=shown if items else _("There are no API tokens."),
        )

    def _revoke(self, user: Any, options: dict[str, Any]) -> None:
        token = find_token(user=user, name=options["name"])
        revoke_token(token=token)
        token.refresh_from_db()
        log_changed(token, fields=["revoked_at"])
        self.answer(
            token_data(token),
            as_json=options["json"],
            text=_("The token “%(name)s” is revoked.") % {"name": token.name},
        )
