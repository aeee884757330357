"""The command `reply_rules create|list|order|on|off|dry-run|delete`."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _

from accounts.lookup import find_accounts
from campaigns.commands.free_text import FreeTextParser, message_argument
from campaigns.find import find_lists, find_segments, operator_named
from conversations.models import ReplyRule, RuleWords
from conversations.rules.dry_run import dry_run
from conversations.rules.matching import words_of
from conversations.rules.order import order_rules
from conversations.rules.save import create_rule, find_rule, switch_rule
from foundation.commands import OperatorCommand
from foundation.deletion import delete_row
from foundation.terminal_tables import table
from foundation.times import utc_iso
from labels.labelling import find_labels
from tabular.arguments import uin_argument
from webhooks.endpoints import find_endpoint

HELP = {
    "create": "create a rule, which is off unless --on is given",
    "on": "switch a rule on",
    "off": "switch a rule off",
    "dry-run": "show which of the last 1,000 messages a rule fits; nothing is done",
    "delete": "delete a rule",
}
COUNTS = ("matched", "labelled", "assigned", "answered", "withheld", "added", "suppressed")


class Command(OperatorCommand):
    """Create, list, try, switch and delete rules for messages."""

    help = "Rules for messages that arrive: create, list, order, on, off, dry-run, delete."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(
            dest="action", required=True, metavar="ACTION", parser_class=FreeTextParser
        )
        for action, words in HELP.items():
            one = actions.add_parser(action, help=words, description=words)
            one.add_argument("name", metavar="NAME", help="the rule")
            if action == "create":
                _add_columns(one)
            self.add_json_argument(one)
        words = "list the rules in their order, with what they did"
        self.add_json_argument(actions.add_parser("list", help=words, description=words))
        words = "put these rules first, in this order; the others follow in theirs"
        order = actions.add_parser("order", help=words, description=words)
        order.add_argument("names", nargs="+", metavar="NAME", help="a rule")
        self.add_json_argument(order)

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action == "list":
            self._list(options)
        elif action == "order":
            order_rules(first=[find_rule(name=name) for name in options["names"]])
            self._list(options)
        elif action == "create":
            self._say(_created(options), options, _("The rule “%(name)s” was created."))
        elif action == "dry-run":
            self._try(find_rule(name=options["name"]), options)
        elif action == "delete":
            rule = find_rule(name=options["name"])
            delete_row(row=rule)
            words = _("The rule “%(name)s” is deleted.") % {"name": rule.name}
            self.answer({"name": rule.name, "deleted": True}, as_json=options["json"], text=words)
        else:
            rule = find_rule(name=options["name"])
            switch_rule(rule=rule, is_on=action == "on")
            words = _("“%(name)s” is on.") if rule.is_on else _("“%(name)s” is off.")
            self._say(rule, options, words)

    def _say(self, rule: ReplyRule, options: dict[str, Any], words: str) -> None:
        self.answer(_data(rule), as_json=options["json"], text=words % {"name": rule.name})

    def _list(self, options: dict[str, Any]) -> None:
        rows = list(ReplyRule.objects.select_related("segment", "assignee", "adds_to"))
        heading = (
            _("order"),
            _("rule"),
            _("switched on"),
            _("matched"),
            _("answered"),
            _("withheld"),
        )
        lines = [
            (row.position, row.name, "+" if row.is_on else "", row.matched, row.answered,
             row.withheld)
            for row in rows
        ]  # fmt: skip
        self.answer(
            {"items": [_data(row) for row in rows], "next": None},
            as_json=options["json"],
            text=table(heading=heading, rows=lines) if rows else _("There are no rules."),
        )

    def _try(self, rule: ReplyRule, options: dict[str, Any]) -> None:
        found = dry_run(rule=rule)
        data = {
            "rule": rule.name,
            "looked_at": found.looked_at,
            "matched": found.matched,
            "people": found.people,
            "items": [
                {
                    "at": utc_iso(one.received_at),
                    "account": one.account.uin,
                    "uin": one.uin,
                    "text": one.text,
                }
                for one in found.sample
            ],
            "next": None,
        }
        text = _("It fits %(matched)d of the last %(looked_at)d messages, of %(people)d people.")
        self.answer(data, as_json=options["json"], text=text % data)


def _add_columns(one: argparse.ArgumentParser) -> None:
    one.add_argument("--on", action="store_true", help="it applies from the next message on")
    one.add_argument("--position", type=int, default=0, metavar="N", help="lower ones go first")
    one.add_argument("--last", action="store_true", help="rules after it do not see the message")
    for option, words in (
        ("--list", "from people in one of these lists"),
        ("--account-label", "to accounts with one of these labels"),
        ("--word", "with one of these words"),
        ("--label", "put these labels on the conversation"),
    ):
        one.add_argument(option, action="append", default=[], metavar="NAME", help=words)
    one.add_argument("--segment", metavar="NAME", help="from people in this segment")
    one.add_argument("--account", action="append", default=[], type=uin_argument, metavar="UIN")
    one.add_argument("--match", choices=RuleWords.values, default=RuleWords.CONTAINS.value)
    one.add_argument("--assign", metavar="USER", help="assign the conversation to an operator")
    one.add_argument(
        "--answer", type=message_argument, default="", metavar="T", help="answer with this text"
    )
    one.add_argument("--answers-a-day", type=int, default=1, metavar="N", help="to one person")
    one.add_argument("--add-to", metavar="LIST", help="add the person to a list")
    one.add_argument("--webhook", metavar="NAME", help="tell this webhook (rule.matched)")
    one.add_argument("--suppress", action="store_true", help="suppress the person")


def _created(options: dict[str, Any]) -> ReplyRule:
    segment, adds_to = options["segment"], options["add_to"]
    return create_rule(
        name=options["name"],
        position=max(options["position"], 0),
        is_on=options["on"],
        is_last=options["last"],
        lists=find_lists(names=options["list"]),
        segment=find_segments(names=[segment])[0] if segment is not None else None,
        accounts=find_accounts(uins=options["account"]),
        account_labels=find_labels(names=options["account_label"]),
        words=options["word"],
        match=options["match"],
        labels=find_labels(names=options["label"]),
        assignee=operator_named(options["assign"]),
        answer=options["answer"],
        answers_a_day=options["answers_a_day"],
        adds_to=find_lists(names=[adds_to])[0] if adds_to is not None else None,
        suppresses=options["suppress"],
        calls=find_endpoint(name=options["webhook"]) if options["webhook"] else None,
    )


def _data(rule: ReplyRule) -> dict[str, Any]:
    """Return a rule for JSON. The keys are a public interface."""
    return {
        "name": rule.name,
        "position": rule.position,
        "on": rule.is_on,
        "last": rule.is_last,
        "lists": [row.name for row in rule.lists.order_by("name")],
        "segment": rule.segment.name if rule.segment else None,
        "accounts": list(rule.accounts.order_by("uin").values_list("uin", flat=True)),
        "account_labels": [row.name for row in rule.account_labels.order_by("name")],
        "words": words_of(rule),
        "match": rule.match,
        "labels": [row.name for row in rule.labels.order_by("name")],
        "assign": rule.assignee.get_username() if rule.assignee else None,
        "answer": rule.answer or None,
        "answers_a_day": rule.answers_a_day,
        "add_to": rule.adds_to.name if rule.adds_to else None,
        "suppress": rule.suppresses,
        "problem": rule.problem or None,
        **{name: getattr(rule, name) for name in COUNTS},
    }
