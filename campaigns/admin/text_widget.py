"""The field of a text; a click on a button below it inserts a variable."""

from __future__ import annotations

from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from unfold.widgets import UnfoldAdminTextareaWidget

from contacts.people.attributes import attribute_names_in_use
from texts.rendering import BUILT_IN, spelled_variable

#: Variables that are shown; more would hide the form.
MOST_VARIABLES = 60


class TextWidget(UnfoldAdminTextareaWidget):
    """A text area with buttons that insert variables."""

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the text area and the buttons."""
        area = super().render(name, value, attrs, renderer)
        known = [*BUILT_IN, *map(spelled_variable, sorted(attribute_names_in_use()))]
        return render_to_string(
            "console/campaign/text_variables.html",
            {
                "area": area,
                "field": (attrs or {}).get("id", ""),
                "variables": [
                    f"{{{{ {name} }}}}" for name in known[:MOST_VARIABLES] if name != "attributes"
                ],
            },
        )
