"""Who came to a friend list and who went from it, as its syncs found."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.models.account import Account


class FriendEventKind(models.TextChoices):
    CAME = "came", _("came")
    WENT = "went", _("went")


class FriendEvent(models.Model):
    """A person who became a friend, or is one no longer. The first sync of an account has none."""

    account = models.ForeignKey(
        Account,
        on_delete=models.CASCADE,
        related_name="friend_events",
        verbose_name=_("account"),
        db_index=False,  # the index below serves it
    )
    uin = models.BigIntegerField(_("UIN"), db_index=True)
    kind = models.CharField(_("what"), max_length=8, choices=FriendEventKind.choices)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("change of a friend list")
        verbose_name_plural = _("changes of friend lists")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["account", "-at"], name="friendevent_of_account"),
            # The notice of losses reads the last day of it.
            models.Index(fields=["at"], name="friendevent_gone", condition=models.Q(kind="went")),
        ]

    def __str__(self) -> str:
        return f"{self.uin}: {self.get_kind_display()}"
