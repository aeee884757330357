"""Actions: the page that asks for confirmation, and the messages about refusals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from foundation.refusals import Refusal


def confirmation(
    request: HttpRequest,
    admin: ModelAdmin,
    *,
    title: str,
    sentences: Sequence[str],
    verb: str,
    back: str,
    is_dangerous: bool = False,
    hidden: Sequence[tuple[str, Any]] = (),
    form: Form | None = None,
) -> TemplateResponse:
    """Return a page that describes an action, with one button to confirm and one to go back.

    Args:
        title: the question.
        sentences: the effects of the action, one sentence each.
        verb: the label of the confirming button.
        back: the URL of the other button.
        is_dangerous: whether the confirming button has the colour of a warning.
        hidden: (name, value) of hidden fields to submit.
        form: more fields for the operator.
    """
    context = {
        **admin.admin_site.each_context(request),
        "opts": admin.model._meta,
        "title": title,
        "sentences": sentences,
        "verb": verb,
        "back": back,
        "is_dangerous": is_dangerous,
        "hidden": hidden,
        "form": form,
    }
    return TemplateResponse(request, "console/confirmation.html", context)


def show_refusals(request: HttpRequest, refusals: Sequence[Refusal]) -> None:
    """Show refusals as error messages: each sentence once, with how often it occurred."""
    counted: dict[str, int] = {}
    for refusal in refusals:
        counted[refusal.sentence] = counted.get(refusal.sentence, 0) + 1
    for sentence, times in counted.items():
        if times == 1:
            messages.error(request, sentence)
        else:
            messages.error(
                request,
                _("%(sentence)s (%(times)d times)") % {"sentence": sentence, "times": times},
            )
