"""The contact: a person with a UIN, a name and attributes."""

from __future__ import annotations

from typing import Any

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.attribute import typed_attributes
from contacts.typed_values.types import readings_of

#: The range of numbers a UIN may have.
UIN_MIN, UIN_MAX = 10_000, 4_294_967_295
UIN_VALIDATORS = [MinValueValidator(UIN_MIN), MaxValueValidator(UIN_MAX)]


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
        constraints = [
            models.CheckConstraint(
                name="contact_uin_range",
                condition=models.Q(uin__gte=UIN_MIN, uin__lte=UIN_MAX),
                violation_error_message=_("A UIN is a number from 10000 to 4294967295."),
            )
        ]

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
