"""Labels, pools, warm-up and the cap for all campaigns in the console."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Account, AccountPool, WarmUp, WarmUpCurve
from accounts.pools import create_pool
from accounts.warm_ups import create_curve, start_warm_up
from campaigns.models import Campaign, DefaultCap, MessageTemplate
from contacts.models import ContactList
from labels.labelling import create_label
from labels.models import Label
from tests.campaigns.factories import make_account, make_campaign, make_list
from tests.commandline import manage
from tests.console.sample_data import make_world
from tests.console.test_planning_choices import filled

pytestmark = pytest.mark.django_db
MODELS = [Account, Campaign, ContactList, MessageTemplate]


def address(model: Any, name: str = "changelist", *args: object) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=args)


@pytest.fixture
def vip() -> Label:
    return create_label(name="重要", colour="purple")


@pytest.mark.parametrize("model", MODELS)
def test_labels_are_badges_filters_and_bulk_actions(
    operator: Client, vip: Label, model: Any
) -> None:
    make_world()
    row, chosen = model.objects.first(), [model.objects.first().pk]
    ask = {"action": "add_labels", "_selected_action": chosen}
    assert "Add labels to 1 row" in operator.post(address(model), ask).content.decode()
    assert not row.labels.exists()
    done = operator.post(
        address(model), {**ask, "is_confirmed": "1", "labels": [vip.pk]}, follow=True
    )
    assert "1 row was changed." in done.content.decode()
    assert list(row.labels.all()) == [vip]
    assert '<span class="q-label purple">重要</span>' in done.content.decode()
    other = create_label(name="other")
    shown = operator.get(address(model), {"labels__id__exact": other.pk})
    assert shown.context["cl"].result_count == 0
    shown = operator.get(address(model), {"labels__id__exact": vip.pk})
    assert shown.context["cl"].result_count == 1
    operator.post(
        address(model),
        {"action": "remove_labels", "_selected_action": chosen, "is_confirmed": "1",
         "labels": [vip.pk]},
    )  # fmt: skip
    assert not row.labels.exists()


@pytest.mark.parametrize("model", MODELS)
def test_a_viewer_sees_labels_and_changes_none(client: Client, vip: Label, model: Any) -> None:
    make_world()
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    codenames = [f"view_{one}" for one in (model._meta.model_name, "label")]
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client.force_login(user)
    row = model.objects.first()
    row.labels.add(vip)
    assert "q-label purple" in client.get(address(model)).content.decode()
    for action in ("add_labels", "remove_labels", "act_warm_up"):
        client.post(
            address(model),
            {"action": action, "_selected_action": [row.pk], "is_confirmed": "1",
             "labels": [vip.pk], "curve": ""},
        )  # fmt: skip
    assert list(row.labels.all()) == [vip]
    assert client.post(address(Label, "add"), {"name": "x", "colour": "red"}).status_code == 403


@pytest.mark.parametrize("model", [Label, AccountPool, WarmUpCurve, DefaultCap])
def test_pages_need_their_permission(client: Client, model: Any) -> None:
    client.force_login(User.objects.create_user("nobody", password="x", is_staff=True))
    for name in ("changelist", "add"):
        assert client.get(address(model, name)).status_code == 403
        assert client.post(address(model, name), {}).status_code == 403


def test_the_page_of_labels(operator: Client, vip: Label) -> None:
    make_world()
    Account.objects.get(uin=10_000_100).labels.add(vip)
    shown = operator.get(address(Label)).content.decode()
    assert f"labels__id__exact={vip.pk}" in shown
    assert "accounts: 1" in shown
    answer = operator.post(address(Label, "add"), {"name": "a, b", "colour": "red"})
    assert "no comma and no semicolon" in answer.content.decode()
    answer = operator.post(address(Label, "add"), {"name": "x", "colour": "black"})
    assert answer.status_code == 200
    question = operator.get(address(Label, "delete", vip.pk)).content.decode()
    assert "It is taken off these accounts" in question
    operator.post(address(Label, "delete", vip.pk), {"post": "yes"})
    assert not Label.objects.exists()


def test_a_pool_s_page_shows_members_capacity_and_uses(operator: Client, vip: Label) -> None:
    accounts = [make_account(20_001, per_day=50), make_account(20_002, min_interval=1.0)]
    accounts[1].labels.add(vip)
    answer = operator.post(
        address(AccountPool, "add"),
        {"name": "first", "accounts": [accounts[0].pk], "labels": [vip.pk]},
    )
    assert answer.status_code == 302
    pool = AccountPool.objects.get()
    campaign = make_campaign("spring", lists=[make_list("all", [100_000])])
    campaign.pools.add(pool)
    page = operator.get(address(AccountPool, "change", pool.pk)).content.decode()
    for words in ("20001", "20002", "86,450", "These campaigns are sent by it: “spring”"):
        assert words in page
    assert "86,450" in operator.get(address(AccountPool)).content.decode()
    refused = operator.post(address(AccountPool, "delete", pool.pk), {"post": "yes"}, follow=True)
    assert "is not deleted" in refused.content.decode()
    assert AccountPool.objects.exists()
    account_page = operator.get(address(Account, "change", accounts[1].pk)).content.decode()
    assert address(AccountPool, "change", pool.pk) in account_page
    assert pool.history.first() is not None


def test_a_campaign_s_form_takes_pools_shares_and_labels(operator: Client, vip: Label) -> None:
    first, second = create_pool(name="first"), create_pool(name="second")
    lists = [make_list("all", [100_000]).pk]
    columns = {
        "lists": lists, "pools": [first.pk, second.pk], "pool_shares": "first=3, SECOND=1",
        "labels": [vip.pk], "cap_most": "2", "cap_days": "7", "cap_label": vip.pk,
    }  # fmt: skip
    answer = operator.post(address(Campaign, "add"), filled(**columns))
    assert answer.status_code == 302
    made = Campaign.objects.get(name="follow-up")
    assert made.pool_shares == {str(first.pk): 3.0, str(second.pk): 1.0}
    assert (list(made.labels.all()), made.cap_label) == ([vip], vip)
    facts = operator.get(reverse("admin:campaigns_campaign_page", args=[made.pk])).content.decode()
    assert "shares: first=3, second=1" in facts
    assert "only of campaigns with the label 重要" in facts
    form = operator.get(address(Campaign, "change", made.pk)).content.decode()
    assert 'value="first=3, second=1"' in form


@pytest.mark.parametrize(
    ("columns", "field"),
    [
        ({"pool_shares": "first"}, "pool_shares"),
        ({"pool_shares": "first=x"}, "pool_shares"),
        ({"pool_shares": "nowhere=1"}, "pool_shares"),
        ({"pool_shares": "second=1"}, "pool_shares"),
        ({"pool_shares": "\0=1"}, "pool_shares"),
        ({"pools": ["9999"]}, "pools"),
        ({"cap_label": "9999"}, "cap_label"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(
    operator: Client, columns: dict[str, Any], field: str
) -> None:
    first = create_pool(name="first")
    create_pool(name="second")
    lists = [make_list("all", [100_000]).pk]
    answer = operator.post(
        address(Campaign, "add"), filled(**{"lists": lists, "pools": [first.pk], **columns})
    )
    assert answer.status_code == 200
    assert field in answer.context["adminform"].form.errors
    assert not Campaign.objects.exists()


def test_a_label_without_a_cap_is_refused(operator: Client, vip: Label) -> None:
    lists = [make_list("all", [100_000]).pk]
    answer = operator.post(address(Campaign, "add"), filled(lists=lists, cap_label=vip.pk))
    assert "cap_label" in answer.context["adminform"].form.errors


def test_accounts_warm_up_by_an_action(operator: Client) -> None:
    account = make_account(20_001)
    curve = create_curve(name="mine", limits=[10, 20])
    ask = {"action": "act_warm_up", "_selected_action": [account.pk]}
    assert "Warm up 1 account" in operator.post(address(Account), ask).content.decode()
    assert not WarmUp.objects.exists()
    confirmed = {**ask, "is_confirmed": "1", "curve": curve.pk}
    done = operator.post(address(Account), confirmed, follow=True).content.decode()
    assert "1 account warms up by “mine”." in done
    assert "warms up: 10 a day" in done
    page = operator.get(address(Account, "change", account.pk)).content.decode()
    assert "day 1 of 2: 10 a day; 0 sent today" in page
    done = operator.post(address(Account), confirmed, follow=True).content.decode()
    assert "is warming up by “mine” already" in done
    ended = operator.post(address(Account), {**confirmed, "curve": ""}, follow=True)
    assert "1 account no longer warms up." in ended.content.decode()
    assert not WarmUp.objects.exists()


def test_a_curve_is_edited_and_holds_at_once(operator: Client) -> None:
    curve = create_curve(name="mine", limits=[10, 20])
    account = make_account(20_001)
    start_warm_up(account=account, curve=curve)
    form = operator.get(address(WarmUpCurve, "change", curve.pk))
    fields = form.context["adminform"].form
    assert fields["limits"].value() == "10, 20"
    token = {name: fields[name].value() for name in fields.fields if name not in ("limits",)}
    answer = operator.post(address(WarmUpCurve, "change", curve.pk), {**token, "limits": "15, 30"})
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    account.refresh_from_db()
    assert account.warm_up_limit == 15
    answer = operator.post(
        address(WarmUpCurve, "add"), {"name": "x", "limits": "ten", "worst_percent": "5"}
    )
    assert "Write the messages of each day" in answer.content.decode()
    refused = operator.post(address(WarmUpCurve, "delete", curve.pk), {"post": "yes"}, follow=True)
    assert "These accounts warm up by it" in refused.content.decode()


def test_the_cap_for_all_campaigns(operator: Client) -> None:
    assert "There is no frequency cap" in operator.get(address(DefaultCap)).content.decode()
    assert operator.post(address(DefaultCap, "add"), {"most": "2", "days": "7"}).status_code == 302
    row = DefaultCap.objects.get()
    assert (row.pk, row.most, row.days, row.history.count()) == (1, 2, 7.0, 1)
    assert operator.get(address(DefaultCap, "add")).status_code == 403
    assert "at most 2 messages in 7 days" in operator.get(address(DefaultCap)).content.decode()


def test_the_list_of_labels_asks_as_often_for_many_as_for_one(operator: Client, vip: Label) -> None:
    campaign = Campaign.objects.create(name="spring")
    campaign.labels.add(vip, Label.objects.create(name="other"))
    operator.get(address(Label))  # the first page fills the cache of the badges
    with CaptureQueriesContext(connection) as few:
        page = operator.get(address(Label)).content.decode()
    assert "campaigns: 1" in page
    for number in range(5):
        campaign.labels.add(Label.objects.create(name=f"l{number}"))
    with CaptureQueriesContext(connection) as many:
        operator.get(address(Label))
    assert len(many) == len(few)
    with CaptureQueriesContext(connection) as asked:
        items = manage("label", "list", "--json").json["items"]
    assert len(asked) == 1
    assert {item["label"]: item["rows"] for item in items}["l0"] == 1
