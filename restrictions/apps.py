"""The Django app configuration of `restrictions`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class RestrictionsConfig(AppConfig):
    name = "restrictions"
    verbose_name = _("Restrictions")

    def ready(self) -> None:
        """Register the hooks in the apps below. The models are loaded at this point."""
        from restrictions.registration import register

        register()
