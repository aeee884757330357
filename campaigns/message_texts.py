"""The texts of a campaign: one, or one for each variant and language."""

from __future__ import annotations

from dataclasses import dataclass

from campaigns.models import Campaign, CampaignVariant, MessageTemplate


@dataclass(frozen=True, slots=True)
class MessageText:
    """One of the texts that a run of a campaign would carry.

    Attributes:
        number: its number in the run; 0 is the run's own text.
        variant: the variant; "" in a campaign without.
        language: the language whose people get it; "" for everybody else.
        text: the text as it was written.
    """

    number: int
    variant: str
    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Share:
    """A variant, or the whole of a campaign without variants: how many people get which texts.

    Attributes:
        variant: its name; "" for the whole.
        weight: its part of the people, in proportion to the others' weights.
        language_attribute: the attribute that says a person's language.
        numbers: the numbers of its texts by language; "" is for everybody else.
    """

    variant: str
    weight: int
    language_attribute: str
    numbers: dict[str, int]


def variants_of(campaign: Campaign) -> list[CampaignVariant]:
    """Return the variants of a campaign in the order in which people are assigned."""
    variants = campaign.variants.select_related("template").prefetch_related("template__texts")
    return list(variants.order_by("pk"))


def texts_of_campaign(campaign: Campaign) -> tuple[list[MessageText], list[Share]]:
    """Return the texts that a run started now would carry, and who would get which.

    The text with the number 0 is always there. In a campaign with variants it is a copy of the
    first one, for lists of runs, and no person gets it: a delivery without a variant has 0.

    Returns:
        the texts by number, and the shares; no shares if everybody gets the one text.
    """
    variants = variants_of(campaign)
    if not variants:
        by_language = _by_language(campaign.template, campaign.text)
        texts = [
            MessageText(number, "", language, text)
            for number, (language, text) in enumerate(by_language)
        ]
        return texts, [_share("", 1, campaign.template, texts)] if len(texts) > 1 else []
    texts = [MessageText(0, "", "", variants[0].message)]
    shares = []
    for variant in variants:
        own = [
            MessageText(number, variant.name, language, text)
            for number, (language, text) in enumerate(
                _by_language(variant.template, variant.text), start=len(texts)
            )
        ]
        texts += own
        shares.append(_share(variant.name, variant.weight, variant.template, own))
    return texts, shares


def _by_language(template: MessageTemplate | None, text: str) -> list[tuple[str, str]]:
    """Return (language, text), the default first."""
    if template is None:
        return [("", text)]
    found = template.texts_by_language()
    others = sorted(language for language in found if language)
    return [("", found.get("", template.text)), *((one, found[one]) for one in others)]


def _share(
    variant: str, weight: int, template: MessageTemplate | None, texts: list[MessageText]
) -> Share:
    attribute = template.language_attribute if template is not None else ""
    return Share(variant, weight, attribute, {one.language: one.number for one in texts})
