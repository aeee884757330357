"""The console's pages of opt-outs, opt-out words and their settings."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from contacts.models import Suppression
from sending.models import OptOut, OptOutSettings, OptOutWord
from sending.opt_outs.word_list import add_words
from tests.campaigns.factories import make_account
from tests.sending.test_opt_out_replies import replies

LIST = reverse("admin:sending_optout_changelist")


@pytest.fixture
def account(db: None) -> Account:
    OptOutWord.objects.all().delete()
    add_words(words=["TD"])
    return make_account(20_001)


def test_opt_outs_are_listed_and_undone(operator: Client, account: Account) -> None:
    assert "Nobody has opted out by a reply" in operator.get(LIST).content.decode()
    replies(account, (100_001, "ＴＤ！"), (100_002, "td"))
    row = OptOut.objects.get(uin=100_001)
    page = operator.get(LIST).content.decode()
    assert "ＴＤ！" in page
    assert "opts out" in page
    one = operator.get(reverse("admin:sending_optout_change", args=[row.pk]))
    assert "ＴＤ！" in one.content.decode()
    chosen = {"action": "undo", "_selected_action": [row.pk]}
    asked = operator.post(LIST, chosen)
    assert "Undo what these replies did?" in asked.content.decode()
    assert Suppression.objects.count() == 2
    said = operator.post(LIST, {**chosen, "is_confirmed": "1"}, follow=True)
    assert "1 reply was undone." in said.content.decode()
    again = operator.post(LIST, {**chosen, "is_confirmed": "1"}, follow=True)
    assert "has been undone already" in again.content.decode()
    assert [one.uin for one in Suppression.objects.all()] == [100_002]
    row.refresh_from_db()
    assert str(row.undone_by) == "op"
    assert "100002" not in operator.get(f"{LIST}?undone=yes").content.decode()
    assert "ＴＤ！" not in operator.get(f"{LIST}?undone=no&q=100").content.decode()


def test_who_may_only_view_undoes_nothing(client: Client, account: Account) -> None:
    replies(account, (100_001, "TD"))
    user = User.objects.create_user("viewer", password="x", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename="view_optout"))
    client.force_login(user)
    assert client.get(LIST).status_code == 200
    chosen = [OptOut.objects.get().pk]
    client.post(LIST, {"action": "undo", "is_confirmed": "1", "_selected_action": chosen})
    assert Suppression.objects.count() == 1


def test_words_are_kept_and_imported(operator: Client, account: Account) -> None:
    address = reverse("admin:sending_optoutword_add")
    given = {"word": " 退订 ", "match": "begins", "direction": "out"}
    assert operator.post(address, given).status_code == 302
    for word in ("ｔｄ", "TD!", "？", ""):
        answer = operator.post(address, {**given, "word": word})
        assert "word" in answer.context["adminform"].form.errors, word
    file = SimpleUploadedFile("words.txt", "拒收\n别发了\n".encode())
    upload = reverse("admin:sending_optoutword_import")
    posted = {"file": file, "match": "exact", "direction": "out"}
    assert operator.post(upload, posted).status_code == 302
    assert OptOutWord.objects.filter(note="words.txt").count() == 2
    listed = operator.get(reverse("admin:sending_optoutword_changelist")).content.decode()
    assert "别发了" in listed


def test_the_confirmation_is_switched_on(operator: Client, account: Account) -> None:
    page = operator.get(reverse("admin:sending_optoutsettings_changelist"), follow=True)
    assert "您已退订" in page.content.decode()
    address = reverse("admin:sending_optoutsettings_change", args=[1])
    refused = operator.post(address, {"is_confirmed": "on", "text": " "})
    assert refused.status_code == 200
    assert operator.post(address, {"is_confirmed": "on", "text": "再见"}).status_code == 302
    row = OptOutSettings.objects.get()
    assert (row.is_confirmed, row.text) == (True, "再见")
