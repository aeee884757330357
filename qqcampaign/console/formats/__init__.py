"""Formats of dates and times: ISO order, the same in all languages."""
