"""Services: create and change message templates, with their texts by language and versions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from campaigns.models import MessageTemplate, TemplateText, TemplateVersion
from campaigns.models.message_template import LANGUAGE_ATTRIBUTE
from campaigns.writing.check import refuse_texts
from campaigns.writing.languages import language_tag
from campaigns.writing.versions import current_version
from contacts.models import LONGEST_ATTRIBUTE_NAME
from foundation.locked_rows import locked_row
from foundation.names import clean_name
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The most languages of a template.
MOST_LANGUAGES = 30


def create_template(
    *,
    name: str,
    texts: Mapping[str, str],
    language_attribute: str = LANGUAGE_ATTRIBUTE,
    by: Any = None,
) -> MessageTemplate:
    """Create a template with its first version.

    Args:
        name: a name by `foundation.names` that no other template has.
        texts: the texts by language tag; "" is the default text, which is needed.
        language_attribute: the attribute of the contacts that says a person's language.
        by: the operator.

    Raises:
        Refusal: the name or a language cannot be one, or is taken.
        TextProblem: a text is not correct.
    """
    template = MessageTemplate(name=clean_name(name))
    template.refuse_twin()
    save_template(template=template, texts=texts, language_attribute=language_attribute, by=by)
    return template


def save_template(
    *,
    template: MessageTemplate,
    texts: Mapping[str, str],
    language_attribute: str = "",
    by: Any = None,
) -> TemplateVersion:
    """Save a template with these texts, which replace all it has; return its version.

    Args:
        template: the template, perhaps new, with its name.
        texts: the texts by language tag; "" is the default text, which is needed.
        language_attribute: the attribute with the language; empty: as it is.
        by: the operator.

    Raises:
        Refusal: a language cannot be one (`language_malformed`), is doubled (`language_twice`), or
            there are too many (`too_many_languages`).
        TextProblem: a text is not correct; nothing was changed.
    """
    checked = checked_texts({"": "", **texts})
    with transaction.atomic():
        if template.pk is not None:
            locked_row(template)
        template.text = checked[""]
        template.language_attribute = language_attribute or template.language_attribute
        if by is not None:
            template._history_user = by  # type: ignore[attr-defined]
        template.save()
        set_texts(template, checked)
        return current_version(template=template, by=by)


def change_text(
    *, template: MessageTemplate, text: str, language: str = "", by: Any = None
) -> TemplateVersion:
    """Replace or add one text of a template; return the new version.

    Raises:
        Refusal: the language cannot be one.
        TextProblem: the text is not correct; nothing was changed.
    """
    tag = language_tag(language) if language else ""
    with transaction.atomic():
        found = locked_row(template)
        texts = {**found.texts_by_language(), tag: text}
        return save_template(template=found, texts=texts, by=by)


def checked_texts(texts: Mapping[str, str]) -> dict[str, str]:
    """Return texts by their normalised language tags.

    Raises:
        Refusal: a language cannot be one, is doubled, or there are too many.
        TextProblem: a text is not correct; names its language.
    """
    checked: dict[str, str] = {}
    for language, text in texts.items():
        tag = language_tag(language) if language else ""
        if tag in checked:
            raise Refusal(
                _("There are two texts for the language “%(tag)s”.") % {"tag": tag},
                code="language_twice",
            )
        checked[tag] = text
    if len(checked) > MOST_LANGUAGES + 1:
        raise Refusal(
            _("A template has at most %(most)d languages.") % {"most": MOST_LANGUAGES},
            code="too_many_languages",
        )
    refuse_texts(checked)
    return checked


def checked_attribute(name: str) -> str:
    """Return the name of the attribute with the language; the usual one for a blank.

    Raises:
        Refusal: it cannot be the name of an attribute.
    """
    if not name.strip():
        return LANGUAGE_ATTRIBUTE
    return clean_name(name, longest=LONGEST_ATTRIBUTE_NAME)


def set_texts(template: MessageTemplate, texts: Mapping[str, str]) -> None:
    """Give a template these texts by language, in the caller's transaction."""
    kept = {tag: text for tag, text in texts.items() if tag}
    template.texts.exclude(language__in=list(kept)).delete()
    for tag, text in kept.items():
        TemplateText.objects.update_or_create(
            template=template, language=tag, defaults={"text": text}
        )
