"""The project as a Django app: system checks and the commands that start processes."""

from importlib import import_module

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "qqcampaign"

    def ready(self) -> None:
        # Importing the module registers the checks. It imports other apps, so it has to wait
        # until they are loaded.
        import_module("qqcampaign.checks")
        import_module("qqcampaign.safety_checks")
