"""The list of accounts by what is wrong: counts under other filters, and what helps them all."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts.models import Account, AccountTask, Egress, Session
from accounts.states import AccountState
from accounts.troubles import Trouble
from campaigns.models import Campaign
from clocks import shared
from sending.models import Attempt, Delivery
from tests.console.sample_data import FIRST_ACCOUNT, make_account, make_egress, make_world

LIST = reverse("admin:accounts_account_changelist")


@pytest.fixture
def campaign(db: None) -> Campaign:
    """Three accounts with which nothing is wrong: online, synced, logged in a moment ago."""
    found = make_world()
    Account.objects.update(friends_synced_at=timezone.now(), friend_count=1)
    return found


def _first() -> Any:
    return Account.objects.order_by("uin")[0]


def _attempts(account: Any, n: int, *, res: str = "0", age: timedelta = timedelta()) -> None:
    """Have an account make attempts, numbered from its newest one on."""
    newest = account.attempts.order_by("-seq").values_list("seq", flat=True).first() or 0
    Attempt.objects.bulk_create(
        Attempt(
            delivery=Delivery.objects.all()[0], account=account, seq=newest + 1 + number, res=res,
            marked_at=shared.now() - age, finished_at=shared.now() - age,
        )
        for number in range(n)
    )  # fmt: skip


def _chips(client: Client, address: str = LIST) -> dict[str, int]:
    """Return the number of each chip by its words."""
    cache.clear()  # the accounts at their quota are kept for seconds
    page = client.get(address).content.decode()
    found = re.findall(r'<a class="q-filter-chip"[^>]*>(.*?) <b>(\d+)</b>', page)
    return {unescape(words): int(n) for words, n in found}


def _listed(client: Client, **query: str) -> list[int]:
    answer = client.get(LIST, query)
    return [account.uin for account in answer.context["cl"].result_list]


def _quarantine(account: Any) -> None:
    Account.objects.filter(pk=account.pk).update(state=AccountState.QUARANTINED)


def _strand(account: Any) -> None:
    Account.objects.filter(pk=account.pk).update(egress=Egress.objects.create(name="far"))


def _close_egress(account: Any) -> None:
    egress = make_egress("closed")
    Egress.objects.filter(pk=egress.pk).update(is_enabled=False)
    Account.objects.filter(pk=account.pk).update(egress=egress)


def _set(**values: Any) -> Callable[[Any], None]:
    def change(account: Any) -> None:
        Account.objects.filter(pk=account.pk).update(**values)

    return change


def _use_up(limit: str) -> Callable[[Any], None]:
    def use_up(account: Any) -> None:
        _attempts(account, 5)
        Account.objects.filter(pk=account.pk).update(**{limit: 5})

    return use_up


def _never_log_in(account: Any) -> None:
    Session.objects.filter(account=account).delete()


def _log_in_long_ago(account: Any) -> None:
    at = shared.now() - timedelta(days=8)
    Session.objects.filter(account=account).update(opened_at=at, ended_at=at)


def _get_bad_codes(account: Any) -> None:
    _attempts(account, 3, res="5")


@pytest.mark.parametrize(
    ("trouble", "happens"),
    [
        (Trouble.NEEDS_SOMEBODY, _quarantine),
        (Trouble.NEEDS_SOMEBODY, _strand),
        (Trouble.NEEDS_SOMEBODY, _close_egress),
        (Trouble.RESTING, _set(state=AccountState.RESTING)),
        (Trouble.AT_QUOTA, _use_up("per_hour")),
        (Trouble.AT_QUOTA, _use_up("per_day")),
        (Trouble.AT_QUOTA, _use_up("warm_up_limit")),
        (Trouble.OFFLINE, _set(state=AccountState.OFFLINE)),
        (Trouble.BAD_CODES, _get_bad_codes),
        (Trouble.OLD_FRIENDS, _set(friends_synced_at=None)),
        (Trouble.OLD_FRIENDS, _set(friends_synced_at=timezone.now() - timedelta(days=3))),
        (Trouble.NO_LOGIN, _never_log_in),
        (Trouble.NO_LOGIN, _log_in_long_ago),
    ],
)
def test_an_account_is_found_by_what_is_wrong(
    operator: Client, campaign: Campaign, trouble: Trouble, happens: Callable[[Any], None]
) -> None:
    assert _chips(operator) == {}
    account = _first()
    happens(account)
    assert list(_chips(operator).values()) == [1]
    assert _listed(operator, wrong=trouble) == [account.uin]
    others = [other for other in Trouble if other != trouble]
    assert not any(_listed(operator, wrong=other) for other in others)


def test_a_few_or_old_bad_codes_and_a_quota_that_is_not_used_up_are_nothing(
    operator: Client, campaign: Campaign
) -> None:
    account = _first()  # two of its messages of the sample data were not accepted
    _attempts(account, 5, res="5", age=timedelta(days=2))
    Account.objects.filter(pk=account.pk).update(per_day=20, per_hour=20)
    assert _chips(operator) == {}
    _attempts(account, 50)  # what was before these counts no more
    Account.objects.filter(pk=account.pk).update(per_day=None, per_hour=None)
    _attempts(account, 2, res="3")
    assert _chips(operator) == {}


def test_chips_count_under_the_other_filters_and_keep_them(
    operator: Client, campaign: Campaign
) -> None:
    for number in range(3):
        make_account(FIRST_ACCOUNT + 50 + number, state=AccountState.OFFLINE)
    chips = _chips(operator)
    assert (chips["offline"], chips["friend list old"]) == (3, 3)
    narrowed = f"{LIST}?q={FIRST_ACCOUNT + 51}"
    assert _chips(operator, narrowed)["offline"] == 1
    page = operator.get(f"{narrowed}&wrong=offline").content.decode()
    links = {unescape(a) for a in re.findall(r'q-filter-chip" href="([^"]+)"', page)}
    assert f"?q={FIRST_ACCOUNT + 51}" in links  # the chosen one leads to all again
    assert f"?q={FIRST_ACCOUNT + 51}&wrong=old-friends" in links
    assert len(re.findall(r'q-filter-chip"[^>]*aria-current="true"', page)) == 1
    assert "They log in when something is owed." in page


def test_a_chip_that_is_chosen_stays_when_nothing_is_left(
    operator: Client, campaign: Campaign
) -> None:
    assert _chips(operator, f"{LIST}?wrong=resting") == {"resting": 0}
    assert operator.get(f"{LIST}?wrong=nonsense").status_code == 200


def test_what_helps_is_asked_once_and_done_to_all_of_the_list(
    operator: Client, campaign: Campaign
) -> None:
    chosen = [account.pk for account in Account.objects.order_by("uin")[1:]]
    Account.objects.filter(pk__in=chosen).update(friends_synced_at=None)
    address = f"{LIST}?wrong=old-friends"
    page = operator.get(address).content.decode()
    assert "Sync friends: all 2" in page
    form = dict(
        re.findall(
            r'<input type="hidden" name="(action|select_across|_selected_action|is_asked)" '
            r'value="([^"]*)"',
            page.split('<div class="q-troubles">')[1].split("</form>")[0],
        )
    )
    asked = operator.post(address, form)
    assert "Sync friends 2 accounts?" in asked.content.decode()
    assert not AccountTask.objects.filter(state="open").exists()
    hidden = re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)"', asked.content.decode()
    )
    post: dict[str, list[str]] = {}
    for name, value in hidden:
        post.setdefault(name, []).append(value)
    done = operator.post(address, post)
    said = " ".join(str(message) for message in get_messages(done.wsgi_request))
    assert "2 accounts were asked" in said
    tasks = AccountTask.objects.filter(state="open", kind="sync")
    assert sorted(tasks.values_list("account_id", flat=True)) == sorted(chosen)


def test_who_only_looks_gets_the_chips_and_no_remedy(client: Client, campaign: Campaign) -> None:
    Account.objects.update(state=AccountState.OFFLINE)
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_account"))
    client.force_login(viewer)
    assert _chips(client) == {"offline": 3}
    page = client.get(f"{LIST}?wrong=offline").content.decode()
    assert 'name="is_asked"' not in page


def test_the_counts_cost_one_statement_however_many_accounts(
    operator: Client, campaign: Campaign
) -> None:
    operator.get(LIST)
    cache.clear()
    with CaptureQueriesContext(connection) as few:
        operator.get(LIST)
    for number in range(20):
        make_account(FIRST_ACCOUNT + 50 + number, state=AccountState.OFFLINE)
    cache.clear()
    with CaptureQueriesContext(connection) as many:
        operator.get(LIST)
    assert len(many) - len(few) <= 1  # one of the session, which is dated now and then
