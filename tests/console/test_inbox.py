"""The inbox in the console: read, filter, answer once, assign, label, note, close, by role."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from accounts.models import Account
from contacts.models import Contact, Suppression
from conversations.answers.canned import save_canned
from conversations.answers.send_answer import send_answer
from conversations.models import Answer, Conversation
from labels.labelling import create_label
from sending.models import Delivery
from tests.campaigns.factories import make_account, make_campaign, make_delivery, make_run
from tests.conversations.writing import a_conversation, arrives

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.both_databases,
]
PERSON, OTHER = 423_456, 423_457
INBOX = "/conversations/conversation/"


@pytest.fixture
def account() -> Account:
    return make_account(20_001, friends=[PERSON, OTHER])


@pytest.fixture
def conversation(account: Account) -> Conversation:
    Contact.objects.create(uin=PERSON, name="李娜")
    return a_conversation(account, sender=PERSON, text="多少钱？")


def do(verb: str, conversation: Conversation) -> str:
    return reverse("admin:conversations_conversation_do", args=[conversation.pk, verb])


def html(client: Client, address: str) -> str:
    return client.get(address).content.decode()


def listed(client: Client, query: str = "") -> list[int]:
    """Return the keys of the conversations in the list."""
    return [
        int(key) for key in re.findall(r'data-conversation="(\d+)"', html(client, INBOX + query))
    ]


def test_an_empty_inbox_says_why(operator: Client) -> None:
    assert "Nobody waits for an answer" in html(operator, INBOX)
    for box, words in (
        ("unread", "Everything has been read"),
        ("mine", "assigned to you"),
        ("closed", "No conversation is closed"),
        ("all", "Nobody has written"),
    ):
        assert words in html(operator, f"{INBOX}?box={box}")
    assert "No conversation fits" in html(operator, f"{INBOX}?q=nothing")


def test_opening_a_conversation_shows_both_sides_and_reads_it(
    operator: Client, conversation: Conversation, account: Account
) -> None:
    contact = Contact.objects.get(uin=PERSON)
    run = make_run(make_campaign("spring"), text="今天八折")
    make_delivery(run, contact, account=account, seq=77, last_res="0", sent_at=run.created_at)
    assert '<span class="q-count ml-2" >1</span>' in html(operator, "/")
    page = html(operator, f"{INBOX}?c={conversation.pk}")
    for words in ("多少钱？", "今天八折", "spring", "SEQ=77", "RES=0", "李娜"):
        assert words in page, words
    conversation.refresh_from_db()
    assert conversation.unread == 1  # looking at a page changes nothing
    found = re.search(r'name="until" value="([^"]+)"', page)
    assert found is not None
    arrives(account, "one more", sender=PERSON)
    read = operator.post(do("read", conversation), {"until": found[1]})
    assert (read.status_code, read.headers["X-Unread"]) == (204, "1")
    conversation.refresh_from_db()
    assert conversation.unread == 1  # the one that was not shown
    page = html(operator, f"{INBOX}?c={conversation.pk}")
    found = re.search(r'name="until" value="([^"]+)"', page)
    assert found is not None
    assert operator.post(do("read", conversation), {"until": found[1]}).headers["X-Unread"] == ""
    assert '<span class="q-count ml-2" hidden></span>' in html(operator, "/")
    assert operator.post(do("read", conversation), {"until": "x"}).status_code == 204


def test_an_answer_that_is_posted_twice_is_sent_once(
    operator: Client, conversation: Conversation
) -> None:
    page = html(operator, f"{INBOX}?c={conversation.pk}")
    found = re.search(r'name="key" value="(\w+)"', page)
    assert found is not None
    data = {"text": "88 元", "key": found[1]}
    for _time in range(2):
        answered = operator.post(do("answer", conversation), data)
        assert answered.headers["Location"] == f"{INBOX}?c={conversation.pk}"
    assert Answer.objects.count() == Delivery.objects.count() == 1
    shown = html(operator, f"{INBOX}?c={conversation.pk}")
    assert "88 元" in shown
    assert "pending" in shown
    # It can be taken back as long as it has not left.
    delivery = Delivery.objects.get()
    operator.post(do("cancel", conversation), {"delivery": delivery.pk})
    delivery.refresh_from_db()
    assert (delivery.state, delivery.reason) == ("cancelled", "by_operator")


def test_a_refused_answer_keeps_what_was_written(
    operator: Client, conversation: Conversation
) -> None:
    Suppression.objects.create(uin=PERSON)
    refused = operator.post(do("answer", conversation), {"text": "再见", "key": "k"})
    page = refused.content.decode()
    assert refused.status_code == 200
    assert "opted out" in page
    assert ">再见</textarea>" in page
    assert not Answer.objects.exists()
    data = {"text": "再见", "key": "k", "also_suppressed": "1"}
    assert operator.post(do("answer", conversation), data).status_code == 302
    assert Answer.objects.get().delivery.run.overrides_suppressions


def test_who_did_not_see_a_colleagues_answer_is_asked_first(
    operator: Client, conversation: Conversation
) -> None:
    seen = re.compile(r'name="seen" value="(\d+)"')
    first = seen.search(html(operator, f"{INBOX}?c={conversation.pk}"))
    assert first is not None
    send_answer(conversation=conversation, text="88 元", by=User.objects.create_user("zhou"))
    data = {"text": "90 元", "key": "mine", "seen": first[1]}
    page = operator.post(do("answer", conversation), data).content.decode()
    assert "Somebody answered while you wrote" in page
    assert "88 元" in page
    assert ">90 元</textarea>" in page
    assert Answer.objects.count() == 1
    second = seen.search(page)
    assert second is not None
    assert operator.post(do("answer", conversation), data | {"seen": second[1]}).status_code == 302
    assert Answer.objects.count() == 2
    # One's own answers, and those of rules, are no surprise.
    send_answer(conversation=conversation, text="auto", is_automatic=True)
    own = {"text": "and more", "key": "next", "seen": second[1]}
    assert operator.post(do("answer", conversation), own).status_code == 302
    assert operator.post(do("answer", conversation), {"text": "x", "seen": "x"}).status_code == 302


def test_a_person_is_opted_out_and_that_is_undone(
    operator: Client, conversation: Conversation
) -> None:
    shown = f"{INBOX}?c={conversation.pk}"
    assert "Opt out</button>" in html(operator, shown)
    for _time in range(2):
        said = operator.post(do("suppress", conversation), follow=True).content.decode()
        assert f"No campaign writes to {PERSON} any more." in said
        assert "Undo the opt-out" in said
    row = Suppression.objects.get()
    assert (row.uin, row.contact_list, row.reason, row.source) == (PERSON, None, "by_hand", "op")
    said = operator.post(do("lift", conversation), follow=True).content.decode()
    assert f"Campaigns write to {PERSON} again." in said
    assert not Suppression.objects.exists()
    again = operator.post(do("lift", conversation), follow=True).content.decode()
    assert "was lifted already" in again
    # What a reply did is undone where replies are listed.
    Suppression.objects.create(uin=PERSON, reason="replied")
    operator.post(do("lift", conversation))
    assert Suppression.objects.exists()
    page = html(operator, shown)
    assert "Show the opt-out" in page
    assert "Undo the opt-out" not in page


def test_send_and_close(operator: Client, conversation: Conversation) -> None:
    asked = {"text": "好", "key": "k", "_close": "1"}
    answer = operator.post(do("answer", conversation), asked, follow=True)
    said = [str(one) for one in answer.context["messages"]]
    assert said == [
        f"The answer is being sent, and the conversation with {conversation.uin} is closed."
    ]
    conversation.refresh_from_db()
    assert (conversation.state, conversation.unread) == ("closed", 0)
    assert Answer.objects.count() == 1


def test_the_boxes_and_filters(operator: Client, conversation: Conversation) -> None:
    account = conversation.account
    other = a_conversation(make_account(20_002), sender=OTHER, text="在吗")
    closed = a_conversation(account, sender=OTHER, text="谢谢")
    operator.post(do("close", closed))
    me = User.objects.get()
    operator.post(do("assign", conversation), {"to": me.pk})
    label = create_label(name="重要")
    operator.post(do("labels", conversation), {"labels": [label.pk]})
    assert listed(operator) == [other.pk, conversation.pk]
    assert listed(operator, "?box=closed") == [closed.pk]
    assert listed(operator, "?box=mine") == [conversation.pk]
    assert listed(operator, "?box=unassigned") == [other.pk]
    assert listed(operator, "?box=unread") == [other.pk, conversation.pk]
    assert set(listed(operator, "?box=all")) == {other.pk, conversation.pk, closed.pk}
    assert listed(operator, "?account=20002") == [other.pk]
    assert listed(operator, "?account=20009") == []
    assert listed(operator, f"?label={label.pk}") == [conversation.pk]
    assert listed(operator, f"?labels__id__exact={label.pk}") == [conversation.pk]
    for words, found in (
        ("多少", [conversation.pk]),
        ("李", [conversation.pk]),
        ("4234", 2),
        ("%", []),
    ):
        shown = listed(operator, f"?q={words}")
        assert shown == found or len(shown) == found, words
    run = make_run(make_campaign("spring"))
    make_delivery(run, Contact.objects.get(uin=PERSON), account=account)
    assert listed(operator, f"?campaign={run.campaign_id}") == [conversation.pk]


def test_assign_note_labels_and_state_are_in_the_history(
    operator: Client, conversation: Conversation
) -> None:
    label = create_label(name="重要")
    me = User.objects.get()
    operator.post(do("assign", conversation), {"to": me.pk})
    operator.post(do("labels", conversation), {"labels": [label.pk]})
    operator.post(do("note", conversation), {"note": "老客户"})
    operator.post(do("close", conversation))
    operator.post(do("reopen", conversation))
    operator.post(do("assign", conversation), {"to": ""})
    conversation.refresh_from_db()
    assert (conversation.state, conversation.assignee, conversation.note) == (
        "open",
        None,
        "老客户",
    )
    assert [one.name for one in conversation.labels.all()] == ["重要"]
    operator.post(do("labels", conversation))
    assert not conversation.labels.exists()
    history = html(
        operator, reverse("admin:conversations_conversation_history", args=[conversation.pk])
    )
    for words in ("Assigned to op", "Closed", "Reopened", "The note was changed", "重要"):
        assert words in history, words


def test_unread_again(operator: Client, conversation: Conversation) -> None:
    operator.post(do("close", conversation))
    operator.post(do("reopen", conversation))
    operator.post(do("unread", conversation))
    conversation.refresh_from_db()
    assert conversation.unread == 1


def test_a_poll_answers_only_when_something_changed(
    operator: Client,
    conversation: Conversation,
    account: Account,
    django_assert_num_queries: Any,
) -> None:
    page = html(operator, f"{INBOX}?c={conversation.pk}")
    found = [one.replace("&amp;", "&") for one in re.findall(rf'hx-get="({INBOX}[^"]+)"', page)]
    asked = [one for one in found if "stamp=" in one]  # how new the inbox is has no stamp
    assert len(asked) == 2
    # The session, the operator, and one look; for the thread another one at messages of programs.
    for address in asked:
        with django_assert_num_queries(4 if "/thread/" in address else 3):
            assert operator.get(address).status_code == 204
    arrives(account, "还在吗", sender=PERSON)
    for address in asked:
        answer = operator.get(address)
        assert answer.status_code == 200
        assert "还在吗" in answer.content.decode()


def test_earlier_messages_are_shown_when_asked_for(operator: Client, account: Account) -> None:
    arrives(account, *(f"message {n:02d}" for n in range(70)), sender=PERSON)
    row = Conversation.objects.get()
    page = html(operator, f"{INBOX}?c={row.pk}")
    assert "message 20" in page
    assert "message 19" not in page
    assert "Earlier messages" in page
    more = html(operator, f"{INBOX}{row.pk}/thread/?n=100")
    assert "message 00" in more
    assert "Earlier messages" not in more


def test_a_canned_answer_is_made_for_the_person(
    operator: Client, conversation: Conversation
) -> None:
    canned = save_canned(name="hello", text="{{ name }}，您好")
    bad = save_canned(name="bad", text="{% if name == 'x' %}y{% endif %}")
    address = reverse("admin:conversations_conversation_canned", args=[conversation.pk, canned.pk])
    assert operator.get(address).json() == {"text": "李娜，您好"}
    address = reverse("admin:conversations_conversation_canned", args=[conversation.pk, bad.pk])
    assert "error" in operator.get(address).json()
    assert "hello" in html(operator, f"{INBOX}?c={conversation.pk}")
    refused = operator.post("/conversations/cannedanswer/add/", {"name": "x", "text": "{{ a b"})
    assert refused.status_code == 200


def test_the_export_has_the_messages(operator: Client, conversation: Conversation) -> None:
    arrives(conversation.account, "=1+1", sender=PERSON)
    answer: Any = operator.get(f"{INBOX}export/?box=all")
    text = b"".join(answer.streaming_content).decode("utf-8-sig")
    lines = text.splitlines()
    assert lines[0].startswith("account,uin,at,direction,kind,text")
    assert "多少钱？" in lines[1]
    assert ",=1+1" not in text


def _client(*codenames: str) -> Client:
    user = User.objects.create_user("-".join(codenames) or "nobody", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    client = Client()
    client.force_login(user)
    return client


def test_a_viewer_reads_and_changes_nothing(conversation: Conversation) -> None:
    viewer = _client("view_conversation")
    page = html(viewer, f"{INBOX}?c={conversation.pk}")
    assert "多少钱？" in page
    assert "<textarea" not in page
    for verb in ("answer", "cancel", "close", "assign", "labels", "note", "read", "unread"):
        assert viewer.post(do(verb, conversation), {"text": "x"}).status_code == 403
    assert viewer.get(f"{INBOX}export/").status_code == 403
    conversation.refresh_from_db()
    # Only who may act on a conversation counts as its reader.
    assert 'name="until"' not in page
    assert (conversation.unread, conversation.state) == (1, "open")


def test_who_may_answer_need_not_be_able_to_close(conversation: Conversation) -> None:
    client = _client("view_conversation", "add_answer")
    assert client.post(do("answer", conversation), {"text": "x", "_close": "1"}).status_code == 302
    assert Answer.objects.count() == 1
    conversation.refresh_from_db()
    assert conversation.state == "open"
    assert client.post(do("close", conversation)).status_code == 403


def test_others_see_nothing(conversation: Conversation) -> None:
    nobody = _client()
    for address in ("", f"?c={conversation.pk}", "list/", f"{conversation.pk}/thread/", "export/"):
        assert nobody.get(INBOX + address).status_code == 403
    assert nobody.post(do("answer", conversation), {"text": "x"}).status_code == 403


def test_a_conversation_is_assigned_only_to_somebody_who_may_see_it(
    operator: Client, conversation: Conversation
) -> None:
    stranger = User.objects.create_user("stranger", is_staff=True)
    operator.post(do("assign", conversation), {"to": stranger.pk})
    conversation.refresh_from_db()
    assert conversation.assignee is None


def test_a_persons_page_leads_to_the_conversations(
    operator: Client, conversation: Conversation
) -> None:
    contact = Contact.objects.get(uin=PERSON)
    page = html(operator, reverse("admin:contacts_contact_change", args=[contact.pk]))
    address = f"{INBOX}?box=all&c={conversation.pk}"
    assert f'href="{address.replace("&", "&amp;")}"' in page
    assert "多少钱？" in html(operator, address)
    led = operator.get(reverse("admin:conversations_conversation_change", args=[conversation.pk]))
    assert led.headers["Location"] == address
