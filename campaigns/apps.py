"""The Django app configuration of `campaigns`."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CampaignsConfig(AppConfig):
    name = "campaigns"
    verbose_name = _("Campaigns")

    def ready(self) -> None:
        """Register the hooks in contacts and accounts. The models are loaded at this point."""
        from campaigns.contacts_hooks.friend_data import register_friend_data
        from campaigns.contacts_hooks.person_data import register_person_data
        from campaigns.contacts_hooks.profile_attributes import register_profile_attributes
        from campaigns.contacts_hooks.segment_conditions import register_conditions
        from campaigns.uses.registration import register_uses

        register_conditions()
        register_person_data()
        register_friend_data()
        register_profile_attributes()
        register_uses()
