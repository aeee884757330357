"""Labels as badges."""

from __future__ import annotations

from collections.abc import Iterable

from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from labels.models import Label


def badges(labels: Iterable[Label]) -> SafeString:
    """Return the HTML of labels as badges in their colours."""
    return format_html_join(
        " ", '<span class="q-label {}">{}</span>', ((one.colour, one.name) for one in labels)
    )
