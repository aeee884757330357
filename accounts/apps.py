"""The Django app configuration of `accounts`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Senders")

    def ready(self) -> None:
        """Register what uses rows. The models are loaded at this point."""
        from accounts.uses import register_uses

        register_uses()
