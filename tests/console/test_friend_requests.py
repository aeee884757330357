"""Friend requests in the console: on the front page, accepted and refused in bulk."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from accounts.models import Account, AccountTask, FriendRequest
from accounts.states import AccountState, FriendRequestState, PresenceStatus
from tests.console.sample_data import FIRST_ACCOUNT, make_account, make_egress

LIST = reverse("admin:accounts_friendrequest_changelist")


def requests(n: int = 2) -> list[int]:
    """Make accounts with a waiting request each; return the requests' keys."""
    for number in range(n):
        make_account(FIRST_ACCOUNT + number)
    return list(FriendRequest.objects.values_list("pk", flat=True))


def test_waiting_requests_are_on_the_front_page_and_in_the_sidebar(operator: Client) -> None:
    assert "wait for an answer" not in operator.get("/").content.decode()
    requests()
    page = operator.get("/").content.decode()
    assert "2 people wait for an answer to a friend request." in page
    assert "Friend requests" in page


def test_selected_requests_are_accepted(operator: Client) -> None:
    chosen = requests()
    FriendRequest.objects.filter(pk=chosen[0]).update(state=FriendRequestState.REFUSED)
    answer = operator.post(LIST, {"action": "act_accept", "_selected_action": chosen})
    said = " ".join(str(message) for message in get_messages(answer.wsgi_request))
    assert "1 friend request is accepted" in said
    assert "was decided already" in said
    (task,) = AccountTask.objects.filter(kind="accept")
    decided = FriendRequest.objects.get(state=FriendRequestState.ACCEPTING)
    assert decided.by is not None
    assert (task.uin, task.requested_by) == (decided.uin, decided.by)


def test_a_refusal_asks_for_its_reason(operator: Client) -> None:
    chosen = requests()
    form = {"action": "act_refuse", "_selected_action": chosen}
    page = operator.post(LIST, form).content.decode()
    assert "Refuse 2 friend requests?" in page
    assert not AccountTask.objects.filter(kind="refuse").exists()
    too_long = {**form, "is_confirmed": "1", "reason": "x" * 201}
    assert "Ensure this value" in operator.post(LIST, too_long).content.decode()
    operator.post(LIST, {**form, "is_confirmed": "1", "reason": "不认识"})
    assert set(FriendRequest.objects.values_list("state", "reason")) == {("refusing", "不认识")}
    assert set(AccountTask.objects.filter(kind="refuse").values_list("text")) == {("不认识",)}


@pytest.mark.parametrize("action", ["act_accept", "act_refuse"])
def test_an_account_that_is_stopped_answers_nobody(action: str, operator: Client) -> None:
    chosen = requests(1)
    Account.objects.update(state=AccountState.DISABLED)
    form = {"action": action, "_selected_action": chosen, "is_confirmed": "1", "reason": ""}
    answer = operator.post(LIST, form)
    assert any("Enable it first" in str(one) for one in get_messages(answer.wsgi_request))
    assert FriendRequest.objects.get().state == FriendRequestState.WAITING


def test_the_status_of_logged_in_accounts_is_changed_at_once(operator: Client) -> None:
    egress = make_egress()
    here = make_account(FIRST_ACCOUNT, egress=egress)
    away = make_account(FIRST_ACCOUNT + 1)
    form = {"action": "act_busy", "_selected_action": [here.pk, away.pk]}
    operator.post(reverse("admin:accounts_account_changelist"), form)
    assert set(Account.objects.values_list("presence", flat=True)) == {PresenceStatus.BUSY}
    assert AccountTask.objects.get(kind="status").account == here


def test_a_single_request_is_decided_on_its_page(operator: Client) -> None:
    (key,) = requests(1)
    page = f"/accounts/friendrequest/{key}/change/"
    assert f'href="{page}"' in operator.get("/").content.decode()
    shown = operator.get(page).content.decode()
    assert f'name="_selected_action" value="{key}"' in shown
    operator.post(LIST, {"action": "act_accept", "_selected_action": key})
    assert FriendRequest.objects.get().state == FriendRequestState.ACCEPTING
    assert "_selected_action" not in operator.get(page).content.decode()  # decided already


def test_a_viewer_is_offered_no_decision(client: Client, db: None) -> None:
    (key,) = requests(1)
    viewer = User.objects.create_user("viewer", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_friendrequest"))
    client.force_login(viewer)
    shown = client.get(f"/accounts/friendrequest/{key}/change/").content.decode()
    assert "_selected_action" not in shown
