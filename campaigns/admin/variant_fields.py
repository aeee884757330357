"""The fields of a campaign's form about variants: a small table, and the holdout."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from campaigns.admin.variant_test_fields import VariantTestFields
from campaigns.creation.variants import (
    LONGEST_NAME,
    MOST_HOLDOUT,
    MOST_VARIANTS,
    NewVariant,
    add_variants,
    refuse_variants,
)
from campaigns.models import Campaign, MessageTemplate
from campaigns.models.campaign_variant import MOST_WEIGHT
from foundation.admin.key_fields import is_key
from foundation.admin.plain_numbers import PlainNumberWidget
from foundation.refusals import Refusal

#: The parts of a row, as the names of its inputs end.
PARTS = ("name", "weight", "template", "text")
#: The templates that the table offers; any other that is chosen already stays.
MOST_TEMPLATES = 500
#: Rows that are shown before anything is typed.
FEWEST_ROWS = 2


class Rows(list[list[str]]):
    """Rows of (name, weight, template's key, text), as the form shows and posts them."""

    def __str__(self) -> str:
        """Return the rows for people to read."""
        names = dict(
            MessageTemplate.objects.filter(
                pk__in=[template for _name, _weight, template, _text in self if is_key(template)]
            ).values_list("pk", "name")
        )
        return "; ".join(
            f"{name} ({weight}): {names.get(int(template), '–') if is_key(template) else text}"
            for name, weight, template, text in self
        )


class VariantsWidget(forms.Widget):
    """A table with a row for each variant, and its share of the people."""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Rows:
        """Return the rows in which something was typed, in the order of their places."""
        numbers = sorted(
            range(MOST_VARIANTS),
            key=lambda number: _place(str(data.get(f"{name}_{number}_place", ""))),
        )
        rows = (
            [str(data.get(f"{name}_{number}_{part}", "")) for part in PARTS] for number in numbers
        )
        return Rows([row for row in rows if _is_used(row)])

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        """Return whether the form was posted without the table."""
        return f"{name}_0_name" not in data

    def render(self, name: str, value: Any, attrs: Any = None, renderer: Any = None) -> SafeString:
        """Return the table, with empty rows for more variants."""
        rows = Rows(value or [])
        whole = sum(int(row[1]) for row in rows if is_key(row[1]) and len(row[1]) < 6)
        chosen = {row[2] for row in rows if is_key(row[2])}
        shown = [
            {
                "number": number,
                "is_spare": number >= max(FEWEST_ROWS, len(rows)),
                "place": number + 1 if number < max(FEWEST_ROWS, len(rows)) else "",
                **dict(zip(PARTS, rows[number] if number < len(rows) else [""] * 4, strict=True)),
            }
            for number in range(MOST_VARIANTS)
        ]
        for one in shown:
            weight = str(one["weight"])
            if whole and is_key(weight) and len(weight) < 6:
                one["share"] = f"{100 * int(weight) / whole:.1f} %"
        return render_to_string(
            "console/campaign/variant_table.html",
            {
                "field": name,
                "rows": shown,
                "templates": _templates(chosen),
                "longest_name": LONGEST_NAME,
                "most_weight": MOST_WEIGHT,
                "id": (attrs or {}).get("id", f"id_{name}"),
            },
        )


class VariantsField(forms.Field):
    """Variants; the value is a list of `NewVariant`, shown as `Rows`."""

    widget = VariantsWidget

    def prepare_value(self, value: Any) -> Any:
        """Return rows for the table; none for what is no list of them, such as an address gives."""
        if not isinstance(value, list | tuple):
            return Rows()
        return Rows([list(map(str, row)) for row in value])

    def to_python(self, value: Any) -> Any:
        """Return the rows, trimmed."""
        rows = Rows([[part.strip() for part in row[:3]] + [_stored(row[3])] for row in value or ()])
        for _name, weight, template, _text in rows:
            if not (weight.isascii() and weight.isdigit() and len(weight) < 6):
                raise ValidationError(
                    _("Each variant needs a weight: a whole number from 1 to %(most)s.")
                    % {"most": MOST_WEIGHT}
                )
            if template and not is_key(template):
                raise ValidationError(_("Choose a template of the list."))
        return rows

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Return whether the rows differ."""
        return _plain(initial) != _plain(data)


class VariantFields(VariantTestFields):
    """The part of a campaign's form about variants, their test and the holdout."""

    variants = VariantsField(
        label=_("Variants"),
        required=False,
        help_text=_(
            "Several texts, to learn which gets more replies. Each person gets one of them, in "
            "each run the same. Give each a text or a template. With variants, leave template and "
            "text above empty."
        ),
    )
    holdout = forms.DecimalField(
        label=_("Holdout (%)"),
        required=False,
        min_value=0,
        max_value=MOST_HOLDOUT,
        max_digits=4,
        decimal_places=1,
        widget=PlainNumberWidget,
        help_text=_(
            "So many of a hundred people get nothing, to see what happens without the message. "
            "They are drawn from those who would get it."
        ),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None and "variants" in self.fields:
            self.initial["variants"] = rows_of(self.instance)

    def clean_holdout(self) -> Decimal:
        """Return the holdout; an empty field is none."""
        return self.cleaned_data.get("holdout") or Decimal(0)

    def check_variants(self, *, lists: Any) -> None:
        """Refuse variants that no run could carry, at their field.

        Args:
            lists: the lists of the audience; None if it has other people too.
        """
        if "variants" in self.errors:
            return
        try:
            refuse_variants(self.new_variants(), lists=lists)
        except Refusal as refusal:
            self.add_error("variants", refusal.sentence)

    def new_variants(self) -> list[NewVariant]:
        """Return the variants of the table.

        Raises:
            Refusal: a template was deleted meanwhile (`template_gone`).
        """
        rows = self.cleaned_data.get("variants") or Rows()
        keys = {int(template) for _name, _weight, template, _text in rows if template}
        templates = MessageTemplate.objects.in_bulk(keys)
        if len(templates) < len(keys):
            raise Refusal(str(_("Choose a template of the list.")), code="template_gone")
        return [
            NewVariant(name, int(weight), text, templates[int(template)] if template else None)
            for name, weight, template, text in rows
        ]

    def _save_m2m(self) -> None:
        super()._save_m2m()  # type: ignore[misc]
        rows = self.cleaned_data.get("variants")
        if rows is None or rows == rows_of(self.instance):
            return
        # Made anew, so that the keys have the order of the rows: people are assigned by it.
        for old in self.instance.variants.all():
            old.delete()  # one by one, for the history
        add_variants(campaign=self.instance, variants=self.new_variants())


def rows_of(campaign: Campaign) -> Rows:
    """Return the stored variants of a campaign as rows."""
    return Rows(
        [
            [one.name, str(one.weight), str(one.template_id or ""), one.text]
            for one in campaign.variants.order_by("pk")
        ]
    )


def _plain(rows: Iterable[Iterable[Any]] | None) -> list[list[str]]:
    """Return rows for a comparison."""
    return [[_stored(str(part).strip()) for part in row] for row in rows or ()]


def _stored(text: str) -> str:
    """Return a text with the line ends of stored texts: a browser posts CR LF."""
    return text.replace("\r\n", "\n")


def _is_used(row: list[str]) -> bool:
    name, weight, template, text = (part.strip() for part in row)
    return bool(name or template or text or weight not in ("", "1"))


def _place(written: str) -> int:
    """Return the place of a row; one without a place comes last, and equal ones stay in order."""
    return int(written) if is_key(written) and len(written) < 4 else 1_000


def _templates(chosen: set[str]) -> list[tuple[int, str]]:
    """Return key and name of the templates to choose from."""
    offered = MessageTemplate.objects.filter(archived_at=None).order_by("name")
    found = dict(offered.values_list("pk", "name")[:MOST_TEMPLATES])
    missing = [int(key) for key in chosen if int(key) not in found]
    found |= dict(MessageTemplate.objects.filter(pk__in=missing).values_list("pk", "name"))
    return list(found.items())
