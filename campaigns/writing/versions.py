"""Services: the versions of a template, their differences, and the restoring of one."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models.functions import Cast

from campaigns.models import CampaignRun, MessageTemplate, TemplateText, TemplateVersion
from campaigns.writing.check import refuse_texts
from foundation.differences import DifferentLine, differences
from foundation.locked_rows import locked_row
from foundation.refusals import Refusal
from foundation.sentences import Sentence as _

#: The newest runs of a template that are looked at.
MOST_RUNS = 1_000


def current_version(*, template: MessageTemplate, by: Any = None) -> TemplateVersion:
    """Return the version of a template's texts as they are now; a new one if they changed.

    Args:
        template: the template.
        by: the operator who changed the texts.
    """
    with transaction.atomic():
        found = locked_row(template)
        texts, newest = found.texts_by_language(), found.versions.first()
        if (
            newest is not None
            and newest.texts == texts
            and newest.language_attribute == found.language_attribute
        ):
            return newest
        return _new_version(found, texts, by=by, after=newest)


def find_version(*, template: MessageTemplate, number: int) -> TemplateVersion:
    """Return a version of a template.

    Raises:
        Refusal: it has no such version (`version_unknown`).
    """
    found = template.versions.filter(number=number).first() if number < 2**31 else None
    if found is None:
        raise Refusal(
            _("The template “%(name)s” has no version %(number)s.")
            % {"name": template.name, "number": number},
            code="version_unknown",
        )
    return found


def restore_version(*, template: MessageTemplate, number: int, by: Any = None) -> TemplateVersion:
    """Give a template the texts of an earlier version; return the new version that this makes.

    Raises:
        Refusal: there is no such version (`version_unknown`), or it is the current one
            (`version_current`).
        TextProblem: a text of the version is not correct any more.
    """
    with transaction.atomic():
        found = locked_row(template)
        newest = current_version(template=found)
        wanted = find_version(template=found, number=number)
        if wanted.texts == newest.texts and (
            wanted.language_attribute == newest.language_attribute
        ):
            raise Refusal(
                _("The texts of version %(number)d are those that the template has now.")
                % {"number": number},
                code="version_current",
            )
        refuse_texts(wanted.texts)
        found.text = wanted.texts.get("", "")
        found.language_attribute = wanted.language_attribute
        if by is not None:
            found._history_user = by  # type: ignore[attr-defined]
        found.save()
        found.texts.all().delete()
        TemplateText.objects.bulk_create(
            TemplateText(template=found, language=tag, text=text)
            for tag, text in wanted.texts.items()
            if tag
        )
        return _new_version(found, dict(wanted.texts), by=by, after=newest, restored=number)


def runs_by_version(template: MessageTemplate) -> dict[int, list[CampaignRun]]:
    """Return the runs that sent each version of a template, by its number, the newest first.

    A run names the version of its own template by a key, and those of its variants in its JSON.
    """
    written = Cast("variant_versions", models.TextField())
    # The text finds few rows in both databases; which of them are meant is read from the JSON.
    runs = (
        CampaignRun.objects.select_related("campaign", "template_version")
        .annotate(written=written)
        .filter(
            models.Q(template_version__template=template)
            | models.Q(written__contains=f'"template": {template.pk}')
        )
        .order_by("-pk")[:MOST_RUNS]
    )
    found: dict[int, list[CampaignRun]] = {}
    for run in runs:
        own = run.template_version
        numbers = {own.number} if own is not None and own.template_id == template.pk else set()
        numbers |= {
            one["version"] for one in run.variant_versions if one["template"] == template.pk
        }
        for number in numbers:
            found.setdefault(number, []).append(run)
    return found


def version_differences(
    version: TemplateVersion, before: TemplateVersion | None
) -> list[tuple[str, list[DifferentLine]]]:
    """Return the texts that differ between two versions: language and lines of each.

    Args:
        version: the later version.
        before: the earlier one; None: everything is new.
    """
    old = before.texts if before is not None else {}
    return [
        (tag, differences(old.get(tag, ""), version.texts.get(tag, "")))
        for tag in sorted({*old, *version.texts})
        if old.get(tag) != version.texts.get(tag)
    ]


def _new_version(
    template: MessageTemplate,
    texts: dict[str, str],
    *,
    by: Any,
    after: TemplateVersion | None,
    restored: int | None = None,
) -> TemplateVersion:
    return TemplateVersion.objects.create(
        template=template,
        number=after.number + 1 if after is not None else 1,
        texts=texts,
        language_attribute=template.language_attribute,
        restored_from=restored,
        created_by=by if getattr(by, "pk", None) is not None else None,
    )
