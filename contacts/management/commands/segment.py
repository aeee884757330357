"""The command `segment create|edit|list|show|count|people|archive|restore|delete`."""

from __future__ import annotations

import argparse
from copy import copy
from typing import Any

from django.utils.translation import gettext as _

from contacts.models import Contact, Segment
from contacts.segments.conditions import condition_of
from contacts.segments.preview import count_people, people_of
from contacts.segments.references import missing_in
from contacts.segments.save import change_segment, create_segment, find_segment
from contacts.segments.where import parse_where
from contacts.segments.where_text import where_text
from foundation.archiving import archive_row, restore_row
from foundation.command_log import log_added, log_changed, log_deleted
from foundation.commands import OperatorCommand
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from foundation.sentences import Sentence
from foundation.terminal_tables import table
from foundation.times import utc_iso
from foundation.uins import UIN_MAX

HELP = {
    "create": "save conditions under a name",
    "edit": "change a segment's conditions, name or description",
    "list": "show all segments",
    "show": "show a segment's conditions, and what they refer to that was deleted",
    "count": "count the people who meet the conditions now",
    "people": "show the people who meet the conditions now",
    "archive": "take it out of lists and choices; it can be restored",
    "restore": "offer an archived segment again",
    "delete": "delete it; refused while something needs it",
}
WHERE_HELP = (
    'the conditions, such as "city = 昆明 and not in list:VIP"; the words are in docs/segments.md'
)
#: How many people `people` shows without --limit.
PAGE = 100


class Command(OperatorCommand):
    """Create, change, show and count segments."""

    help = "Segments, saved conditions that select people: " + ", ".join(HELP) + "."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True, metavar="ACTION")
        for action, words in HELP.items():
            one = actions.add_parser(action, help=words, description=words)
            if action != "list":
                one.add_argument("name", metavar="NAME")
            if action in ("create", "edit"):
                one.add_argument(
                    "--where", required=action == "create", metavar="CONDITIONS", help=WHERE_HELP
                )
                one.add_argument("--description", metavar="TEXT", help="a text for operators")
            if action == "edit":
                one.add_argument("--name", dest="new_name", metavar="NAME", help="the new name")
            if action == "people":
                one.add_argument("--limit", type=_limit, default=PAGE, metavar="N")
                one.add_argument(
                    "--after", type=_limit, default=0, metavar="UIN", help="only higher UINs"
                )
            self.add_json_argument(one)

    def perform(self, **options: Any) -> None:
        getattr(self, f"_{options['action']}")(options)

    def _create(self, options: dict[str, Any]) -> None:
        segment = create_segment(
            name=options["name"],
            conditions=parse_where(options["where"]),
            description=options["description"] or "",
        )
        log_added(segment)
        self._answer_saved(segment, options)

    def _edit(self, options: dict[str, Any]) -> None:
        segment = find_segment(options["name"])
        where = options["where"]
        if where is None and options["new_name"] is None and options["description"] is None:
            raise Refusal(
                _("Nothing is changed: give --where, --name or --description."), code="no_change"
            )
        changed = change_segment(
            segment=segment,
            name=options["new_name"],
            conditions=None if where is None else parse_where(where, before=segment.conditions),
            description=options["description"],
        )
        fields = {"name": options["new_name"], "conditions": where}
        fields["description"] = options["description"]
        log_changed(changed, fields=[name for name, value in fields.items() if value is not None])
        self._answer_saved(changed, options)

    def _answer_saved(self, segment: Segment, options: dict[str, Any]) -> None:
        data = _described(segment)
        text = _("The segment %(name)s is saved.") % data + f"\n{data['where']}"
        self.answer(data, as_json=options["json"], text=_with_warnings(text, segment))

    def _list(self, options: dict[str, Any]) -> None:
        segments = [_described(segment) for segment in Segment.objects.order_by("name")]
        rows = [(row["name"], row["where"], row["description"]) for row in segments]
        text = table(heading=[_("name"), _("conditions"), _("description")], rows=rows)
        self.answer(
            {"items": segments, "next": None},
            as_json=options["json"],
            text=text if rows else _("There are no segments."),
        )

    def _show(self, options: dict[str, Any]) -> None:
        segment = find_segment(options["name"])
        data = _described(segment)
        if data["where"] is None:
            _refuse_broken(segment)
        text = _with_warnings(str(data["where"]), segment)
        self.answer(data, as_json=options["json"], text=text)

    def _count(self, options: dict[str, Any]) -> None:
        segment = find_segment(options["name"])
        data = {
            "name": segment.name,
            "count": count_people(conditions=segment.conditions),
            "missing": _missing(segment),
        }
        self.answer(data, as_json=options["json"], text=_with_warnings(str(data["count"]), segment))

    def _people(self, options: dict[str, Any]) -> None:
        segment = find_segment(options["name"])
        limit = options["limit"]
        if limit == 0:
            raise Refusal(_("--limit is a number from 1."), code="limit")
        found = people_of(
            conditions=segment.conditions, most=limit + 1, after=min(options["after"], UIN_MAX)
        )
        people, is_more = found[:limit], len(found) > limit
        data = {
            "items": [_person(contact) for contact in people],
            "next": people[-1].uin if is_more else None,
        }
        text = table(
            heading=[_("UIN"), _("name")], rows=[(contact.uin, contact.name) for contact in people]
        )
        if is_more:
            text += "\n" + _("There are more: --after %(uin)d.") % {"uin": people[-1].uin}
        self.answer(
            data,
            as_json=options["json"],
            text=text if people else _("No person meets the conditions."),
        )

    def _archive(self, options: dict[str, Any]) -> None:
        segment = find_segment(options["name"])
        archive_row(row=segment)
        log_changed(segment, said=Sentence("Archive"))
        self._answer_kept(segment, options, _("Segment “%(name)s” is archived."))

    def _restore(self, options: dict[str, Any]) -> None:
        segment = find_segment(options["name"])
        restore_row(row=segment)
        log_changed(segment, said=Sentence("Restore"))
        self._answer_kept(segment, options, _("Segment “%(name)s” is restored."))

    def _delete(self, options: dict[str, Any]) -> None:
        segment = find_segment(options["name"])
        name, before = segment.name, copy(segment)
        delete_row(row=segment)
        log_deleted(before)
        self.answer(
            {"name": name, "deleted": True},
            as_json=options["json"],
            text=_("Segment “%(name)s” is deleted.") % {"name": name},
        )

    def _answer_kept(self, segment: Segment, options: dict[str, Any], words: str) -> None:
        self.answer(
            {"name": segment.name, "archived_at": utc_iso(segment.archived_at)},
            as_json=options["json"],
            text=words % {"name": segment.name},
        )


def _described(segment: Segment) -> dict[str, Any]:
    return {
        "name": segment.name,
        "description": segment.description,
        "where": where_text(segment.conditions),
        "conditions": segment.conditions,
        "missing": _missing(segment),
    }


def _missing(segment: Segment) -> list[dict[str, Any]]:
    return [
        {"what": missing.key, "id": missing.id, "name": missing.name}
        for missing in missing_in(segment.conditions)
    ]


def _with_warnings(text: str, segment: Segment) -> str:
    """Return a text, and below it what the conditions refer to that was deleted."""
    for missing in missing_in(segment.conditions):
        text += "\n" + _(
            "Missing: the %(what)s “%(name)s” was deleted. Conditions on it select no one."
        ) % {"what": missing.noun, "name": missing.name}
    return text


def _refuse_broken(segment: Segment) -> None:
    """Refuse to show conditions that are not understood, with the reason."""
    condition_of(segment.conditions)


def _person(contact: Contact) -> dict[str, Any]:
    return {"uin": contact.uin, "name": contact.name, "attributes": contact.attributes}


def _limit(text: str) -> int:
    """Return a whole number, not negative; a `type` for argparse."""
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise argparse.ArgumentTypeError(_("a whole number of at most 10 digits, not %r") % text)
    return int(text)
