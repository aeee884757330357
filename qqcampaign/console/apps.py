"""The console as a Django app: its front page, styles and scripts."""

from django.apps import AppConfig
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from foundation.display import EMPTY


class ConsoleConfig(AppConfig):
    name = "qqcampaign.console"
    verbose_name = _("Console")

    def ready(self) -> None:
        """Register what uses operators and roles. The models are loaded at this point."""
        admin.site.empty_value_display = EMPTY
        from qqcampaign.console.uses import register_uses

        register_uses()
