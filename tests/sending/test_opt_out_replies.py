"""Replies that opt people out and in again: what they suppress, lift and leave alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from accounts.gateway.inbox import Polled, Turn, store_polled
from accounts.models import Account, InboundMessage
from clocks import shared
from contacts.models import Contact, ContactList, Suppression
from contacts.people.erase import erase_person
from contacts.suppressions import suppress
from foundation.refusals import Refusal
from qqhttp import Message
from sending.models import OptOut, OptOutWord
from sending.opt_outs.change_settings import change_settings
from sending.opt_outs.undo import undo_opt_out
from sending.opt_outs.word_list import OPT_OUT_WORDS, add_words
from tests.campaigns.factories import make_account

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]

PERSON, OTHER = 100_001, 100_002


@pytest.fixture
def account() -> Account:
    """An account, and a few words."""
    OptOutWord.objects.all().delete()
    add_words(words=["TD", "退订"], match="begins")
    add_words(words=["恢复订阅", "start"], direction="in")
    return make_account(20_001)


def replies(account: Account, *said: tuple[int, str], kind: int = 9) -> None:
    """Store what people replied to an account, as one answer of the gateway."""
    messages = tuple(Message(kind=kind, sender=uin, text=f"{text} ") for uin, text in said)
    turn = Turn(account.pk, account.uin, 1, 60, None, 5)
    store_polled(polled=[Polled(turn, "0", shared.now(), shared.wall(), 50.0, messages)])


def suppressed() -> dict[int, str]:
    """Return who is suppressed for every campaign, with the reason."""
    in_force = Suppression.objects.in_force().filter(contact_list=None).order_by("uin")
    return dict(in_force.values_list("uin", "reason"))


def opt_outs() -> list[tuple[object, ...]]:
    rows = OptOut.objects.order_by("pk")
    return list(rows.values_list("uin", "direction", "word", "took_effect"))


def test_a_reply_suppresses_its_person_at_once_and_for_every_campaign(account: Account) -> None:
    replies(account, (PERSON, "td"), (OTHER, "when do you open?"), (OTHER, "怎么退订"))
    assert suppressed() == {PERSON: "replied"}
    assert opt_outs() == [(PERSON, "out", "TD", True)]
    row = OptOut.objects.get()
    assert (row.message.text, row.account) == ("td ", account)
    assert str(Suppression.objects.get().source) == f"replied “TD” to {account.uin}"


@pytest.mark.parametrize("kind", [2, 3, 4, 99])
def test_only_what_people_write_counts(account: Account, kind: int) -> None:
    replies(account, (PERSON, "TD"), kind=kind)
    assert suppressed() == {}


def test_nothing_counts_twice(account: Account) -> None:
    turn = Turn(account.pk, account.uin, 1, 60, None, 5)
    polled = Polled(turn, "0", shared.now(), shared.wall(), 50.0, (Message(9, PERSON, "TD "),))
    store_polled(polled=[polled])
    undo_opt_out(opt_out=OptOut.objects.get())
    store_polled(polled=[polled])
    assert (suppressed(), len(opt_outs())) == ({}, 1)


def test_an_opt_in_lifts_what_opt_outs_did(account: Account) -> None:
    replies(account, (PERSON, "TD"), (PERSON, "退订"), (OTHER, "TD"))
    replies(make_account(20_002), (PERSON, "恢复订阅。"))
    assert suppressed() == {OTHER: "replied"}
    assert opt_outs() == [
        (PERSON, "out", "TD", True),
        (PERSON, "out", "退订", False),
        (OTHER, "out", "TD", True),
        (PERSON, "in", "恢复订阅", True),
    ]
    opt_in = OptOut.objects.get(direction="in")
    assert set(OptOut.objects.filter(undone_by_reply=opt_in).values_list("uin", flat=True)) == {
        PERSON
    }


def test_of_opposite_words_in_one_answer_the_last_one_holds(account: Account) -> None:
    replies(account, (PERSON, "start"), (PERSON, "TD"), (PERSON, "start"), (PERSON, "TD"))
    assert suppressed() == {PERSON: "replied"}
    # The first opt-in had nothing to lift: it is a message like any other.
    assert [row[1] for row in opt_outs()] == ["out", "in", "out"]


@pytest.mark.parametrize("is_first", [True, False])
def test_an_opt_in_never_lifts_what_an_operator_suppressed(
    account: Account, is_first: bool
) -> None:
    if is_first:
        suppress(uins=[PERSON], source="a letter")
    replies(account, (PERSON, "TD"))
    if not is_first:
        assert suppress(uins=[PERSON], source="a letter") == 0
    replies(account, (PERSON, "start"))
    assert suppressed() == {PERSON: "by_hand"}
    assert opt_outs()[-1] == (PERSON, "in", "start", False)


def test_a_temporary_suppression_comes_back_when_the_opt_out_goes(account: Account) -> None:
    until = shared.wall() + timedelta(days=2)
    suppress(uins=[PERSON], source="holiday", until=until)
    replies(account, (PERSON, "TD"))
    assert Suppression.objects.get().until is None
    replies(account, (PERSON, "start"))
    row = Suppression.objects.get()
    assert (row.reason, row.source, row.until) == ("by_hand", "holiday", until)


def test_suppressions_for_one_list_stay_as_they_are(account: Account) -> None:
    members = ContactList.objects.create(name="members")
    suppress(uins=[PERSON], contact_list=members)
    replies(account, (PERSON, "TD"), (PERSON, "start"))
    assert [row.contact_list for row in Suppression.objects.all()] == [members]


def test_a_word_that_was_removed_opts_nobody_out(account: Account) -> None:
    assert OPT_OUT_WORDS.remove(words=["td"]) == 1
    replies(account, (PERSON, "TD"))
    assert suppressed() == {}


# --- undoing ------------------------------------------------------------------------------------


def test_undoing_lifts_only_the_suppression_that_the_reply_made(account: Account) -> None:
    replies(account, (PERSON, "TD"))
    suppress(uins=[OTHER])
    replies(account, (OTHER, "TD"))
    mine, theirs = OptOut.objects.order_by("pk")
    assert undo_opt_out(opt_out=mine) is True
    assert undo_opt_out(opt_out=theirs) is False
    assert suppressed() == {OTHER: "by_hand"}
    with pytest.raises(Refusal) as refused:
        undo_opt_out(opt_out=mine)
    assert refused.value.code == "already_undone"


def test_who_opted_out_twice_stays_out_until_both_are_undone(account: Account) -> None:
    replies(account, (PERSON, "TD"), (PERSON, "退订"))
    first, second = OptOut.objects.order_by("pk")
    assert undo_opt_out(opt_out=first) is False
    assert suppressed() == {PERSON: "replied"}
    assert undo_opt_out(opt_out=second) is True
    assert suppressed() == {}


def test_an_opt_in_that_was_none_is_undone_too(account: Account) -> None:
    replies(account, (PERSON, "TD"), (PERSON, "start"))
    opt_in = OptOut.objects.get(direction="in")
    assert undo_opt_out(opt_out=opt_in) is True
    assert suppressed() == {PERSON: "replied"}
    out = OptOut.objects.get(direction="out")
    assert (out.undone_at, out.took_effect) == (None, True)
    replies(account, (PERSON, "start"))
    assert suppressed() == {}


def test_an_erased_person_leaves_no_opt_out(account: Account) -> None:
    contact = Contact.objects.create(uin=PERSON)
    replies(account, (PERSON, "TD"))
    erase_person(contact=contact)
    assert (opt_outs(), suppressed()) == ([], {PERSON: "erased"})
    assert not InboundMessage.objects.exists()


# --- confirmations ------------------------------------------------------------------------------


def waiting() -> list[int]:
    rows = OptOut.objects.filter(confirmation="waiting").order_by("pk")
    return list(rows.values_list("uin", flat=True))


def test_a_confirmation_is_wanted_once_and_only_if_it_is_switched_on(account: Account) -> None:
    replies(account, (OTHER, "TD"))
    assert waiting() == []
    change_settings(is_confirmed=True)
    replies(account, (PERSON, "TD"), (PERSON, "退订"), (OTHER, "TD"))
    assert waiting() == [PERSON]
    replies(account, (PERSON, "start"))
    assert waiting() == []
    replies(account, (PERSON, "TD"))
    assert waiting() == [PERSON]
    OptOut.objects.filter(confirmation="waiting").update(confirmation="sent")
    # A machine that answers us would opt out and in again for ever.
    replies(account, (PERSON, "start"), (PERSON, "TD"))
    assert waiting() == []


@pytest.mark.parametrize(
    ("text", "code"), [(" \n", "text_missing"), ("x" * 4_001, "text_too_long")]
)
def test_a_text_that_no_confirmation_can_have(text: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        change_settings(text=text)
    assert refused.value.code == code
