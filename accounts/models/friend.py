"""The friends of an account, as the gateway last reported them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.querysets import FriendQuerySet


class Friend(models.Model):
    """A friend of an account. When the friendship ends, `ended_at` is set and the row is kept."""

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="friends",
        verbose_name=_("account"),
        db_index=False,  # the unique constraint below serves it
    )
    uin = models.BigIntegerField(_("UIN"))
    nickname = models.CharField(_("nickname"), max_length=255, blank=True)
    known_since = models.DateTimeField(_("known since"), default=timezone.now)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)

    objects = models.Manager.from_queryset(FriendQuerySet)()

    class Meta:
        verbose_name = _("friend")
        verbose_name_plural = _("friends")
        ordering = ["account", "uin"]
        constraints = [
            models.UniqueConstraint(fields=["account", "uin"], name="friend_unique_uin_of_account")
        ]
        indexes = [
            # Planning looks up which accounts have a UIN as a friend now.
            models.Index(
                fields=["uin", "account"], name="friend_current", condition=models.Q(ended_at=None)
            )
        ]

    def __str__(self) -> str:
        return f"{self.uin} ({self.account_id})"
