"""The variants and the holdout of a campaign: read as operators write them, checked, stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from django.utils.translation import gettext as _

from campaigns.models import Campaign, CampaignVariant, MessageTemplate
from campaigns.models.campaign_variant import MOST_WEIGHT
from campaigns.writing.check import refuse_texts
from contacts.models import ContactList
from contacts.people.attributes import attribute_names_in_use
from foundation.names import name_key, without_controls
from foundation.refusals import Refusal
from texts.checks import TextProblem

#: The most variants of a campaign: with more, each gets too few people to compare.
MOST_VARIANTS = 10
LONGEST_NAME = 64
#: The greatest holdout, in percent.
MOST_HOLDOUT = Decimal(90)
#: The most characters of a written variant that a refusal shows.
_SHOWN = 100


@dataclass(frozen=True, slots=True)
class NewVariant:
    """A variant to be created: its name, its weight, and a text in Liquid or a template."""

    name: str
    weight: int
    text: str = ""
    template: MessageTemplate | None = None

    @property
    def message(self) -> str:
        """Its text in the default language."""
        return self.template.text if self.template is not None else self.text


def refuse_variants(variants: Sequence[NewVariant], *, lists: Sequence[ContactList] | None) -> None:
    """Refuse variants that no run could carry.

    Args:
        variants: the variants.
        lists: the lists of the audience; None if it has other people too.

    Raises:
        Refusal: there are too many, two have one name, or one has no text, or a wrong weight.
        TextProblem: a text cannot be compiled or uses an unknown variable.
    """
    if len(variants) > MOST_VARIANTS:
        raise Refusal(
            _("A campaign has at most %(most)s variants, not %(n)s.")
            % {"most": MOST_VARIANTS, "n": len(variants)},
            code="variants_too_many",
        )
    seen: set[str] = set()
    for variant in variants:
        refuse_variant_name(variant.name, seen=seen)
        if not 1 <= variant.weight <= MOST_WEIGHT:
            raise Refusal(
                _("The weight of variant “%(name)s” must be from 1 to %(most)s.")
                % {"name": variant.name, "most": MOST_WEIGHT},
                code="variant_weight",
            )
        _refuse_text(variant, lists=lists)


def refuse_variant_name(name: str, *, seen: set[str]) -> None:
    """Refuse a name that is empty, too long or used already; add its key to `seen`.

    Raises:
        Refusal: it is (`variant_name`).
    """
    key = name_key(name)
    if not key or len(name) > LONGEST_NAME or without_controls(name) != name:
        raise Refusal(
            _("A variant needs a name of at most %(most)s characters.") % {"most": LONGEST_NAME},
            code="variant_name",
        )
    if key in seen:
        raise Refusal(
            _("Two variants have the name “%(name)s”.") % {"name": name}, code="variant_name"
        )
    seen.add(key)


def read_holdout(text: str) -> Decimal:
    """Return the holdout in percent, written as 10 or 2.5 or 10%.

    Raises:
        Refusal: it cannot be read, or is out of bounds (`holdout_malformed`).
    """
    return read_percent(
        text,
        most=MOST_HOLDOUT,
        sentence=_(
            "The holdout “%(percent)s” cannot be read: write a percentage from 0 to %(most)s, as "
            "10 or 2.5."
        ),
        code="holdout_malformed",
    )


def read_percent(text: str, *, most: Decimal, sentence: str, code: str) -> Decimal:
    """Return a percentage with at most one decimal, written as 10 or 2.5 or 10%.

    Args:
        text: as the operator wrote it.
        most: the greatest one.
        sentence, code: the refusal; the sentence has the places `percent` and `most`.

    Raises:
        Refusal: it cannot be read, or is out of bounds.
    """
    try:
        percent = Decimal(text.strip().removesuffix("%").strip()) if len(text) < 20 else None
    except InvalidOperation:
        percent = None
    is_percent = percent is not None and percent.is_finite() and 0 <= percent <= most
    if percent is None or not is_percent or percent != percent.quantize(Decimal("0.1")):
        words = {"percent": ascii(text)[1:-1][:20], "most": most}
        raise Refusal(sentence % words, code=code)
    return percent


def add_variants(*, campaign: Campaign, variants: Iterable[NewVariant]) -> None:
    """Store checked variants of a campaign, in the caller's transaction."""
    for one in variants:
        # One by one, because a bulk insert writes no history.
        CampaignVariant.objects.create(
            campaign=campaign,
            name=one.name,
            weight=one.weight,
            text=one.text,
            template=one.template,
        )


def variant_parts(written: str) -> tuple[str, int, str]:
    """Return (name, weight, rest) of NAME=WEIGHT=REST. The rest may contain the character =.

    Raises:
        Refusal: it cannot be read (`variant_malformed`).
    """
    name, first, rest = written.partition("=")
    weight, second, text = rest.partition("=")
    weight = weight.strip()
    is_number = weight.isascii() and weight.isdigit() and len(weight) < 6
    if not first or not second or not name.strip() or not is_number or not text:
        shown = written[:_SHOWN]
        raise Refusal(
            _("The variant “%(variant)s” cannot be read: write NAME=WEIGHT=TEXT, like A=50=Hello.")
            % {"variant": shown if without_controls(shown) == shown else ascii(shown)[1:-1]},
            code="variant_malformed",
        )
    return name.strip(), int(weight), text


def _refuse_text(variant: NewVariant, *, lists: Sequence[ContactList] | None) -> None:
    if variant.template is not None and variant.text:
        raise Refusal(
            _("Variant “%(name)s” has a template and a text: choose one.") % {"name": variant.name},
            code="text_twice",
        )
    texts = {"": variant.text}
    if variant.template is not None:
        texts = variant.template.texts_by_language()
    if not texts[""].strip():
        raise Refusal(
            _("Variant “%(name)s” has no text.") % {"name": variant.name}, code="text_missing"
        )
    known = attribute_names_in_use(lists=lists)
    try:
        refuse_texts(texts, attributes=known)
    except TextProblem as problem:
        raise of_variant(problem, name=variant.name) from None


def of_variant(problem: Refusal, *, name: str) -> Refusal:
    """Return the problem of a text, with the name of its variant."""
    return Refusal(
        _("Variant “%(name)s”: %(problem)s") % {"name": name, "problem": problem.sentence},
        code=problem.code,
        variant=name,
    )
