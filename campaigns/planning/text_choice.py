"""Who gets which text of a campaign, and who is held out: as planning decides it.

A draw is a hash of the campaign and the person's UIN. So a person keeps a variant in each run of
a campaign, late-comers get theirs, and the draws of two campaigns are independent of each other and
of the choice of accounts. `campaigns.planning.text_choice_sql` computes the same in SQL: the hash
is a polynomial of the UIN, which a database computes in a fraction of the time of an MD5 (decision
0064).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Any

from campaigns.message_texts import Share, texts_of_campaign
from campaigns.models import Campaign, CampaignRun

#: What is drawn: each purpose has a draw of its own.
VARIANT, HOLDOUT, TEST = "variant", "holdout", "test"
#: A draw is a number from 0 to below this prime. No step of it exceeds 63 bits.
PARTS = 2**31 - 1
#: A cubic polynomial: the draws of any four people are independent of each other.
_COEFFICIENTS = 4
_ASCII_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}


@dataclass(frozen=True, slots=True)
class TextChoice:
    """The rules by which people get their texts.

    Attributes:
        campaign_id: the campaign; it seeds the draw.
        shares: who gets which texts; empty if all people get the text with the number 0.
        holdout: how many of a hundred people get nothing.
        test_share: on how many of a hundred people the variants are tested; 0: on all.
        chosen: the variant that the rest gets; "" until it is chosen.
    """

    campaign_id: int
    shares: Sequence[Share] = ()
    holdout: Decimal = Decimal(0)
    test_share: Decimal = Decimal(0)
    chosen: str = ""

    @property
    def chosen_share(self) -> Share | None:
        """The share of the chosen variant; None until one is chosen."""
        return next(
            (one for one in self.shares if self.chosen and one.variant == self.chosen), None
        )

    def number_of(self, *, uin: int, attributes: Mapping[str, Any]) -> int:
        """Return the number of the text for a person who is not held out.

        It is 0 for the rest until a variant is chosen. From then on everybody who joins gets that.
        """
        if not self.shares:
            return 0
        if self.chosen_share is not None:
            chosen = self.chosen_share
            return number_for(chosen, attributes.get(chosen.language_attribute))
        if self.is_rest(uin=uin):
            return 0
        drawn = self._drawn(uin, VARIANT)
        place = sum(1 for bound in bounds(self.shares)[:-1] if drawn >= bound)
        share = self.shares[place]
        return number_for(share, attributes.get(share.language_attribute))

    def is_held_out(self, *, uin: int) -> bool:
        """Return whether a person who would get the message is held out."""
        return self._drawn(uin, HOLDOUT) < bound_of_percent(self.holdout)

    def is_rest(self, *, uin: int) -> bool:
        """Return whether a person who is not held out waits for the choice of a variant."""
        if not self.test_share:
            return False
        bound = bound_of_percent(self.test_share)
        return bool(self.chosen) or self._drawn(uin, TEST) >= bound

    def _drawn(self, uin: int, purpose: str) -> int:
        drawn = 0
        for coefficient in coefficients(self.campaign_id, purpose):
            drawn = (drawn * uin + coefficient) % PARTS
        return drawn


def coefficients(campaign_id: int, purpose: str) -> list[int]:
    """Return the polynomial of a draw of a campaign, its highest power first."""
    digest = sha256(f"{campaign_id}:{purpose}".encode()).digest()
    words = [digest[8 * place : 8 * place + 8] for place in range(_COEFFICIENTS)]
    return [int.from_bytes(word, "big") % PARTS for word in words]


def choice_of_run(run: CampaignRun) -> TextChoice:
    """Return the rules of a run: its own copy."""
    return TextChoice(
        campaign_id=run.campaign_id,
        shares=[Share(**share) for share in run.text_shares],
        holdout=run.holdout,
        test_share=run.test_share,
        chosen=run.chosen_variant,
    )


def choice_of_campaign(campaign: Campaign) -> TextChoice:
    """Return the rules that a run of the campaign would have if it were started now."""
    _texts, shares = texts_of_campaign(campaign)
    return TextChoice(campaign.pk, shares, campaign.holdout, campaign.test_share)


def stored_shares(shares: Sequence[Share]) -> list[dict[str, Any]]:
    """Return shares as a run's JSON holds them."""
    return [asdict(share) for share in shares]


def bounds(shares: Sequence[Share]) -> list[int]:
    """Return, for each share, the number below which a draw belongs to it or to one before it."""
    whole = sum(share.weight for share in shares)
    below, found = 0, []
    for share in shares:
        below += share.weight
        found.append(below * PARTS // whole)
    return found


def bound_of_percent(percent: Decimal) -> int:
    """Return the number below which this percentage of the draws lies."""
    return int(percent * PARTS / 100)


def number_for(share: Share, language: Any) -> int:
    """Return the number of a share's text for a person's language.

    `zh-CN` finds `zh-cn`, else `zh`, else the default. The longest tag that fits is taken.

    Args:
        share: the share.
        language: the value of the attribute, as it was imported; None without it.
    """
    if language is None:
        return share.numbers[""]
    text = language if isinstance(language, str) else json.dumps(language)
    tag = text.strip(" ").replace("_", "-").translate(_ASCII_LOWER) + "-"
    for known in languages_of(share):
        if tag.startswith(f"{known}-"):
            return share.numbers[known]
    return share.numbers[""]


def languages_of(share: Share) -> list[str]:
    """Return the languages of a share without the default, the longest tags first."""
    return sorted((one for one in share.numbers if one), key=lambda tag: (-len(tag), tag))


def people_by_variant(campaign: Campaign, numbers: Mapping[int, int]) -> dict[str, int]:
    """Return how many people each variant of a campaign gets.

    Args:
        campaign: the campaign; without variants the result is empty.
        numbers: the number of people by number of the text.
    """
    return {
        variant: sum(numbers.get(number, 0) for number in own)
        for variant, own in numbers_by_variant(campaign).items()
    }


def numbers_by_variant(campaign: Campaign) -> dict[str, list[int]]:
    """Return the numbers of the texts of each variant of a campaign."""
    _texts, shares = texts_of_campaign(campaign)
    return {share.variant: list(share.numbers.values()) for share in shares if share.variant}
