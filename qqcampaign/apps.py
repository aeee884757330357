"""The console app: front page, checks, the command line that starts the stack."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "qqcampaign"
    label = "console"
    verbose_name = _("Console")
