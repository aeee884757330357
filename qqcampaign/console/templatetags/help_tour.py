"""A template tag: the tour of the first visit."""

from __future__ import annotations

from typing import Any

from django import template

from qqcampaign.console.help.tour import tour_context

register = template.Library()


@register.inclusion_tag("console/help/tour.html", takes_context=True)
def tour(context: Any) -> dict[str, Any]:
    """Show the invitation to the tour, and hold its steps."""
    request = context["request"]
    return {
        "request": request,
        "form_owner": context.get("form_owner", ""),
        **tour_context(request),
    }
