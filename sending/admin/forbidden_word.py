"""The console's pages of forbidden words: the list, the form, and the import of a file."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from foundation.admin import ChangeHistoryMixin, ConsoleAdmin, ExportMixin, require
from foundation.refusals import Refusal
from sending.forbidden_word_file import import_words
from sending.forbidden_words import MOST_WORDS
from sending.models import ForbiddenWord, WordAction
from sending.resources import ForbiddenWordResource
from tabular.exports import stream_csv, write_xlsx
from tabular.upload_files import copied_upload
from texts.forbidden import clean_word, word_key


class ForbiddenWordForm(forms.ModelForm):
    """Word, action and note."""

    class Meta:
        model = ForbiddenWord
        fields = ["word", "action", "note"]

    def clean_word(self) -> str:
        """Return the word as it is stored; refuse one that is on the list already."""
        try:
            word = clean_word(self.cleaned_data["word"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence, code=refusal.code) from None
        others = ForbiddenWord.objects.exclude(pk=self.instance.pk)
        twin = others.filter(key=word_key(word)).first()
        if twin is not None:
            raise forms.ValidationError(
                _("“%(word)s” is on the list already: it is compared as the same word."),
                code="word_taken",
                params={"word": twin.word},
            )
        if self.instance.pk is None and others.count() >= MOST_WORDS:
            raise forms.ValidationError(
                _("The list has %(most)d words already: remove some first."),
                code="too_many_words",
                params={"most": MOST_WORDS},
            )
        return word


class WordFileForm(forms.Form):
    """The file, and what its words do."""

    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_(
            "A text with a word on each line, or CSV, TSV, XLSX or XLS with a column “word” and, "
            "if wanted, “action” (refuse or approve)."
        ),
    )
    action = forms.ChoiceField(
        label=_("action"),
        choices=WordAction.choices,
        widget=UnfoldAdminSelectWidget,
        help_text=_("For words without an action in the file."),
    )


@admin.register(ForbiddenWord)
class ForbiddenWordAdmin(ChangeHistoryMixin, ExportMixin, SimpleHistoryAdmin, ConsoleAdmin):
    """Words that messages must not contain. A change holds within a second or two."""

    export_resource = ForbiddenWordResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    form = ForbiddenWordForm
    list_display = ["word", "action", "note", "created_at"]
    list_filter = [("action", ChoicesDropdownFilter)]
    search_fields = ["word", "note"]
    fields = ["word", "action", "note"]
    actions_list = ["import_file"]
    empty_sentence = _(
        "There are no forbidden words. A text that holds one is refused when it is saved, and a "
        "message that gets one from a name or an attribute is skipped. Add words, or import a file."
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the page that imports a file."""
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name="sending_forbiddenword_import"), *super().get_urls()]

    @action(description=_("Import a file"), url_path="import-file", permissions=["import_file"])
    def import_file(self, request: HttpRequest) -> HttpResponse:
        """Lead to the page that imports a file."""
        return redirect("admin:sending_forbiddenword_import")

    def has_import_file_permission(self, request: HttpRequest, *_ids: Any) -> bool:
        """Whether the operator may import a file: they may add and change words."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form (GET), or import the file (POST)."""
        require(self.has_import_file_permission(request))
        form = WordFileForm(request.POST or None, request.FILES or None)
        if request.method == "POST" and form.is_valid() and self._import(request, form):
            return redirect("admin:sending_forbiddenword_changelist")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": gettext("Import forbidden words"),
            "note": gettext(
                "Words of the file are added to the list; words that are on it get the action of "
                "the file. Nothing changes when a line cannot be read."
            ),
            "verb": gettext("Import"),
            "form": form,
            "back": reverse("admin:sending_forbiddenword_changelist"),
        }
        return TemplateResponse(request, "console/import/upload.html", context)

    def _import(self, request: HttpRequest, form: WordFileForm) -> bool:
        file = form.cleaned_data["file"]
        with copied_upload(file) as path:
            try:
                new, known = import_words(
                    path=path,
                    file_name=file.name,
                    action=form.cleaned_data["action"],
                    by=request.user,
                )
            except Refusal as refusal:
                form.add_error("file", refusal.sentence)
                return False
        messages.success(
            request,
            gettext("%(new)d words are new, %(known)d were on the list.")
            % {"new": new, "known": known},
        )
        return True
