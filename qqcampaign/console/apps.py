"""The console as a Django app: the admin of operators and roles, styles and scripts."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConsoleConfig(AppConfig):
    name = "qqcampaign.console"
    verbose_name = _("Console")

    def ready(self) -> None:
        """Register what uses operators and roles. The models are loaded at this point."""
        from qqcampaign.console.uses import register_uses

        register_uses()
