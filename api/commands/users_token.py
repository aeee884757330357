"""The action `users token NAME --name T`: issue a token of a user."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from api.scopes import Scope
from api.tokens.data import token_data
from api.tokens.issue import issue_token
from foundation.command_log import log_added
from foundation.commands import OperatorCommand
from users.commands.further_actions import FurtherAction
from users.keep import find_user


def add_token_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of a new token."""
    parser.add_argument("--name", required=True, metavar="T", dest="token", help="what it is for")
    parser.add_argument("--scope", choices=Scope.values, default=Scope.READ.value)
    parser.add_argument("--expires", metavar="90d", help="default: it does not end")


def issue(command: OperatorCommand, options: dict[str, Any]) -> None:
    """Issue a token, and print it once."""
    user = find_user(name=options["name"])
    token, secret = issue_token(
        user=user, name=options["token"], scope=options["scope"], expires=options["expires"]
    )
    log_added(token)
    words = _("The token is %(token)s. Copy it now: it is not shown again.")
    command.answer(
        {**token_data(token), "token": secret},
        as_json=options["json"],
        text=words % {"token": secret},
    )


TOKEN = FurtherAction(
    "token",
    "issue a token by which a program uses the API; it is shown once",
    add_token_arguments,
    issue,
)
