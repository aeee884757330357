"""The list of segments, and the page that edits one and previews the people who meet it."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from contacts.admin.segment_form import SegmentForm
from contacts.admin.segment_rows import VALUELESS, WHATS, rows_of
from contacts.models import Segment
from contacts.people.attributes import attribute_names_in_use
from contacts.resources import SegmentResource
from contacts.segments.preview import preview_segment
from contacts.segments.save import save_segment
from foundation.admin import ConsoleAdmin, ExportMixin, ProtectedMixin, require
from foundation.refusals import Refusal
from tabular.admin.table_import import TableImport
from tabular.exports import stream_csv, write_xlsx

#: The most attribute names that the page suggests.
MOST_NAMES = 500


@admin.register(Segment)
class SegmentAdmin(TableImport, ExportMixin, ProtectedMixin, ConsoleAdmin):
    """Segments: saved conditions, evaluated when a campaign's run is planned."""

    export_resource = table_resource = SegmentResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    actions_list = ["to_table"]
    list_display = ["name", "conditions_shown", "description", "created_by", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["name", "description"]
    protected_by = ["campaigns", "runs"]
    empty_sentence = _(
        "A segment selects people by conditions, for example: in Beijing, and no message for 30 "
        "days. Its conditions are evaluated when a run is planned."
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the URL of the preview."""
        preview = self.admin_site.admin_view(self.preview_view)
        return [path("preview/", preview, name="contacts_segment_preview"), *super().get_urls()]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the segment's page (GET), or save it (POST)."""
        segment = self._find(request, object_id)
        require(self._may_save(request, segment) or self._may_only_look(request, segment))
        form = _form(request, segment)
        if request.method == "POST":
            require(self._may_save(request, segment))
            if form.is_valid():
                return self._save(request, segment, form)
        return TemplateResponse(
            request, "console/people/segment.html", self._context(form, request)
        )

    def preview_view(self, request: HttpRequest) -> HttpResponse:
        """Return the number and a sample of the people who meet the posted conditions."""
        require(
            self.has_view_permission(request) and request.user.has_perm("contacts.view_contact")
        )
        if request.method != "POST":
            raise Http404
        form = _form(request, Segment())
        form.is_valid()
        context: dict[str, Any] = {"form": form}
        if form.conditions and not form.non_field_errors() and "text" not in form.errors:
            try:
                context["preview"] = preview_segment(conditions=form.conditions)
            except Refusal as refusal:
                context["problem"] = refusal.sentence
        return TemplateResponse(request, "console/people/segment_preview.html", context)

    def _find(self, request: HttpRequest, object_id: str | None) -> Segment:
        if object_id is None:
            return Segment()
        found = self.get_object(request, object_id)
        if not isinstance(found, Segment):
            raise Http404
        return found

    def _may_save(self, request: HttpRequest, segment: Segment) -> bool:
        if segment.pk is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, segment)

    def _may_only_look(self, request: HttpRequest, segment: Segment) -> bool:
        return segment.pk is not None and self.has_view_permission(request, segment)

    def _save(self, request: HttpRequest, segment: Segment, form: SegmentForm) -> HttpResponse:
        is_new = segment.pk is None
        name = form.cleaned_data["name"].strip()
        with transaction.atomic():
            if not is_new:
                # The service finds a segment by its name: without this, a new name would create a
                # second segment.
                Segment.objects.filter(pk=segment.pk).update(name=name)
            saved = save_segment(
                name=name,
                conditions=form.conditions,
                description=form.cleaned_data["description"],
                by=request.user,
            )
        if is_new:
            self.log_addition(request, saved, [{"added": {}}])
        else:
            self.log_change(request, saved, [{"changed": {"fields": form.changed_data}}])
        messages.success(request, gettext("The segment %(name)s is saved.") % {"name": saved})
        return HttpResponseRedirect(reverse("admin:contacts_segment_change", args=[saved.pk]))

    def _context(self, form: SegmentForm, request: HttpRequest) -> dict[str, Any]:
        segment = form.instance
        saved = Segment.objects.filter(pk=segment.pk).first() if segment.pk else None
        return {
            **self.admin_site.each_context(request),
            "opts": Segment._meta,
            "title": saved.name if saved else gettext("New segment"),
            "original": saved,
            "segment": saved,
            "form": form,
            "attribute_names": sorted(attribute_names_in_use())[:MOST_NAMES],
            "grammar": {what: list(words) for what, (_label, words) in WHATS.items()},
            "valueless": VALUELESS,
            "may_save": self._may_save(request, segment),
            "may_delete": bool(saved) and self.has_delete_permission(request, saved),
            "may_make_list": request.user.has_perm("contacts.add_contactlist"),
        }

    @display(description=_("conditions"))
    def conditions_shown(self, segment: Segment) -> Any:
        """Return the number of conditions, and whether all or any of them must be met."""
        found = rows_of(segment.conditions)
        if found is None:
            return _("nested")
        word, rows = found
        return f"{len(rows)} ({_('all') if word == 'all' else _('any')})"


def _form(request: HttpRequest, segment: Segment) -> SegmentForm:
    data = request.POST if request.method == "POST" else None
    if data is not None:
        is_text = "text" in data
    else:
        is_text = request.GET.get("as") == "text" or rows_of(segment.conditions) is None
    return SegmentForm(data, instance=segment, is_text=is_text)
