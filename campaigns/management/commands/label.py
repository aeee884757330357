"""The command `label create|list|add|remove|delete`."""

from __future__ import annotations

import argparse
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.lookup import find_accounts
from campaigns.find import find_campaign, find_lists, find_template
from foundation.commands import OperatorCommand
from foundation.deletion import delete_row
from labels.labelling import add_labels, create_label, find_labels, remove_labels
from labels.models import Label, LabelColour
from labels.uses import counts_of, with_counts
from tabular.arguments import uin_argument

CHANGES = {"add": add_labels, "remove": remove_labels}


class Command(OperatorCommand):
    """Create, list and delete labels; put them on rows and take them off."""

    help = "Labels of accounts, campaigns, lists and templates: create, list, add, remove, delete."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")

        def add(action: str, words: str) -> argparse.ArgumentParser:
            one = actions.add_parser(action, help=words, description=words)
            one.set_defaults(wrong_usage=one.error)
            if action != "list":
                one.add_argument("name", metavar="NAME", help="the label")
            self.add_json_argument(one)
            return one

        created = add("create", "create a label")
        created.add_argument("--colour", choices=LabelColour.values, default=LabelColour.GREY.value)
        add("list", "list the labels, each with how many rows have it")
        _add_rows(add("add", "put a label on accounts, campaigns, lists or templates"))
        _add_rows(add("remove", "take a label off accounts, campaigns, lists or templates"))
        add("delete", "delete a label; it says what had it")

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action == "create":
            label = create_label(name=options["name"], colour=options["colour"])
            self._answer(label, options, _("Label “%(name)s” was created.") % {"name": label.name})
        elif action == "list":
            self._list(options)
        elif action == "delete":
            self._delete(find_labels(names=[options["name"]])[0], options)
        else:
            self._change(find_labels(names=[options["name"]])[0], options)

    def _change(self, label: Label, options: dict[str, Any]) -> None:
        rows = [
            *find_accounts(uins=options["accounts"]),
            *(find_campaign(name=name) for name in dict.fromkeys(options["campaigns"])),
            *find_lists(names=options["lists"]),
            *(find_template(name=name) for name in dict.fromkeys(options["templates"])),
        ]
        if not rows:
            options["wrong_usage"]("name --account UIN, --campaign NAME, --list L or --template T")
        changed = CHANGES[options["action"]](rows=rows, labels=[label])
        words = ngettext("%(n)d row was changed.", "%(n)d rows were changed.", changed)
        self._answer(label, options, words % {"n": changed}, more={"changed": changed})

    def _delete(self, label: Label, options: dict[str, Any]) -> None:
        name = label.name
        losing = [str(sentence) for sentence in delete_row(row=label).losing]
        text = _("Label “%(name)s” is deleted.") % {"name": name}
        self.answer(
            {"label": name, "deleted": True, "had_it": losing},
            as_json=options["json"],
            text=" ".join([text, *losing]),
        )

    def _list(self, options: dict[str, Any]) -> None:
        items = [_item(label) for label in with_counts(Label.objects.all())]
        text = "\n".join(f"{item['label']} ({item['colour']}): {item['rows']}" for item in items)
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text=text or _("There are no labels. Create one with manage.py label create NAME."),
        )

    def _answer(
        self,
        label: Label,
        options: dict[str, Any],
        text: str,
        *,
        more: dict[str, Any] | None = None,
    ) -> None:
        item = _item(with_counts(Label.objects.all()).get(pk=label.pk))
        self.answer({**item, **(more or {})}, as_json=options["json"], text=text)


def _item(label: Label) -> dict[str, Any]:
    """Return a label that `with_counts` read, for JSON."""
    rows = sum(count for _model, count in counts_of(label))
    return {"label": label.name, "colour": label.colour, "rows": rows}


def _add_rows(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--account", dest="accounts", action="extend", nargs="+", default=[], type=uin_argument,
        metavar="UIN", help="accounts",
    )  # fmt: skip
    for flag, metavar in (("campaign", "NAME"), ("list", "L"), ("template", "T")):
        parser.add_argument(
            f"--{flag}", dest=f"{flag}s", action="extend", nargs="+", default=[],
            metavar=metavar, help=f"{flag}s",
        )  # fmt: skip
