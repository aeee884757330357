"""The command `template`: create, edit, list, show, preview and keep message templates."""

from __future__ import annotations

import argparse
from itertools import zip_longest
from typing import Any

from django.utils.translation import gettext as _

from accounts.lookup import find_accounts
from campaigns.commands.free_text import FreeTextParser, message_argument
from campaigns.commands.input_file import read_text_file
from campaigns.find import find_person, find_template
from campaigns.models import MessageTemplate, TemplateVersion
from campaigns.writing.languages import language_tag
from campaigns.writing.preview import find_people, preview_text, sender_for
from campaigns.writing.templates import change_text, checked_attribute, create_template
from campaigns.writing.versions import (
    current_version,
    find_version,
    restore_version,
    version_differences,
)
from foundation.archiving import archive_row, restore_row
from foundation.commands import OperatorCommand
from foundation.deletion import delete_row
from foundation.refusals import Refusal
from foundation.times import utc_iso
from tabular.arguments import uin_argument

#: Actions whose only argument is the name of the template, with their help.
SIMPLE_ACTIONS = {
    "show": "show a template with its texts",
    "archive": "take it out of lists and choices; it can be restored",
    "restore": "offer an archived template again",
    "delete": "delete it; refused while a campaign uses it",
}
#: The most versions that are listed.
MOST_VERSIONS = 200


class Command(OperatorCommand):
    """Create, edit, list, show, preview, archive, restore and delete templates."""

    help = (
        "Message templates: create, edit, list, show, versions, preview, archive, restore, delete."
    )

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        actions = parser.add_subparsers(
            dest="action", required=True, metavar="ACTION", parser_class=FreeTextParser
        )

        def add(action: str, words: str, *, named: bool = True) -> argparse.ArgumentParser:
            one: argparse.ArgumentParser = actions.add_parser(action, help=words, description=words)
            if named:
                one.add_argument("name", metavar="NAME", help="the template")
            self.add_json_argument(one)
            return one

        create = add("create", "create a template, or give one a text in another language")
        create.add_argument(
            "--language-attribute",
            default="",
            metavar="NAME",
            help="the attribute of the contacts that says a person's language; default: language",
        )
        edit = add("edit", "replace a text of a template; the texts before are kept as a version")
        for one in (create, edit):
            text = one.add_mutually_exclusive_group(required=True)
            text.add_argument("--text", type=message_argument, metavar="T", help="the text")
            text.add_argument("--file", metavar="F", help="a UTF-8 file; - for standard input")
            one.add_argument(
                "--language", default="", metavar="TAG", help="the text's language, like zh-hans"
            )
        add("list", "list the templates", named=False).add_argument(
            "--archived", action="store_true", help="the archived ones instead"
        )
        for action, words in SIMPLE_ACTIONS.items():
            add(action, words)
        versions = add("versions", "list the versions with their differences, or restore one")
        versions.add_argument("--restore", type=int, metavar="N", help="restore this version")
        preview = add("preview", "show the text as a person would get it")
        preview.add_argument("--uin", type=uin_argument, metavar="U", help="the person")
        preview.add_argument("--account", type=uin_argument, metavar="A", help="the sender")
        preview.add_argument("--language", default="", metavar="TAG", help="the text's language")

    def perform(self, **options: Any) -> None:
        action = options["action"]
        if action in ("create", "list"):
            getattr(self, f"_{action}")(options)
            return
        template = find_template(
            name=options["name"], with_archived=action not in ("edit", "preview")
        )
        getattr(self, f"_{action}")(template, options)

    def _create(self, options: dict[str, Any]) -> None:
        text, language = _text(options), options["language"]
        known: MessageTemplate | None = MessageTemplate.objects.named(options["name"])
        if known is None or not language:
            texts = {"": text, **({language: text} if language else {})}
            attribute = checked_attribute(options["language_attribute"])
            template = create_template(
                name=options["name"], texts=texts, language_attribute=attribute
            )
            version = current_version(template=template)
        else:
            template, tag = known, language_tag(language)
            if known.texts.filter(language=tag).exists():
                raise Refusal(
                    _("“%(name)s” has a text for %(tag)s already: replace it with template edit.")
                    % {"name": known.name, "tag": tag},
                    code="language_taken",
                )
            version = change_text(template=known, text=text, language=tag)
        self._answer_version(template, version, options)

    def _edit(self, template: MessageTemplate, options: dict[str, Any]) -> None:
        version = change_text(template=template, text=_text(options), language=options["language"])
        self._answer_version(template, version, options)

    def _list(self, options: dict[str, Any]) -> None:
        rows = MessageTemplate.objects.filter(archived_at__isnull=not options["archived"])
        items = [_brief(one) for one in rows.prefetch_related("texts").order_by("name")]
        self.answer(
            {"items": items, "next": None},
            as_json=options["json"],
            text="\n".join(
                "  ".join(filter(None, (item["name"], ", ".join(item["languages"]))))
                for item in items
            )
            or _("There are no templates."),
        )

    def _show(self, template: MessageTemplate, options: dict[str, Any]) -> None:
        version = template.versions.first()
        texts = template.texts_by_language()
        data = {
            **_brief(template),
            "texts": texts,
            "language_attribute": template.language_attribute,
            "version": version.number if version is not None else None,
        }
        text = "\n\n".join(f"[{tag}]\n{one}" if tag else one for tag, one in texts.items())
        self.answer(data, as_json=options["json"], text=text)

    def _versions(self, template: MessageTemplate, options: dict[str, Any]) -> None:
        if options["restore"] is not None:
            version = restore_version(template=template, number=options["restore"])
            self._answer_version(template, version, options)
            return
        versions = list(template.versions.select_related("created_by")[: MOST_VERSIONS + 1])
        items, texts = [], []
        for version, before in zip_longest(versions, versions[1:]):
            changed = version_differences(version, before)
            items.append(
                {
                    "version": version.number,
                    "created_at": utc_iso(version.created_at),
                    "by": str(version.created_by) if version.created_by else None,
                    "restored_from": version.restored_from,
                    "texts": version.texts,
                    "differences": {
                        tag: [f"{line.mark}{line.text}" for line in lines] for tag, lines in changed
                    },
                }
            )
            texts.append(_version_words(version, changed))
        most = items[:MOST_VERSIONS]
        self.answer(
            {"items": most, "next": most[-1]["version"] if len(items) > len(most) else None},
            as_json=options["json"],
            text="\n".join(texts[:MOST_VERSIONS]) or _("There is no version yet."),
        )

    def _preview(self, template: MessageTemplate, options: dict[str, Any]) -> None:
        tag = language_tag(options["language"]) if options["language"] else ""
        texts = template.texts_by_language()
        if tag not in texts:
            raise Refusal(
                _("“%(name)s” has no text for %(tag)s.") % {"name": template.name, "tag": tag},
                code="language_unknown",
            )
        uin, account_uin = options["uin"], options["account"]
        person = find_person(uin=uin) if uin is not None else next(iter(find_people("")), None)
        account = (
            find_accounts(uins=[account_uin])[0] if account_uin is not None else sender_for(person)
        )
        made = preview_text(text=texts[tag], person=person, account=account)
        if made.problem:
            raise Refusal(made.problem, code=made.code, line=made.line, column=made.column)
        data = {
            "template": template.name,
            "language": tag,
            "uin": person.uin if person is not None else None,
            "account": account.uin if account is not None else None,
            "text": made.text,
            "characters": made.characters,
            "bytes": made.byte_count,
            "longest": made.longest,
        }
        self.answer(data, as_json=options["json"], text=made.text)

    def _archive(self, template: MessageTemplate, options: dict[str, Any]) -> None:
        archive_row(row=template)
        self._answer_kept(template, options, _("The template “%(name)s” is archived."))

    def _restore(self, template: MessageTemplate, options: dict[str, Any]) -> None:
        restore_row(row=template)
        self._answer_kept(template, options, _("The template “%(name)s” is restored."))

    def _delete(self, template: MessageTemplate, options: dict[str, Any]) -> None:
        name = template.name
        delete_row(row=template)
        self.answer(
            {"template": name, "deleted": True},
            as_json=options["json"],
            text=_("The template “%(name)s” is deleted.") % {"name": name},
        )

    def _answer_kept(self, template: MessageTemplate, options: dict[str, Any], words: str) -> None:
        self.answer(
            {"template": template.name, "archived_at": utc_iso(template.archived_at)},
            as_json=options["json"],
            text=words % {"name": template.name},
        )

    def _answer_version(
        self, template: MessageTemplate, version: TemplateVersion, options: dict[str, Any]
    ) -> None:
        version = find_version(template=template, number=version.number)
        data = {
            "template": template.name,
            "id": template.pk,
            "version": version.number,
            "languages": [tag for tag in version.texts if tag],
        }
        words = _("The template “%(name)s” is saved; this is version %(number)d.")
        self.answer(
            data,
            as_json=options["json"],
            text=words % {"name": template.name, "number": version.number},
        )


def _text(options: dict[str, Any]) -> str:
    file = options["file"]
    return read_text_file(file) if file is not None else str(options["text"])


def _brief(template: MessageTemplate) -> dict[str, Any]:
    return {
        "name": template.name,
        "text": template.text,
        "languages": [one.language for one in template.texts.all()],
        "updated_at": utc_iso(template.updated_at),
        "archived_at": utc_iso(template.archived_at),
    }


def _version_words(version: TemplateVersion, changed: Any) -> str:
    head = _("version %(number)d, %(at)s") % {
        "number": version.number,
        "at": utc_iso(version.created_at),
    }
    lines = [head]
    for tag, different in changed:
        lines += [f"  [{tag}]"] if tag else []
        lines += [f"  {line.mark} {line.text}" for line in different]
    return "\n".join(lines)
