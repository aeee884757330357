"""The pools of a campaign with their shares, as operators write them: NAME, or NAME=3."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from accounts.models import AccountPool
from accounts.pools import find_pool, find_pools
from foundation.names import name_key, shown_name
from foundation.refusals import Refusal

#: The largest and the smallest share.
MOST_SHARE, LEAST_SHARE = 1_000_000.0, 0.001
#: The most pools of a campaign: each is a condition of the planning query.
MOST_POOLS = 50


@dataclass(frozen=True, slots=True)
class PoolChoices:
    """The pools of a campaign, and the shares that were given, by the pool's key as text."""

    pools: Sequence[AccountPool] = ()
    shares: Mapping[str, float] | None = None


#: What a campaign without pools says.
NO_POOLS = PoolChoices()


def read_pools(texts: Iterable[str]) -> PoolChoices:
    """Return the pools written as NAME or NAME=SHARE.

    Raises:
        Refusal: a pool is unknown (`pool_unknown`) or archived (`archived`), a share cannot be
            read (`share_malformed`), or there are too many (`pools_too_many`).
    """
    pools: dict[int, AccountPool] = {}
    shares: dict[str, float] = {}
    for text in texts:
        name, sign, share = text.rpartition("=")
        # A name may itself have the sign.
        if not sign or AccountPool.objects.all().named(text) is not None:
            name, share = text, ""
        pool = find_pools(names=[name])[0]
        pools[pool.pk] = pool
        if share:
            shares[str(pool.pk)] = read_share(share)
    refuse_too_many(list(pools.values()))
    return PoolChoices(list(pools.values()), shares)


def read_shares(text: str, *, pools: Sequence[AccountPool]) -> dict[str, float]:
    """Return the shares written like "first=3, second=1", by the pool's key as text.

    Args:
        text: the shares; empty for none.
        pools: the pools of the campaign.

    Raises:
        Refusal: it cannot be read (`share_malformed`), or names another pool (`pool_not_chosen`).
    """
    chosen = {name_key(pool.name): pool for pool in pools}
    shares: dict[str, float] = {}
    for part in filter(str.strip, re.split(r"[,;，；\n]", text)):
        name, sign, share = part.rpartition("=")
        if not sign:
            raise _malformed(part)
        pool = chosen.get(name_key(name))
        if pool is None:
            pool = find_pool(name=name)
            raise Refusal(
                _("The pool “%(name)s” is not chosen above.") % {"name": pool.name},
                code="pool_not_chosen",
            )
        shares[str(pool.pk)] = read_share(share)
    return shares


def read_share(text: str) -> float:
    """Return a share: a number above zero; 30 and 30% are the same.

    Raises:
        Refusal: it is none (`share_malformed`).
    """
    try:
        share = float(text.strip().removesuffix("%")) if text.isascii() else math.nan
    except ValueError:
        share = math.nan
    if not LEAST_SHARE <= share <= MOST_SHARE:
        raise _malformed(text)
    return share


def refuse_too_many(pools: Sequence[Any]) -> None:
    """Refuse more pools than a planning query can hold.

    Raises:
        Refusal: there are (`pools_too_many`).
    """
    if len(pools) > MOST_POOLS:
        raise Refusal(
            _("A campaign has at most %(most)d pools.") % {"most": MOST_POOLS},
            code="pools_too_many",
        )


def shares_text(pools: Iterable[AccountPool], shares: Mapping[str, float]) -> str:
    """Return the shares as `read_shares` reads them; "" without shares."""
    return ", ".join(
        f"{pool.name}={shares[str(pool.pk)]:g}" for pool in pools if str(pool.pk) in shares
    )


def _malformed(text: str) -> Refusal:
    return Refusal(
        _(
            "The share “%(text)s” cannot be read: write NAME=3, with a number from %(least)g to "
            "%(most)d."
        )
        % {"text": shown_name(text), "least": LEAST_SHARE, "most": MOST_SHARE},
        code="share_malformed",
    )
