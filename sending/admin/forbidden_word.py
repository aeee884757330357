"""The console's pages of forbidden words: the list, the form, and the import of a file."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from foundation.admin import ChangeHistoryMixin, ExportMixin
from sending.admin.word_pages import WordForm, WordImport
from sending.forbidden_word_file import import_words
from sending.forbidden_words import FORBIDDEN_WORDS
from sending.models import ForbiddenWord, WordAction
from sending.resources import ForbiddenWordResource
from tabular.exports import stream_csv, write_xlsx


class ForbiddenWordForm(WordForm):
    """Word, action and note."""

    words = FORBIDDEN_WORDS

    class Meta:
        model = ForbiddenWord
        fields = ["word", "action", "note"]


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
        label=capfirst(_("action")),
        choices=WordAction.choices,
        widget=UnfoldAdminSelectWidget,
        help_text=_("For words without an action in the file."),
    )


@admin.register(ForbiddenWord)
class ForbiddenWordAdmin(ChangeHistoryMixin, ExportMixin, SimpleHistoryAdmin, WordImport):
    """Words that messages must not contain. A change holds within a second or two."""

    export_resource = ForbiddenWordResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    form = ForbiddenWordForm
    list_display = ["word", "action", "note", "created_at"]
    list_filter = [("action", ChoicesDropdownFilter)]
    search_fields = ["word", "note"]
    fields = ["word", "action", "note"]
    empty_sentence = _(
        "There are no forbidden words. A text that holds one is refused when it is saved, and a "
        "message that gets one from a name or an attribute is skipped. Add words, or import a file."
    )
    file_form = WordFileForm
    import_title = _("Import forbidden words")
    import_note = _(
        "Words of the file are added to the list; words that are on it get the action of the file. "
        "Nothing changes when a line cannot be read."
    )
    import_words = staticmethod(import_words)
