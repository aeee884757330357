"""The Django app configuration of `operations`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OperationsConfig(AppConfig):
    name = "operations"
    verbose_name = _("Operations")

    def ready(self) -> None:
        """Register what is removed by age, and what erasing covers. The models are loaded."""
        from operations import erasing
        from operations.pruning.register import register_kinds

        register_kinds()
        erasing.register()
