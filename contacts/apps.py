"""The Django app configuration of `contacts`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ContactsConfig(AppConfig):
    name = "contacts"
    verbose_name = _("People")

    def ready(self) -> None:
        """Register what uses rows. The models are loaded at this point."""
        from contacts.uses import register_uses

        register_uses()
