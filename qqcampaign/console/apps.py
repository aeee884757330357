"""The console as a Django app: its front page, styles and scripts."""

from django.apps import AppConfig
from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from foundation.display import EMPTY


class ConsoleConfig(AppConfig):
    name = "qqcampaign.console"
    verbose_name = _("Console")

    def ready(self) -> None:
        """Use the console's site, and register what uses operators and roles.

        The models are loaded at this point.
        """
        from qqcampaign.console.site import use_site
        from qqcampaign.console.uses import register_uses

        use_site()
        admin.site.empty_value_display = EMPTY
        register_uses()
