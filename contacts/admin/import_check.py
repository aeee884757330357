"""The second page of an import: the file's layout, the columns' meanings, and a dry run."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from contacts.admin.type_choices import TYPE_CHOICES
from contacts.imports.dry_run import dry_run_import
from contacts.imports.fields import ATTRIBUTE, LEFT_OUT, NAME, UIN
from contacts.imports.layout import inspect_import, readings_of
from contacts.imports.lifecycle import (
    correct_layout,
    correct_mapping,
    discard_import,
    queue_import,
)
from contacts.imports.value_types import ColumnType, choose_types, column_types
from contacts.models import ContactImport
from contacts.states import ImportState
from contacts.tasks import wake_import
from foundation.admin import require
from foundation.refusals import Refusal
from tabular.admin.layout_form import DELIMITERS, ENCODINGS

#: Buttons that read the file anew: as one of the encodings in doubt, or with a line as its header.
CLICKED = ("read_as", "header_at")

#: Rows of the preview, and problems shown below it.
SHOWN_ROWS, SHOWN_PROBLEMS = 8, 10


class ImportCheck:
    """The check page, mixed into the import's admin."""

    def check_view(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """Show how the file is read (GET); correct that, discard the file or start (POST)."""
        require(self.has_upload_permission(request))  # type: ignore[attr-defined]
        found = ContactImport.objects.filter(pk=object_id).select_related("contact_list").first()
        if found is None:
            raise Http404
        if found.state != ImportState.UPLOADED:
            return HttpResponseRedirect(_page(found))
        if request.method == "POST":
            try:
                answer = self._answer(request, found)
            except Refusal as refusal:
                messages.error(request, refusal.sentence)
                answer = None
            return answer or HttpResponseRedirect(request.get_full_path())
        return self._show(request, found)

    def _answer(self, request: HttpRequest, found: ContactImport) -> HttpResponse | None:
        layout = next((one for one in CLICKED if request.POST.get(one)), "")
        verb = layout or request.POST.get("verb", "")
        if verb == "discard":
            discard_import(contact_import=found)
            messages.success(request, _("The file was discarded. Nothing was loaded."))
            return HttpResponseRedirect(reverse("admin:contacts_contactimport_changelist"))
        if verb in {"layout", *CLICKED}:
            correct_layout(contact_import=found, **_layout(request, found))
            return None
        correct_mapping(contact_import=found, mapping=_mapping(request, found))
        choose_types(contact_import=found, types=_types(request, found))
        if verb != "go":
            return None
        queue_import(contact_import=found)
        wake_import(found.pk)
        return HttpResponseRedirect(_page(found))

    def _show(self, request: HttpRequest, found: ContactImport) -> HttpResponse:
        context: dict[str, Any] = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": ContactImport._meta,
            "title": found.file_name,
            "found": found,
            "encodings": sorted({*ENCODINGS, found.encoding} - {""}),
            "delimiters": DELIMITERS,
            "shown_problems": SHOWN_PROBLEMS,
        }
        try:
            inspection = inspect_import(contact_import=found, rows=SHOWN_ROWS)
            blank = [""] * len(found.columns)
            context["rows"] = [
                (line, [*cells, *blank[len(cells) :]], problem)
                for line, cells, problem in inspection.sample
            ]
            context["columns"] = _columns(found, column_types(found))
            context["type_choices"] = TYPE_CHOICES
            context["layout"] = inspection.layout
            context["readings"] = readings_of(found)
            context["dry_run"] = dry_run_import(contact_import=found)
        except Refusal as refusal:
            context["problem"] = refusal.sentence
        return TemplateResponse(request, "console/import/check.html", context)


def _layout(request: HttpRequest, found: ContactImport) -> dict[str, Any]:
    """Return the layout that the form asks for, as arguments of `correct_layout`.

    If the sheet, encoding or delimiter was changed, the header is searched again, unless its line
    was changed as well.
    """
    chosen = {
        "encoding": request.POST.get("read_as", "") or request.POST.get("encoding", ""),
        "delimiter": request.POST.get("delimiter", ""),
        "sheet": request.POST.get("sheet", ""),
    }
    line = request.POST.get("header_at", "") or request.POST.get("header_line", "")
    number = int(line) if line.isascii() and line.isdigit() and len(line) < 8 else None
    is_other = any(chosen[key] != getattr(found, key) for key in chosen)
    if is_other and number == found.header_line:
        number = None
    return {**chosen, "header_line": number}


def _columns(found: ContactImport, types: dict[str, ColumnType]) -> list[dict[str, Any]]:
    columns = []
    for index, (title, meaning) in enumerate(zip(found.columns, found.mapping, strict=False)):
        is_attribute = meaning.startswith(ATTRIBUTE)
        columns.append(
            {
                "index": index,
                "title": title,
                "meaning": "attribute" if is_attribute else (meaning or "out"),
                "attribute": meaning.removeprefix(ATTRIBUTE) if is_attribute else title,
                **_type_of(types.get(meaning.removeprefix(ATTRIBUTE)) if is_attribute else None),
            }
        )
    return columns


def _type_of(column: ColumnType | None) -> dict[str, Any]:
    if column is None:
        return {"type": "text", "asks_order": False}
    return {
        "type": str(column.shown) or "text",
        "asks_order": column.proposal.needs_order and str(column.shown) == "date",
    }


def _types(request: HttpRequest, found: ContactImport) -> dict[str, str]:
    """Return the types in the form by the name of the attribute."""
    return {
        field.removeprefix(ATTRIBUTE): request.POST[f"type-{index}"]
        for index, field in enumerate(found.mapping)
        if field.startswith(ATTRIBUTE) and f"type-{index}" in request.POST
    }


def _mapping(request: HttpRequest, found: ContactImport) -> list[str]:
    """Return the columns' meanings in the form; a column that is not in the form is left out."""
    mapping = []
    for index, title in enumerate(found.columns):
        meaning = request.POST.get(f"meaning-{index}", "out")
        if meaning in {UIN, NAME}:
            mapping.append(meaning)
        elif meaning == "attribute":
            name = request.POST.get(f"attribute-{index}", "").strip() or title
            mapping.append(ATTRIBUTE + name if name else LEFT_OUT)
        else:
            mapping.append(LEFT_OUT)
    return mapping


def _page(found: ContactImport) -> str:
    return reverse("admin:contacts_contactimport_page", args=[found.pk])
