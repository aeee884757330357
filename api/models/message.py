"""One message that a program sends to one person, and the runs of the engine that send them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from sending.models import Delivery, Run


class MessageRun(Run):
    """A run that stays open and takes the messages of programs, each as a delivery.

    It is no run of a campaign, so no figure, audience or limit counts it. Its deliveries have no
    contact, only the UIN and the text. There is one active run for messages that wait for the end
    of quiet hours, and one for those that do not.
    """

    run = models.OneToOneField(
        Run,
        on_delete=models.CASCADE,
        parent_link=True,
        primary_key=True,
        related_name="message_run",
    )

    class Meta:
        verbose_name = _("run of messages")
        verbose_name_plural = _("runs of messages")
        ordering = ["-run_id"]

    def __str__(self) -> str:
        return gettext("Messages %(number)d") % {"number": self.number}

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the run; its origin says which rules it has."""
        self.origin = message_origin(overrides_quiet_hours=self.overrides_quiet_hours)
        super().save(*args, **kwargs)


def message_origin(*, overrides_quiet_hours: bool) -> str:
    """Return the origin of the runs of messages with this rule."""
    return "message:any-hour" if overrides_quiet_hours else "message:open-hours"


class Message(models.Model):
    """A message of a program, sent as one delivery, which has its text and its state."""

    delivery = models.OneToOneField(
        Delivery, on_delete=models.CASCADE, related_name="api_message", verbose_name=_("delivery")
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("by"),
    )
    #: By it, erasing a person finds their messages.
    uin = models.BigIntegerField(_("UIN"), db_index=True)
    created_at = models.DateTimeField(_("created at"))
    #: If it was not sent by then, it is cancelled.
    expires_at = models.DateTimeField(_("expires at"), db_index=True)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"#{self.pk}"
