"""The friend request: a person asks to be the friend of an account."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account
from accounts.models.inbound_message import InboundMessage
from accounts.querysets import FriendRequestQuerySet
from accounts.states import OPEN_FRIEND_REQUEST_STATES, FriendRequestState
from foundation.sentence_field import SentenceField


class FriendRequest(models.Model):
    """A request that the gateway handed over (MT=2), and what became of it.

    A person who asks again while the first request is not settled has one row, with the latest
    text. The answer is an account task of the account's lane.
    """

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="friend_requests",
        verbose_name=_("account"),
        db_index=False,  # the constraint below serves it
    )
    uin = models.BigIntegerField(_("UIN"), db_index=True)
    text = models.TextField(_("text"), blank=True)
    received_at = models.DateTimeField(_("received at"))
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=FriendRequestState.choices,
        default=FriendRequestState.WAITING,
    )
    #: What the person is told when the request is refused.
    reason = models.TextField(_("reason"), blank=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("answered by"),
    )
    decided_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)
    detail = SentenceField(_("in words"), max_length=500, blank=True)
    #: The latest message that asked.
    message = models.OneToOneField(
        InboundMessage,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="friend_request",
        verbose_name=_("message"),
    )

    objects = models.Manager.from_queryset(FriendRequestQuerySet)()

    class Meta:
        verbose_name = _("friend request")
        verbose_name_plural = _("friend requests")
        ordering = ["-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["account", "uin"],
                condition=models.Q(state__in=OPEN_FRIEND_REQUEST_STATES),
                name="friendrequest_unique_open",
            ),
            models.CheckConstraint(
                name="friendrequest_state_known",
                condition=models.Q(state__in=FriendRequestState.values),
            ),
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="friendrequest_of_account"),
            models.Index(
                fields=["-id"], name="friendrequest_waiting", condition=models.Q(state="waiting")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.uin} ({self.account_id})"
