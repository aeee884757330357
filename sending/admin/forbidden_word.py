"""The console's pages of forbidden words: the list, the form, and the import of a file."""

from __future__ import annotations

from django import forms
from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from simple_history.admin import SimpleHistoryAdmin
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.widgets import UnfoldAdminFileFieldWidget, UnfoldAdminSelectWidget

from foundation.admin import ChangeHistoryMixin, ExportMixin
from foundation.refusals import Refusal
from sending.admin.word_import import WordImport
from sending.forbidden_word_file import import_words
from sending.forbidden_words import MOST_WORDS
from sending.models import ForbiddenWord, WordAction
from sending.resources import ForbiddenWordResource
from tabular.exports import stream_csv, write_xlsx
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
