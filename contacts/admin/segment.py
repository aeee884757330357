"""The list of segments, and the page that edits one and previews the people who meet it."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from contacts.admin.segment_form import SegmentForm
from contacts.admin.segment_words import form_words, names_of_references
from contacts.admin.size_chart import size_context
from contacts.models import Segment
from contacts.resources import SegmentResource
from contacts.segments.preview import preview_segment
from contacts.segments.references import missing_in, reference_keys, reference_to
from contacts.segments.save import change_segment, create_segment
from contacts.segments.where_text import where_text
from foundation.admin import ConsoleAdmin, ExportMixin, NamedMixin, require
from foundation.admin.edits import SEEN_FIELD, edited_form
from foundation.display import EMPTY
from foundation.refusals import Refusal
from tabular.admin.table_import import TableImport
from tabular.exports import stream_csv, write_xlsx

#: The most characters of the conditions in the list, and the most choices of a search.
LONGEST_SHOWN, MOST_CHOICES = 160, 20


@admin.register(Segment)
class SegmentAdmin(NamedMixin, TableImport, ExportMixin, ConsoleAdmin):
    """Segments: saved conditions, evaluated when a campaign's run is planned."""

    export_resource = table_resource = SegmentResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    actions_list = ["to_table"]
    list_display = ["name", "conditions_shown", "description", "created_by", "created_at"]
    list_select_related = ["created_by"]
    search_fields = ["name", "description"]
    empty_sentence = _(
        "A segment selects people by conditions, for example: in Beijing, and no message for 30 "
        "days. Its conditions are evaluated when a run is planned."
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the URLs of the preview and of the choices."""
        preview = self.admin_site.admin_view(self.preview_view)
        choices = self.admin_site.admin_view(self.choices_view)
        return [
            path("preview/", preview, name="contacts_segment_preview"),
            path("choices/", choices, name="contacts_segment_choices"),
            *super().get_urls(),
        ]

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Show the segment's page (GET), or save it (POST)."""
        # In a transaction `get_object` locks the row, so that two saves follow each other. To look
        # takes none: on SQLite every transaction waits for the one writer.
        with transaction.atomic() if request.method == "POST" else nullcontext():
            segment = self._find(request, object_id)
            if segment is None:
                return self._gone(request)
            require(self._may_save(request, segment) or self._may_only_look(request, segment))
            form = _form(request, segment, is_guarded=True)
            if request.method == "POST":
                require(self._may_save(request, segment))
                is_valid = form.is_valid()
                if "switch" in request.POST:
                    form = _switched(request, form)
                elif is_valid:
                    try:
                        return self._save(request, segment, form)
                    except Refusal as refusal:
                        # The conditions were checked before, so this is about the name.
                        form.add_error("name", refusal.sentence)
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
        found = self.get_object(request, request.POST.get("segment") or "0")
        form = _form(request, found if isinstance(found, Segment) else Segment())
        form.is_valid()
        context: dict[str, Any] = {"problems": form.problems}
        if form.conditions:
            try:
                context["preview"] = preview_segment(conditions=form.conditions)
                context["where"] = where_text(form.conditions)
            except Refusal as refusal:
                context["refusal"] = refusal.sentence
        return TemplateResponse(request, "console/people/segment_preview.html", context)

    def choices_view(self, request: HttpRequest) -> HttpResponse:
        """Return the lists, accounts or campaigns whose name contains a text, as JSON."""
        require(self.has_view_permission(request))
        key, text = request.GET.get("key", ""), request.GET.get("q", "")
        if key not in reference_keys():
            raise Http404
        found = [] if "\0" in text else reference_to(key).search(text.strip()[:128], MOST_CHOICES)
        return JsonResponse({"items": [{"id": number, "name": name} for number, name in found]})

    def _find(self, request: HttpRequest, object_id: str | None) -> Segment | None:
        """Return the segment, a new one if there is no id, None if there is none of the id."""
        if object_id is None:
            return Segment()
        found = self.get_object(request, unquote(object_id))
        return found if isinstance(found, Segment) else None

    def _gone(self, request: HttpRequest) -> HttpResponse:
        """Show what was typed for a segment that was deleted, or go to the list (GET)."""
        require(self.has_view_permission(request))
        sentence = gettext("This segment has been deleted.")
        if request.method != "POST":
            messages.warning(request, sentence)
            return HttpResponseRedirect(reverse("admin:contacts_segment_changelist"))
        form = _form(request, Segment())
        form.is_valid()
        conditions = where_text(form.conditions) or request.POST.get("text", "")
        texts = [request.POST.get(name, "") for name in ("name", "description")]
        labels = [form.fields["name"].label, form.fields["description"].label, _("Conditions")]
        context = {
            **self.admin_site.each_context(request),
            "opts": Segment._meta,
            "title": gettext("Not saved"),
            "sentence": sentence,
            "typed": [pair for pair in zip(labels, [*texts, conditions], strict=True) if pair[1]],
        }
        return TemplateResponse(request, "console/typed.html", context, status=409)

    def _may_save(self, request: HttpRequest, segment: Segment) -> bool:
        if segment.pk is None:
            return self.has_add_permission(request)
        return self.has_change_permission(request, segment)

    def _may_only_look(self, request: HttpRequest, segment: Segment) -> bool:
        return segment.pk is not None and self.has_view_permission(request, segment)

    def _save(self, request: HttpRequest, segment: Segment, form: SegmentForm) -> HttpResponse:
        is_new = segment.pk is None
        words = {"name": form.cleaned_data["name"], "description": form.cleaned_data["description"]}
        with transaction.atomic():
            if is_new:
                saved = create_segment(**words, conditions=form.conditions, by=request.user)
            else:
                saved = change_segment(segment=segment, **words, conditions=form.conditions)
            if is_new:
                self.log_addition(request, saved, [{"added": {}}])
            else:
                self.log_change(request, saved, _changes(form))
                self.tell_kept(request, form)
        messages.success(request, gettext("The segment %(name)s is saved.") % {"name": saved})
        return HttpResponseRedirect(reverse("admin:contacts_segment_change", args=[saved.pk]))

    def _context(self, form: Any, request: HttpRequest) -> dict[str, Any]:
        segment = form.instance
        saved = Segment.objects.filter(pk=segment.pk).first() if segment.pk else None
        return {
            **self.admin_site.each_context(request),
            "opts": Segment._meta,
            "title": saved.name if saved else gettext("New segment"),
            "original": saved,
            "segment": saved,
            "form": form,
            "seen": request.POST.get(SEEN_FIELD) if "switch" in request.POST else form.seen_token,
            "words": form_words(),
            "names": names_of_references(form.shown_tree),
            "tree": form.shown_tree,
            "missing": missing_in(form.before),
            "is_broken": bool(form.before) and where_text(form.before) is None,
            "may_save": self._may_save(request, segment),
            "may_delete": bool(saved) and self.has_delete_permission(request, saved),
            "may_make_list": request.user.has_perm("contacts.add_contactlist"),
            **(size_context(saved) if saved else {}),
        }

    @display(description=_("conditions"))
    def conditions_shown(self, segment: Segment) -> Any:
        """Return the conditions in the where-language, shortened, and what is missing."""
        text = where_text(segment.conditions)
        if text is None:
            return gettext("not understood: open the segment and choose its conditions again")
        if len(text) > LONGEST_SHOWN:
            text = f"{text[:LONGEST_SHOWN]}…"
        names = ", ".join(f"“{missing.name}”" for missing in missing_in(segment.conditions))
        if names:
            text += " – " + gettext("deleted: %(names)s") % {"names": names}
        return text or EMPTY


def _form(request: HttpRequest, segment: Segment, *, is_guarded: bool = False) -> Any:
    """Return the form that was posted; a guarded one notices what someone else changed."""
    data = request.POST if request.method == "POST" else None
    asked = request.GET.get("as") if data is None else data.get("as")
    form = edited_form(SegmentForm, request) if is_guarded else SegmentForm
    return form(data, instance=segment, is_text=asked == "text")


def _switched(request: HttpRequest, form: SegmentForm) -> SegmentForm:
    """Return the form in its other shape; the same form if what was typed is not understood."""
    typed = request.POST.get("text", "").strip() if form.is_text else form.shown_tree
    if form.problems and typed:
        return form
    shown = {
        "name": request.POST.get("name", ""),
        "description": request.POST.get("description", ""),
        "conditions": form.conditions,
    }
    # Validation has changed the form's instance; the new form needs the row as it is stored.
    before = Segment.objects.filter(pk=form.instance.pk).first() or Segment()
    return type(form)(None, instance=before, is_text=not form.is_text, shown=shown)


def _changes(form: SegmentForm) -> list[dict[str, Any]]:
    fields = [name for name in form.changed_data if name in ("name", "description")]
    if form.conditions != form.before:
        fields.append("conditions")
    return [{"changed": {"fields": fields}}]
