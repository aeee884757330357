"""Attributes: their names, their types, and the lists whose people have them."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from contacts.typed_values.types import AttributeType, DateOrder, ValueType
from foundation.characters import is_storable
from foundation.names import name_key

#: The most characters of an attribute's name. Names come from the titles of other people's files,
#: so the limit of other names does not apply (decision 0021).
LONGEST_ATTRIBUTE_NAME = 255


def is_recordable(name: str) -> bool:
    """Return whether an attribute of this name can be recorded."""
    return len(name) <= LONGEST_ATTRIBUTE_NAME and is_storable(name)


class Attribute(models.Model):
    """An attribute that people may have, over all lists.

    Imports and forms record it, so that no page has to scan the contacts for names.
    """

    #: Compared byte for byte, as the keys of `Contact.attributes` are.
    name = models.CharField(_("name"), max_length=LONGEST_ATTRIBUTE_NAME, unique=True)
    #: The `name_key`: attributes of one key look alike.
    key = models.TextField(editable=False)
    #: "" until an operator or an import chooses: the values are texts then.
    kind = models.CharField(_("type"), max_length=8, choices=AttributeType.choices, blank=True)
    order = models.CharField(
        _("order of dates"), max_length=3, choices=DateOrder.choices, blank=True
    )

    # Background work: `contacts.people.attribute_work`.
    #: The last contact whose value was read again; NULL if there is nothing to read again.
    read_up_to = models.BigIntegerField(null=True, editable=False)
    #: How many values could not be read in the present pass, and in the last whole one.
    counting = models.BigIntegerField(default=0, editable=False)
    unread = models.BigIntegerField(_("unreadable values"), default=0, editable=False)
    #: The attribute that this one is being merged into, and whether its values are kept.
    merging_into = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, editable=False, related_name="+"
    )
    is_target_kept = models.BooleanField(default=True, editable=False)
    merged_up_to = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save, with the key of the name."""
        self.key = name_key(self.name)
        super().save(*args, **kwargs)

    @property
    def value_type(self) -> ValueType:
        """The type of the values."""
        return ValueType(self.kind, self.order)


class AttributeUse(models.Model):
    """People of a list, or people without a list, may have an attribute."""

    attribute = models.ForeignKey(Attribute, on_delete=models.CASCADE, related_name="uses")
    contact_list = models.ForeignKey(
        "contacts.ContactList",
        on_delete=models.CASCADE,
        null=True,
        related_name="attribute_uses",
    )

    class Meta:
        verbose_name = _("use of an attribute")
        verbose_name_plural = _("uses of attributes")
        constraints = [
            models.UniqueConstraint(
                fields=["contact_list", "attribute"], name="attribute_once_a_list"
            ),
            models.UniqueConstraint(
                fields=["attribute"],
                condition=models.Q(contact_list=None),
                name="attribute_once_without",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.attribute_id} in {self.contact_list_id}"


def typed_attributes() -> dict[str, ValueType]:
    """Return the types of the attributes whose values are read as something other than text."""
    rows = Attribute.objects.exclude(kind__in=["", AttributeType.TEXT])
    return {
        name: ValueType(kind, order)
        for name, kind, order in rows.values_list("name", "kind", "order")
    }
