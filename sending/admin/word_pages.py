"""What the pages of lists of words share: the form of a word, and the import of a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from foundation.admin import ConsoleAdmin, require
from foundation.refusals import Refusal
from sending.word_lists import WordList
from tabular.upload_files import copied_upload


class WordForm(forms.ModelForm):
    """The form of a word.

    Attributes:
        words: the list that the word is on.
    """

    words: WordList

    def clean_word(self) -> str:
        """Return the word as it is stored; refuse one that is on the list already."""
        try:
            word = self.words.clean(self.cleaned_data["word"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.sentence, code=refusal.code) from None
        others = self.words.model.objects.exclude(pk=self.instance.pk)
        twin = others.filter(key=self.words.key_of(word)).first()
        if twin is not None:
            raise forms.ValidationError(
                _("“%(word)s” is on the list already: it is compared as the same word."),
                code="word_taken",
                params={"word": twin.word},
            )
        if self.instance.pk is None and others.count() >= self.words.most:
            raise forms.ValidationError(
                _("The list has %(most)d words already: remove some first."),
                code="too_many_words",
                params={"most": self.words.most},
            )
        return word


class WordImport(ConsoleAdmin):
    """Adds the page to the pages of a model of words.

    Attributes:
        file_form: the form: `file`, and what holds for words for which the file says nothing.
        import_title: the page's title.
        import_note: what an import does to the list.
        import_words: reads the file at `path`, called `file_name`, for the operator `by`, with the
            other fields of the form; returns how many words are new and how many were on the list.
    """

    file_form: type[forms.Form]
    import_title: Any
    import_note: Any
    import_words: Callable[..., tuple[int, int]]
    actions_list = ("import_file",)

    def get_urls(self) -> list[URLPattern]:
        """Add the page that imports a file."""
        view = self.admin_site.admin_view(self.import_view)
        return [path("import/", view, name=self._name("import")), *super().get_urls()]

    @action(description=_("Import a file"), url_path="import-file", permissions=["import_file"])
    def import_file(self, request: HttpRequest) -> HttpResponse:
        """Redirect to the page that imports a file."""
        return redirect(f"admin:{self._name('import')}")

    def has_import_file_permission(self, request: HttpRequest, *_ids: Any) -> bool:
        """Return whether the operator may import a file: they may add and change words."""
        return self.has_add_permission(request) and self.has_change_permission(request)

    def import_view(self, request: HttpRequest) -> HttpResponse:
        """Show the form (GET), or import the file (POST)."""
        require(self.has_import_file_permission(request))
        form = self.file_form(request.POST or None, request.FILES or None)
        back = reverse(f"admin:{self._name('changelist')}")
        if request.method == "POST" and form.is_valid() and self._import(request, form):
            return redirect(back)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.model._meta,
            "title": self.import_title,
            "note": self.import_note,
            "verb": gettext("Import"),
            "form": form,
            "back": back,
        }
        return TemplateResponse(request, "console/import/upload.html", context)

    def _import(self, request: HttpRequest, form: forms.Form) -> bool:
        values = dict(form.cleaned_data)
        file = values.pop("file")
        with copied_upload(file) as copy:
            try:
                new, known = type(self).import_words(
                    path=copy, file_name=file.name, by=request.user, **values
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

    def _name(self, page: str) -> str:
        """Return the name of the URL of one of the model's pages."""
        options = self.model._meta
        return f"{options.app_label}_{options.model_name}_{page}"
