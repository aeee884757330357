"""Pages of users and roles."""

from users.admin import group, user

__all__ = ["group", "user"]
