"""The console's pages of opt-out words: the list, the form, and the import of a file."""

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
from sending.models import OptDirection, OptOutWord, WordMatch
from sending.opt_outs.word_file import import_words
from sending.opt_outs.word_list import OPT_OUT_WORDS
from sending.resources import OptOutWordResource
from tabular.exports import stream_csv, write_xlsx


class OptOutWordForm(WordForm):
    """Word, match, direction and note."""

    words = OPT_OUT_WORDS

    class Meta:
        model = OptOutWord
        fields = ["word", "match", "direction", "note"]


class OptOutWordFileForm(forms.Form):
    """The file, and what its words do."""

    file = forms.FileField(
        label=_("File"),
        widget=UnfoldAdminFileFieldWidget,
        help_text=_(
            "A text with a word on each line, or CSV, TSV, XLSX or XLS with a column “word” and, "
            "if wanted, “match” (exact or begins) and “direction” (out or in)."
        ),
    )
    match = forms.ChoiceField(
        label=capfirst(_("compared with")),
        choices=WordMatch.choices,
        widget=UnfoldAdminSelectWidget,
        help_text=_("For words without one in the file."),
    )
    direction = forms.ChoiceField(
        label=capfirst(_("what it does")),
        choices=OptDirection.choices,
        widget=UnfoldAdminSelectWidget,
        help_text=_("For words without one in the file."),
    )


@admin.register(OptOutWord)
class OptOutWordAdmin(ChangeHistoryMixin, ExportMixin, SimpleHistoryAdmin, WordImport):
    """Words by which people opt out in a reply. A change holds for the next reply."""

    export_resource = OptOutWordResource
    export_stream = stream_csv
    export_workbook = write_xlsx
    form = OptOutWordForm
    list_display = ["word", "match", "direction", "note", "created_at"]
    list_filter = [("direction", ChoicesDropdownFilter), ("match", ChoicesDropdownFilter)]
    search_fields = ["word", "note"]
    fields = ["word", ("match", "direction"), "note"]
    empty_sentence = _(
        "There are no opt-out words, so nobody can opt out by a reply. Add words such as 退订 and "
        "TD, or import a file."
    )
    file_form = OptOutWordFileForm
    import_title = _("Import opt-out words")
    import_note = _(
        "Words of the file are added to the list; words that are on it do what the file says. "
        "Nothing changes when a line cannot be read."
    )
    import_words = staticmethod(import_words)
