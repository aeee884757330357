"""The restriction on a user's page, and the lock around every page of the console."""

from restrictions.admin import user  # noqa: F401 -- adds it to the user's page
