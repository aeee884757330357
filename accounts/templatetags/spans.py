"""Template filters: how long ago something was, and how soon something will be."""

from __future__ import annotations

from django import template

from foundation.ages import how_long, how_soon

register = template.Library()
register.filter(how_long)
register.filter(how_soon)
