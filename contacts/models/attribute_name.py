"""The names of the attributes in use, which templates and segments may refer to."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class AttributeName(models.Model):
    """The name of an attribute that people of a list may have.

    Imports and forms record it, so that no page has to scan the contacts for names.
    """

    name = models.CharField(_("name"), max_length=100)
    contact_list = models.ForeignKey(
        "contacts.ContactList",
        on_delete=models.CASCADE,
        null=True,
        related_name="attribute_names",
        verbose_name=_("list"),
    )

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        constraints = [
            models.UniqueConstraint(
                fields=["contact_list", "name"], name="attribute_name_once_a_list"
            ),
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(contact_list=None),
                name="attribute_name_once_without",
            ),
        ]

    def __str__(self) -> str:
        return self.name
