"""The Django app configuration of `conversations`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ConversationsConfig(AppConfig):
    name = "conversations"
    verbose_name = _("Conversations")

    def ready(self) -> None:
        """Register the hooks in the apps below. The models are loaded at this point."""
        from conversations.registration import register

        register()
