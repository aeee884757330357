"""The Django app configuration of `campaigns`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        """Tell the apps below what this one knows of people; models exist from here on."""
        from campaigns.audience.conditions import register_conditions
        from campaigns.audience.list_uses import register_list_uses
        from campaigns.audience.person_page import register_person

        register_conditions()
        register_person()
        register_list_uses()
