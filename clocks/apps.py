"""The Django app of the shared clock's two tables."""

from django.apps import AppConfig


class ClocksConfig(AppConfig):
    """The app with the tables; the clock itself is `clocks.shared`."""

    name = "clocks"
    default_auto_field = "django.db.models.BigAutoField"
