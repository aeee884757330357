"""The Django app configuration of `audit`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AuditConfig(AppConfig):
    name = "audit"
    verbose_name = _("Audit trail")

    def ready(self) -> None:
        """Register the trail. The models are loaded at this point."""
        from audit.recorder import listen_to_models
        from audit.sign_ins import listen_to_sign_ins
        from audit.trail import AuditTrail
        from foundation.acts import register_trail

        register_trail(AuditTrail())
        listen_to_models()
        listen_to_sign_ins()
