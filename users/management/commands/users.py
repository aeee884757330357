"""The command `users add|role|list|disable|enable`, and what other packages add to it."""

from __future__ import annotations

import argparse
import getpass
import os
import sys
from typing import Any

from django.contrib.auth.models import User
from django.utils.translation import gettext as _

from foundation.command_log import log_added, log_changed
from foundation.commands import OperatorCommand
from foundation.refusals import Refusal
from users.commands.answers import as_json, as_line
from users.commands.further_actions import further_actions
from users.keep import add_user, find_user, set_active, set_role
from users.roles import BY_KEY

#: Names the password of the user who is added.
PASSWORD_VARIABLE = "QQCAMPAIGN_PASSWORD"  # noqa: S105 -- the name of a variable


class Command(OperatorCommand):
    """Add users, give them roles, let them sign in or not."""

    help = "The users of the console and their roles: add, role, list, disable, enable."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        words = (
            f"add a user; the password is read from {PASSWORD_VARIABLE} or the terminal, "
            "or generated and printed once"
        )
        one = actions.add_parser("add", help=words, description=words)
        one.add_argument("name", metavar="NAME")
        one.add_argument("--role", required=True, choices=BY_KEY)
        one.add_argument("--email", default="", metavar="ADDRESS", help="where notifications go")
        self.add_json_argument(one)
        words = "give a user a role in place of the one they have"
        one = actions.add_parser("role", help=words, description=words)
        one.add_argument("name", metavar="NAME")
        one.add_argument("role", choices=BY_KEY)
        self.add_json_argument(one)
        words = "list the users"
        self.add_json_argument(actions.add_parser("list", help=words, description=words))
        for action, words in (
            ("disable", "let a user sign in no more; what they made stays"),
            ("enable", "let a user sign in again"),
        ):
            one = actions.add_parser(action, help=words, description=words)
            one.add_argument("name", metavar="NAME")
            self.add_json_argument(one)

        for further in further_actions.values():
            one = actions.add_parser(further.name, help=further.words, description=further.words)
            one.add_argument("name", metavar="NAME")
            further.add_arguments(one)
            self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        further = further_actions.get(options["action"])
        if further is not None:
            further.perform(self, options)
        else:
            getattr(self, f"_{options['action']}")(options)

    def _add(self, options: dict[str, Any]) -> None:
        added = add_user(
            name=options["name"],
            role=BY_KEY[options["role"]],
            email=options["email"],
            password=_password(),
        )
        log_added(added.user)
        data, text = as_json(added.user), _("Added: %(user)s") % {"user": as_line(added.user)}
        if added.password:
            data["password"] = added.password
            text += "\n" + _("Password, shown only now: %(password)s") % {
                "password": added.password
            }
        self.answer(data, as_json=options["json"], text=text)

    def _role(self, options: dict[str, Any]) -> None:
        user = find_user(name=options["name"])
        set_role(user, BY_KEY[options["role"]])
        log_changed(user, fields=["role"])
        self._show(user, options)

    def _disable(self, options: dict[str, Any]) -> None:
        self._switch(options, is_active=False)

    def _enable(self, options: dict[str, Any]) -> None:
        self._switch(options, is_active=True)

    def _switch(self, options: dict[str, Any], *, is_active: bool) -> None:
        user = find_user(name=options["name"])
        set_active(user, is_active)
        log_changed(user, fields=["is_active"])
        self._show(user, options)

    def _list(self, options: dict[str, Any]) -> None:
        users = list(User.objects.order_by("username").prefetch_related("groups"))
        self.answer(
            {"items": [as_json(user) for user in users], "next": None},
            as_json=options["json"],
            text="\n".join(map(as_line, users)) or _("There are no users yet."),
        )

    def _show(self, user: User, options: dict[str, Any]) -> None:
        self.answer(as_json(user), as_json=options["json"], text=as_line(user))


def _password() -> str:
    """Return the password that was given; empty: one is to be generated."""
    if PASSWORD_VARIABLE in os.environ:
        if not os.environ[PASSWORD_VARIABLE]:
            raise Refusal(
                _("%(name)s is empty: write a password into it, or leave it out.")
                % {"name": PASSWORD_VARIABLE},
                code="no_password",
            )
        return os.environ[PASSWORD_VARIABLE]
    if not sys.stdin.isatty():
        return ""
    first = getpass.getpass(_("Password (empty: generate one): "))
    if first and getpass.getpass(_("Again: ")) != first:
        raise Refusal(_("The two passwords differ. Start again."), code="passwords_differ")
    return first
