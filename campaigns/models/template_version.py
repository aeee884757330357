"""A version of a message template: its texts at an earlier time."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from campaigns.models.message_template import MessageTemplate


class TemplateVersion(models.Model):
    """The texts of a template from one change to the next. A version is never changed."""

    template = models.ForeignKey(
        MessageTemplate,
        on_delete=models.CASCADE,
        related_name="versions",
        verbose_name=_("template"),
    )
    number = models.PositiveIntegerField(_("version"))
    #: The texts by language tag; "" is the default text.
    texts = models.JSONField(_("texts"))
    language_attribute = models.CharField(_("attribute with the language"), max_length=100)
    #: The number of the version that was restored; None: the texts were written.
    restored_from = models.PositiveIntegerField(_("restored from version"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("operator"),
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    class Meta:
        verbose_name = _("version of a template")
        verbose_name_plural = _("versions of templates")
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["template", "number"], name="template_version_once"),
        ]

    def __str__(self) -> str:
        return gettext("%(template)s, version %(number)d") % {
            "template": self.template,
            "number": self.number,
        }
