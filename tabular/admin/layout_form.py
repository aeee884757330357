"""The form fields for the layout of an uploaded file; what is not given is detected."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from tabular.inspection import FARTHEST_HEADER
from tabular.table_import.table_file import FileLayout

#: The encodings and delimiters that are offered.
ENCODINGS = (
    *("utf-8", "utf-8-sig", "gb18030", "big5", "cp1252"),
    *("utf-16", "utf-16-le", "utf-16-be"),
)
DELIMITERS = ((",", ","), (";", ";"), ("\t", "Tab"), ("|", "|"))


class LayoutForm(forms.Form):
    """Encoding, delimiter, sheet and line of the header, all optional."""

    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[("", _("detect")), *((name, name) for name in ENCODINGS)],
        widget=UnfoldAdminSelectWidget,
        help_text=_("Of a text file. Choose one if texts look wrong in the preview."),
    )
    delimiter = forms.ChoiceField(
        label=_("Column delimiter"),
        required=False,
        choices=[("", _("detect")), *DELIMITERS],
        widget=UnfoldAdminSelectWidget,
    )
    sheet = forms.CharField(
        label=_("Sheet"),
        required=False,
        max_length=255,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Of a workbook. Empty: the first visible sheet with a table."),
    )
    header_line = forms.IntegerField(
        label=_("Line with the titles"),
        required=False,
        min_value=1,
        max_value=FARTHEST_HEADER,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Empty: it is found."),
    )

    def layout(self) -> FileLayout:
        """Return what the operator gave; the form must be valid."""
        data = self.cleaned_data
        return FileLayout(
            encoding=data["encoding"],
            delimiter=data["delimiter"],
            sheet=data["sheet"],
            header_line=data["header_line"],
        )
