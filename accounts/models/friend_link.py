"""The friend link: an operator makes or ends one friendship, and says why."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.querysets import FriendLinkQuerySet
from accounts.states import OPEN_FRIEND_LINK_STATES, FriendLinkState
from foundation.sentence_field import SentenceField


class FriendLinkKind(models.TextChoices):
    ADD = "add", _("make a friend")
    REMOVE = "remove", _("end a friendship")


class FriendLink(models.Model):
    """One person whom an account asks to be a friend, or removes, and what became of it."""

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="friend_links",
        verbose_name=_("account"),
        db_index=False,  # the constraint below serves it
    )
    uin = models.BigIntegerField(_("UIN"), db_index=True)
    kind = models.CharField(_("what"), max_length=8, choices=FriendLinkKind.choices)
    #: Why the operator does it.
    purpose = models.CharField(_("why"), max_length=200)
    #: What the person is told.
    text = models.TextField(_("text"), blank=True)
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=FriendLinkState.choices,
        default=FriendLinkState.REQUESTED,
    )
    #: What the person answered.
    answer = models.TextField(_("answer"), blank=True)
    detail = SentenceField(_("in words"), max_length=500, blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    requested_at = models.DateTimeField(_("requested at"), default=timezone.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    objects = models.Manager.from_queryset(FriendLinkQuerySet)()

    class Meta:
        verbose_name = _("own friend request")
        verbose_name_plural = _("own friend requests")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "uin"],
                condition=models.Q(state__in=OPEN_FRIEND_LINK_STATES),
                name="friendlink_unique_open",
            ),
            models.CheckConstraint(
                name="friendlink_state_known", condition=models.Q(state__in=FriendLinkState.values)
            ),
        ]
        indexes = [
            # The ceiling of a day counts the latest.
            models.Index(fields=["account", "-requested_at"], name="friendlink_of_account")
        ]

    def __str__(self) -> str:
        return f"{self.uin} ({self.account_id})"
