"""The console app: front page, checks, the command line that starts the stack."""

from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "qqcampaign"
    label = "console"
    verbose_name = _("Console")

    def ready(self) -> None:
        # Importing registers them; it needs the apps, and so cannot be done any earlier.
        import_module("qqcampaign.checks")
