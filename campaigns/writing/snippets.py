"""Services: texts with their snippets put in, and the changes of a snippet."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction

from campaigns.models import Campaign, CampaignVariant, MessageTemplate, Snippet, TemplateText
from campaigns.writing.check import checked_text
from campaigns.writing.whole_text import snippet_texts, whole_text
from foundation.names import clean_name, name_key
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _
from texts.checks import TextProblem
from texts.snippets import all_snippets, is_spellable, spelled_snippet, uses_in

#: What marks a text that may use a snippet.
_MARK = "snippets"


def save_snippet(*, snippet: Snippet, by: Any = None) -> None:
    """Save a new or changed snippet, if its text and the texts that use it stay correct.

    Args:
        snippet: the snippet, with its new name and text.
        by: the operator.

    Raises:
        Refusal: the name cannot be one, is taken, cannot be written in a text (`snippet_name`), or
            is used under its old form (`snippet_in_use`).
        TextProblem: the text is not correct, or a text that uses it would not be any more.
    """
    snippet.name = clean_name(snippet.name)
    snippet.refuse_twin()
    with transaction.atomic():
        refuse_snippet(snippet)
        if by is not None:
            snippet._history_user = by  # type: ignore[attr-defined]
        snippet.save()


def refuse_snippet(snippet: Snippet) -> None:
    """Refuse a new or changed snippet with which it or a text that uses it is not correct.

    Raises:
        Refusal, TextProblem: see `save_snippet`.
    """
    if not is_spellable(snippet.name):
        raise Refusal(
            _("The name of a snippet cannot contain both kinds of quotation marks."),
            code="snippet_name",
        )
    before = Snippet.objects.filter(pk=snippet.pk).first() if snippet.pk is not None else None
    if before is not None and name_key(before.name) != name_key(snippet.name):
        refuse_renaming(before)
    checked_text(snippet.text, given={name_key(snippet.name): snippet.text})
    if before is not None and before.text != snippet.text:
        _refuse_breaking(snippet)


def users_of(snippet: Snippet) -> list[Any]:
    """Return what uses a snippet: templates, campaigns and other snippets, directly."""
    key = name_key(snippet.name)
    return list(dict.fromkeys(owner for owner, text in _texts_with_snippets() if _uses(text, key)))


def users_sentence(snippet: Snippet) -> str:
    """Return which templates, campaigns and snippets use a snippet; "" if none does."""
    users = users_of(snippet)
    if not users:
        return ""
    names = ", ".join(f"“{user}”" for user in users[:10])
    if len(users) > 10:
        names += " …"
    return _("These use the snippet: %(names)s. Runs made from now on have the new text.") % {
        "names": names
    }


def refuse_renaming(snippet: Snippet) -> None:
    """Refuse to rename a snippet that is in use: the texts name it.

    Raises:
        Refusal: it is in use (`snippet_in_use`).
    """
    users = users_of(snippet)
    if users:
        raise Refusal(
            _(
                "The snippet is not renamed: %(tag)s is used by “%(name)s”. Take it out of the "
                "texts first, or make a new snippet."
            )
            % {"tag": spelled_snippet(snippet.name), "name": str(users[0])},
            code="snippet_in_use",
        )


def _refuse_breaking(snippet: Snippet) -> None:
    """Refuse a text with which a template or campaign that uses the snippet is not correct."""
    given = {name_key(snippet.name): snippet.text}
    for owner, text in _texts_with_snippets():
        if owner == snippet or given.keys().isdisjoint(all_snippets(text, read=snippet_texts)):
            continue
        try:
            whole = whole_text(text)
        except TextProblem:
            continue  # it is not correct now either
        try:
            if whole.text != whole_text(text, given=given).text:
                checked_text(text, given=given)
        except TextProblem as problem:
            raise Refusal(
                _("“%(name)s” uses the snippet and would not be correct any more: %(problem)s")
                % {"name": str(owner), "problem": problem.sentence},
                code="snippet_breaks",
                user=str(owner),
            ) from None


def _uses(text: str, key: str) -> bool:
    return any(name_key(use.name) == key for use in uses_in(text))


def _texts_with_snippets() -> Iterator[tuple[Any, str]]:
    """Yield each template, campaign and snippet with a text that uses snippets."""
    for template in MessageTemplate.objects.filter(text__contains=_MARK).order_by("name"):
        yield template, template.text
    texts = TemplateText.objects.filter(text__contains=_MARK).select_related("template")
    for one in texts.order_by("template__name", "language"):
        yield one.template, one.text
    for campaign in Campaign.objects.filter(text__contains=_MARK).order_by("name"):
        yield campaign, campaign.text
    variants = CampaignVariant.objects.filter(text__contains=_MARK).select_related("campaign")
    for variant in variants.order_by("campaign__name", "pk"):
        yield variant.campaign, variant.text
    for snippet in Snippet.objects.filter(text__contains=_MARK).order_by("name"):
        yield snippet, snippet.text
