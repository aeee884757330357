"""The console as a Django app: the admin of operators and roles, styles and scripts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "qqcampaign.console"
    verbose_name = _("Console")
