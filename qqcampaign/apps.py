"""The project as a Django app: system checks and the commands that start processes."""

from importlib import import_module

from django.apps import AppConfig

from qqcampaign.private_database import keep_private


class ProjectConfig(AppConfig):
    name = "qqcampaign"

    def ready(self) -> None:
        # Importing the module registers the checks. It imports other apps, so it has to wait
        # until they are loaded.
        import_module("qqcampaign.checks")
        keep_private()
        import_module("qqcampaign.safety_checks")
