"""What a token may do at most, whatever its user may do."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """The scopes of tokens. Each includes those before it."""

    READ = "read", _("read")
    WRITE = "write", _("write: campaigns, texts, people; sends nothing")
    SEND = "send", _("send: start runs, answer people, log accounts in")
    ADMIN = "admin", _("administer: accounts, rules for all campaigns")

    def includes(self, other: Scope) -> bool:
        """Return whether a token with this scope may do what needs the other one."""
        order = list(Scope)
        return order.index(other) <= order.index(self)
