"""A template filter: how long ago something was."""

from __future__ import annotations

from django import template

from foundation.ages import how_long

register = template.Library()
register.filter(how_long)
