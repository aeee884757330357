"""The egress, from which accounts talk to the gateway, and the workers that serve egresses."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from accounts.querysets import WorkerQuerySet
from foundation.masks import masked
from foundation.named_model import NamedModel, NameField
from foundation.sentence_field import SentenceField


class Egress(NamedModel):
    """An address from which accounts talk: a worker's host, a source address or a proxy.

    The gateway identifies a session by IP address and UIN, so an account is bound to one egress at
    a time. A worker announces its egress at its start, from EGRESS_NAME, EGRESS_SOURCE_ADDRESS and
    EGRESS_PROXY.
    """

    name = NameField(_("name"), max_length=64)
    source_address = models.CharField(_("source address"), max_length=64, blank=True)
    proxy = models.CharField(_("proxy"), max_length=255, blank=True)
    per_second = models.FloatField(
        _("messages a second"),
        null=True,
        blank=True,
        help_text=_("Ceiling for all accounts of this egress together; empty means none."),
    )
    is_enabled = models.BooleanField(_("in use"), default=True)
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("egress")
        verbose_name_plural = _("egresses")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="egress_per_second_positive",
                condition=models.Q(per_second=None) | models.Q(per_second__gt=0),
                violation_error_message=_("Messages a second must be above zero, or empty."),
            )
        ]

    @property
    def shown_proxy(self) -> str:
        """The proxy for people to read: a login in it is masked."""
        return masked(self.proxy)

    @property
    def queue(self) -> str:
        """The Celery queue that wakes this egress's lanes."""
        return f"egress.{self.name_key}"


class Worker(models.Model):
    """One start of a worker process, which proves that it is alive by its heartbeat.

    `ended_at` is the fence: a worker whose row has ended cannot mark attempts, and so sends
    nothing, even if it was only presumed dead and comes back.
    """

    egress = models.ForeignKey(
        Egress, on_delete=models.PROTECT, related_name="workers", verbose_name=_("egress")
    )
    hostname = models.CharField(_("host"), max_length=255)
    pid = models.PositiveIntegerField(_("process"))
    version = models.CharField(_("version"), max_length=32)
    started_at = models.DateTimeField(_("started at"))
    heartbeat_at = models.DateTimeField(_("last heartbeat"))
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    end_reason = SentenceField(_("how it ended"), max_length=64, blank=True)

    objects = models.Manager.from_queryset(WorkerQuerySet)()

    class Meta:
        verbose_name = _("worker")
        verbose_name_plural = _("workers")
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["egress", "heartbeat_at"],
                name="worker_living",
                condition=models.Q(ended_at=None),
            )
        ]

    def __str__(self) -> str:
        return f"{self.hostname}:{self.pid} ({self.egress})"
