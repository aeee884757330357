"""The contact: a person with a UIN, a name and attributes."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.attribute import typed_attributes
from contacts.typed_values.types import readings_of
from foundation.uins import UIN_VALIDATORS, uin_constraint


class Contact(models.Model):
    """A person whom campaigns may write to."""

    uin = models.BigIntegerField(_("UIN"), unique=True, validators=UIN_VALIDATORS)
    name = models.CharField(_("name"), max_length=255, blank=True)
    attributes = models.JSONField(
        _("attributes"),
        default=dict,
        blank=True,
        help_text=_("Anything else known about the person, for templates and segments."),
    )
    #: What the values of typed attributes were read as, by name: a number, an ISO date (and time),
    #: or true or false. `attributes` keeps what people wrote. It is NULL and not {} if nothing was
    #: read, so that people without typed attributes need no space.
    readings = models.JSONField(null=True, blank=True, editable=False)
    #: The import that created the person. It has neither constraint nor index: both would slow down
    #: every import, and only undoing reads the column, in order of id.
    source_import = models.ForeignKey(
        "contacts.ContactImport",
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("came with the import"),
    )
    created_at = models.DateTimeField(_("created at"), default=timezone.now)
    updated_at = models.DateTimeField(_("updated at"), auto_now=True)

    class Meta:
        verbose_name = _("contact")
        verbose_name_plural = _("contacts")
        ordering = ["id"]
        constraints = [uin_constraint("contact_uin_range")]

    def __str__(self) -> str:
        return f"{self.uin} {self.name}".strip()

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, with the readings of the attributes as they are now."""
        fields = kwargs.get("update_fields")
        if fields is None or "attributes" in fields:
            self.readings = readings_of(self.attributes, typed_attributes())
        if fields is not None and "attributes" in fields:
            kwargs["update_fields"] = {*fields, "readings"}
        super().save(*args, **kwargs)
