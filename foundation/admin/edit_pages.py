"""Forms and actions whose rows changed or vanished while the page was open."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.utils import unquote
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext, ngettext

from foundation.admin.edits import EditedForm, edited_form
from foundation.admin.permissions import require
from foundation.admin.typed_text import typed_text
from foundation.queries import chunks

#: Larger numbers are no keys of a row.
LARGEST_KEY = 2**63 - 1


class EditsMixin:
    """Mixed into every admin with a form."""

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """Return the form, which notices what someone else changed meanwhile."""
        form: Any = super().get_form(request, obj, change=change, **kwargs)  # type: ignore[misc]
        return edited_form(form, request)

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        """Return a row; while a form is saved it is locked, so that two saves follow each other."""
        if request.method == "POST" and transaction.get_connection().in_atomic_block:
            model = self.model  # type: ignore[attr-defined]
            try:
                key = model._meta.pk.to_python(object_id)
                list(model._base_manager.select_for_update().filter(pk=key).values_list("pk"))
            except (ValidationError, ValueError):
                pass
        return super().get_object(request, object_id, from_field)  # type: ignore[misc]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show or save the form; if it cannot be saved any more, show what was typed."""
        is_saving = request.method == "POST"
        is_of_a_row = object_id is not None and "_saveasnew" not in request.POST
        if is_saving and is_of_a_row and self.get_object(request, unquote(str(object_id))) is None:
            return self._typed_page(
                request, gettext("This has been deleted meanwhile, so it could not be saved.")
            )
        try:
            shown: HttpResponse = super().changeform_view(  # type: ignore[misc]
                request, object_id, form_url, extra_context
            )
        except IntegrityError:
            if not is_saving:
                raise
            return self._typed_page(
                request,
                gettext(
                    "Nothing was saved: what you chose was deleted, or someone else saved "
                    "something with the same name, in the same moment."
                ),
            )
        return shown

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Any:
        """Return the row to save; say which fields someone else changed and which are kept."""
        self.tell_kept(request, form)
        return super().save_form(request, form, change)  # type: ignore[misc]

    def tell_kept(self, request: HttpRequest, form: Any) -> None:
        """Say which fields someone else changed and which are kept."""
        if isinstance(form, EditedForm) and form.kept_labels:
            who = form.changed_by or gettext("someone else")
            messages.info(
                request,
                gettext("Changed by %(who)s meanwhile, and kept: %(fields)s.")
                % {"who": who, "fields": ", ".join(form.kept_labels)},
            )

    def response_action(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse | None:
        """Run an action on the selected rows that are still there; say how many are gone."""
        chosen = request.POST.getlist(ACTION_CHECKBOX_NAME)
        if not chosen or request.POST.get("select_across") == "1":
            return super().response_action(request, queryset)  # type: ignore[misc]
        keys = [key for key in dict.fromkeys(chosen) if self._is_key(key)]
        there = self._keys_there(keys)
        gone = len(dict.fromkeys(chosen)) - len(there)
        if gone:
            messages.warning(
                request,
                ngettext(
                    "%(n)d of the selected rows has been deleted meanwhile.",
                    "%(n)d of the selected rows have been deleted meanwhile.",
                    gone,
                )
                % {"n": gone},
            )
        if not there:
            return HttpResponseRedirect(request.get_full_path())
        if gone:
            data = request.POST.copy()
            data.setlist(ACTION_CHECKBOX_NAME, there)
            request.POST = data  # type: ignore[assignment]
        return super().response_action(request, queryset)  # type: ignore[misc]

    def _is_key(self, text: str) -> bool:
        try:
            key = self.model._meta.pk.to_python(text)  # type: ignore[attr-defined]
        except (ValidationError, ValueError):
            return False
        return not isinstance(key, int) or 0 <= key <= LARGEST_KEY

    def _keys_there(self, keys: list[str]) -> list[str]:
        there: set[str] = set()
        rows = self.model._default_manager  # type: ignore[attr-defined]
        for chunk in chunks(keys):
            found = rows.filter(pk__in=chunk).values_list("pk", flat=True)
            there.update(str(key) for key in found)
        return [key for key in keys if str(self.model._meta.pk.to_python(key)) in there]  # type: ignore[attr-defined]

    def _typed_page(self, request: HttpRequest, sentence: str) -> HttpResponse:
        """Return a page that shows what was typed, to copy it."""
        require(self.has_view_or_change_permission(request))  # type: ignore[attr-defined]
        form = self.get_form(request)
        return TemplateResponse(
            request,
            "console/typed.html",
            {
                **self.admin_site.each_context(request),  # type: ignore[attr-defined]
                "opts": self.model._meta,  # type: ignore[attr-defined]
                "title": gettext("Not saved"),
                "sentence": sentence,
                "typed": typed_text(request.POST, labels=_labels(form)),
            },
            status=409,
        )


def _labels(form: Any) -> dict[str, Any]:
    """Return the labels of a form's fields; "" for those whose text must not be shown."""
    labels: dict[str, Any] = {}
    for name, field in form.base_fields.items():
        is_secret = isinstance(field.widget, forms.PasswordInput)
        labels[name] = "" if is_secret else field.label or name
    return labels
