"""The Django app configuration of `sending`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SendingConfig(AppConfig):
    name = "sending"
    verbose_name = _("Sending")

    def ready(self) -> None:
        """Register the handlers of replies, and verbs. The models are loaded at this point."""
        from accounts.inbound_handlers import register_inbound_handler
        from sending.commands.opt_outs import register_verbs
        from sending.opt_outs.handle import handle_opt_outs
        from sending.replies.handle import tie_replies

        register_inbound_handler(handle_opt_outs)
        register_inbound_handler(tie_replies)
        register_verbs()
