"""The Django app configuration of `accounts`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "accounts"
    verbose_name = _("Senders")

    def ready(self) -> None:
        """Register what uses rows, and what handles inbound messages. The models are loaded."""
        from accounts.friend_requests.inbound import handle_friend_messages
        from accounts.inbound_handlers import register_inbound_handler
        from accounts.uses import register_uses

        register_uses()
        register_inbound_handler(handle_friend_messages)
