"""Finding the accounts that an operator names by UIN."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import ngettext

from accounts.models import Account
from foundation.refusals import Refusal


def find_accounts(*, uins: Sequence[int]) -> list[Account]:
    """Return the accounts of these UINs, in the order of the UINs, each once.

    Raises:
        Refusal: a UIN has no account (`account_unknown`).
    """
    wanted = list(dict.fromkeys(uins))
    found = {account.uin: account for account in Account.objects.filter(uin__in=wanted)}
    missing = [uin for uin in wanted if uin not in found]
    if missing:
        raise Refusal(
            ngettext(
                "There is no account %(uins)s: import it first (manage.py import_accounts).",
                "There are no accounts %(uins)s: import them first (manage.py import_accounts).",
                len(missing),
            )
            % {"uins": ", ".join(map(str, missing))},
            code="account_unknown",
            uins=missing,
        )
    return [found[uin] for uin in wanted]
