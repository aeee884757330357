"""The field of a text: buttons that insert what it can use, and the text for a real person."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextareaWidget

from campaigns.models import Snippet
from contacts.people.attributes import attribute_names_in_use
from foundation.restricted import is_restricted, seeing
from texts.rendering import BUILT_IN, spelled_variable
from texts.snippets import spelled_snippet

#: The most variables of a kind that are shown; more would hide the form.
MOST_VARIABLES = 60


Groups: TypeAlias = list[tuple[Any, list[str]]]


class TextWidget(UnfoldAdminTextareaWidget):
    """A text area with buttons that insert variables and snippets, and a live preview.

    Args:
        groups: what `variable_groups` returned, for a form with many texts; None: it is asked.
    """

    class Media:
        js = ("console/writing.js",)

    def __init__(self, *args: Any, groups: Groups | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._groups = groups

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """Return the text with the line ends of stored texts: a browser posts CR LF."""
        text = super().value_from_datadict(data, files, name)
        return text.replace("\r\n", "\n") if isinstance(text, str) else text

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the text area, the buttons and the place of the preview."""
        area = super().render(name, value, attrs, renderer)
        groups = variable_groups() if self._groups is None else self._groups
        return render_to_string(
            "console/campaign/text_variables.html",
            {
                "area": area,
                "field": (attrs or {}).get("id", ""),
                "name": name,
                "groups": [(words, shown) for words, shown in groups if shown],
            },
        )


def variable_groups() -> Groups:
    """Return the tags that a text can use: label and tags of each group."""
    built_in = [name for name in BUILT_IN if name != "attributes"]
    attributes = sorted(attribute_names_in_use())[:MOST_VARIABLES]
    snippets = Snippet.objects.filter(archived_at=None).order_by("name")
    # A restricted user may use a snippet that they know by name; what there is, is not shown.
    names: Iterable[str] = []
    if not is_restricted(seeing()):
        names = snippets.values_list("name", flat=True)[:MOST_VARIABLES]
    return [
        (_("Person and account"), _tags(built_in)),
        (_("Attributes"), _tags(map(spelled_variable, attributes))),
        (_("Snippets"), [spelled_snippet(name) for name in names]),
    ]


def _tags(names: Iterable[str]) -> list[str]:
    return [f"{{{{ {name} }}}}" for name in names]
