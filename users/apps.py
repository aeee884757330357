"""The Django app configuration of `users`."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class UsersConfig(AppConfig):
    name = "users"
    verbose_name = _("Users")

    def ready(self) -> None:
        """Give the roles their permissions after every migration.

        Django creates the permissions of new models then, so a migration alone could not give
        them.
        """
        from users.role_groups import after_migrate

        post_migrate.connect(after_migrate, dispatch_uid="users.role_groups")
