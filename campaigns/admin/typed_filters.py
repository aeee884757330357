"""The filters that can be typed into the search of campaigns and of deliveries."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.lookup import find_accounts
from accounts.models import Account
from campaigns.find import find_campaign, find_lists, find_run
from foundation.admin.key_fields import is_key
from foundation.admin.typed_filters import TypedFilter, choice_filter, since_filter
from foundation.refusals import Refusal
from labels.labelling import find_labels
from sending.states import DeliveryState, Reason

_RUN = re.compile(r"(.+)#([0-9]{1,9})")
_RESULT = re.compile(r"RES_-?[0-9]{1,6}|NULL|HTTP_[0-9]{3}")
_CODE = re.compile(r"[A-Za-z0-9_-]{1,16}")


def find_account(value: str) -> Account:
    """Return the account of a UIN that was typed.

    Raises:
        Refusal: it is no UIN (`wrong_value`), or there is no such account (`account_unknown`).
    """
    if not is_key(value):
        raise Refusal(
            _("“%(value)s” is no UIN of an account: write its digits.") % {"value": value[:60]},
            code="wrong_value",
        )
    return find_accounts(uins=[int(value)])[0]


def _account(value: str) -> Mapping[str, Any]:
    return {"account__id__exact": find_account(value).pk}


def _campaign_account(value: str) -> Mapping[str, Any]:
    return {"accounts__id__exact": find_account(value).pk}


def _label(value: str) -> Mapping[str, Any]:
    return {"labels__id__exact": find_labels(names=[value])[0].pk}


def _list(value: str) -> Mapping[str, Any]:
    return {"lists__id__exact": find_lists(names=[value])[0].pk}


def _run_of_campaign(value: str) -> Mapping[str, Any]:
    """Return the newest run of a campaign, or the one after "#"."""
    numbered = _RUN.fullmatch(value)
    name, number = (numbered[1], int(numbered[2])) if numbered else (value, None)
    return {"run__id__exact": find_run(campaign=find_campaign(name=name), number=number).pk}


def _code(value: str) -> Mapping[str, Any]:
    code = value.upper().removeprefix("RES=").removeprefix("RES_")
    if not _CODE.fullmatch(code):
        raise Refusal(
            _("“%(value)s” is no result code: write 3, NULL or timeout.") % {"value": value[:60]},
            code="wrong_value",
        )
    return {"last_res": code if code == "NULL" or code.startswith("HTTP") else code.lower()}


def _reason(value: str) -> Mapping[str, Any]:
    for key, words in Reason.choices:
        if value.casefold() in (key, str(words).casefold()):
            return {"reason": key}
    if _RESULT.fullmatch(value.upper()):
        return {"reason": value.upper()}
    raise Refusal(
        _("“%(value)s” is no reason. Known are %(known)s, and codes such as RES_5 and NULL.")
        % {"value": value[:60], "known": ", ".join(Reason.values)},
        code="wrong_value",
    )


OF_CAMPAIGNS = (
    TypedFilter("label", gettext_lazy("label"), "vip", _label),
    TypedFilter("list", gettext_lazy("list"), "VIP", _list),
    TypedFilter("account", gettext_lazy("account"), "10001", _campaign_account),
    since_filter("created_at"),
)
OF_DELIVERIES = (
    TypedFilter("campaign", gettext_lazy("campaign"), "spring#2", _run_of_campaign),
    TypedFilter("account", gettext_lazy("account"), "10001", _account),
    TypedFilter("code", gettext_lazy("code"), "3", _code),
    choice_filter(
        "state", gettext_lazy("state"), "failed", parameter="state__exact",
        choices=DeliveryState.choices,
    ),
    TypedFilter("reason", gettext_lazy("reason"), "suppressed", _reason),
)  # fmt: skip
