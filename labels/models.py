"""The table of labels."""

from __future__ import annotations

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from simple_history.models import HistoricalRecords

from foundation.named_model import NamedModel
from foundation.refusals import Refusal
from foundation.sentences import Sentence

#: Characters that separate labels in a cell of a table, so no label's name has one.
SEPARATORS = ",;，；、"


class LabelColour(models.TextChoices):
    """The colours of labels. Text on each has a contrast of at least 4.5 to 1, light and dark."""

    GREY = "grey", _("grey")
    RED = "red", _("red")
    ORANGE = "orange", _("orange")
    GREEN = "green", _("green")
    TEAL = "teal", _("teal")
    BLUE = "blue", _("blue")
    PURPLE = "purple", _("purple")
    PINK = "pink", _("pink")


class Label(NamedModel):
    """A short coloured name. The models that can have labels refer to it, never the reverse."""

    colour = models.CharField(
        _("colour"), max_length=8, choices=LabelColour.choices, default=LabelColour.GREY
    )
    created_at = models.DateTimeField(_("created at"), auto_now_add=True)

    history = HistoricalRecords(excluded_fields=["name_key"])

    class Meta:
        verbose_name = _("label")
        verbose_name_plural = _("labels")
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                name="label_colour_known", condition=models.Q(colour__in=LabelColour.values)
            )
        ]

    def clean(self) -> None:
        """Refuse, at the field, a name with a separator."""
        super().clean()
        try:
            refuse_separators(self.name)
        except Refusal as refusal:
            raise ValidationError({"name": refusal.sentence}, code=refusal.code) from None

    def set_name(self) -> None:
        """Clean the name, and set its key.

        Raises:
            Refusal: it cannot be a name (`name_…`), or has a separator (`label_separator`).
        """
        super().set_name()
        refuse_separators(self.name)


def refuse_separators(name: str) -> None:
    """Refuse a name that a cell of a table could not hold.

    Raises:
        Refusal: it has a comma or a semicolon (`label_separator`).
    """
    if set(name) & set(SEPARATORS):
        raise Refusal(
            Sentence(
                "A label's name has no comma and no semicolon: they separate labels in tables."
            ),
            code="label_separator",
        )
