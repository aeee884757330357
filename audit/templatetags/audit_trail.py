"""Template filters for entries of the audit trail."""

from django import template

from audit.reading import told

register = template.Library()
register.filter("told", told)
