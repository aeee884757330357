"""The friends of an account, as the gateway last reported them."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.querysets import FriendQuerySet
from accounts.states import FriendPresence


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
    #: The first time; a friendship that ended and began again keeps it.
    first_known_since = models.DateTimeField(_("first known since"), null=True, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    #: As the gateway last told it; NULL if it never did. No index has these columns, so that
    #: PostgreSQL can write them without touching one (HOT).
    presence = models.PositiveSmallIntegerField(
        _("presence"), choices=FriendPresence.choices, null=True, blank=True
    )
    #: The last time at which the person was known to be online.
    seen_online_at = models.DateTimeField(_("last online"), null=True, blank=True)
    #: FC; the number of its picture file is `qqhttp.enums.face_file`.
    face = models.PositiveIntegerField(_("face"), null=True, blank=True)

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
            ),
            # The others are only searched.
            models.Index(
                fields=["uin"],
                name="friend_ended",
                condition=models.Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uin} ({self.account_id})"
