"""The Django app configuration of `labels`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LabelsConfig(AppConfig):
    name = "labels"
    verbose_name = _("Labels")

    def ready(self) -> None:
        """Register what uses labels. The models are loaded at this point."""
        from labels.uses import register_uses

        register_uses()
