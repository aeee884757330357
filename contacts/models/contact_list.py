"""Contact lists and their memberships."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from contacts.models.contact import Contact
from foundation.archiving import Archivable
from foundation.named_model import NamedModel
from labels.models import Label


class ContactList(NamedModel, Archivable):
    """A named set of contacts."""

    description = models.TextField(_("description"), blank=True)
    labels = models.ManyToManyField(
        Label, related_name="lists", blank=True, verbose_name=_("labels")
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)
    contacts = models.ManyToManyField(
        Contact, through="Membership", related_name="lists", verbose_name=_("contacts")
    )

    class Meta:
        verbose_name = _("list")
        verbose_name_plural = _("lists")
        ordering = ["name"]


class Membership(models.Model):
    """A contact's membership in a list."""

    contact_list = models.ForeignKey(
        ContactList,
        on_delete=models.CASCADE,
        related_name="memberships",
        verbose_name=_("list"),
        db_index=False,  # the unique constraint below serves it
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.CASCADE, related_name="memberships", verbose_name=_("contact")
    )
    #: The import that added the person to the list; without index like Contact.source_import.
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
    added_at = models.DateTimeField(_("added at"), default=timezone.now)

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            models.UniqueConstraint(
                fields=["contact_list", "contact"], name="membership_unique_contact_in_list"
            )
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} in {self.contact_list_id}"
