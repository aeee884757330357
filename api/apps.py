"""The Django app configuration of `api`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ApiConfig(AppConfig):
    name = "api"
    verbose_name = _("HTTP API")

    def ready(self) -> None:
        """Register the hooks in the apps below. The models are loaded at this point."""
        from api.registration import register

        register()
